import Foundation

/// The repository's files, read for the tests.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Paths below `folder`, relative to the root, in order; build products left out.
    static func files(in folder: String, endingIn endings: [String]) throws -> [String] {
        let all = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
        return all.filter { path in
            !path.contains("__pycache__") && endings.contains { path.hasSuffix($0) }
        }.sorted().map { folder + "/" + $0 }
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func lines(_ path: String) throws -> [Substring] {
        try text(path).split(separator: "\n", omittingEmptySubsequences: false)
    }

    static let swiftSources: [String] = swift(in: ["Sources", "Themes"])
    static let swiftTests: [String] = swift(in: ["Tests"])
    static let cSources: [String] = (try? files(in: "Sources", endingIn: [".c", ".h"])) ?? []

    /// Files in which people read prose or code of ours.
    static let written: [String] = {
        let endings = [".swift", ".c", ".h", ".py", ".md", ".toml", ".sh", "/run"]
        let folders = ["Sources", "Tests", "Themes", "Docs", ".ci"]
        let all = folders.flatMap { (try? files(in: $0, endingIn: endings)) ?? [] }
        return all + ["README.md", ".swift-format", ".gitignore", ".editorconfig", ".ci/run"]
    }()

    private static func swift(in folders: [String]) -> [String] {
        folders.flatMap { (try? files(in: $0, endingIn: [".swift"])) ?? [] }
    }

    /// `Sources/X/...` belongs to X, `Themes/...` to Themes.
    static func module(of path: String) -> String {
        let parts = path.split(separator: "/")
        return String(parts[0] == "Sources" ? parts[1] : parts[0])
    }
}
