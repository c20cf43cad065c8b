import BackupModel
import Foundation
import Testing

/// The built program and a place of its own to run in: settings, state, a small store and a target.
struct Program {
    let folder: URL
    var settings: URL { folder.appending(path: "holdfast.toml") }
    var source: URL { folder.appending(path: "source") }
    var target: URL { folder.appending(path: "target") }

    struct Result {
        var status: Int32
        var out: String
        var error: String
    }

    /// Makes the folder, a store of `blobs` small files named by SHA-256 and a settings file.
    init(blobs: Int) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-e2e-\(UUID().uuidString)")
        for name in ["source", "target", "state"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        for number in 0..<blobs { try addBlob("blob number \(number)") }
        try write(
            settings: "[mirror.cold]\nsource = \"\(source.path)\"\ntarget = \"\(target.path)\"\nhash = \"sha256\"\n")
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func write(settings text: String) throws {
        try text.write(to: settings, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: settings.path)
    }

    @discardableResult
    func addBlob(_ content: String, named name: String? = nil) throws -> String {
        let hex = try name ?? sha256(content)
        let parent = source.appending(path: "\(hex.prefix(1))/\(hex.dropFirst(1).prefix(1))")
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try content.write(to: parent.appending(path: hex), atomically: false, encoding: .utf8)
        return hex
    }

    /// Commands that are given `--config`.
    private static let ours: Set<String> = ["mirror", "tape", "library", "key", "requests", "answer"]

    /// Runs `holdfast` with these arguments to its end; `--config` is added to commands that have it.
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        try run(arguments, environment: environment)
    }

    func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
        try start(arguments, environment: environment).finish()
    }

    /// Starts `holdfast` and does not wait for it.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
        let process = Process()
        process.executableURL = try Program.binary()
        process.arguments =
            arguments
            + (Program.ours.contains(arguments.first ?? "") && !arguments.starts(with: ["key", "add"])
                ? ["--config", settings.path] : [])
        process.environment = ProcessInfo.processInfo.environment.merging(
            [
                "XDG_STATE_HOME": folder.appending(path: "state").path, "SWIFT_BACKTRACE": "enable=no",
                "XDG_CONFIG_HOME": folder.path, "TMPDIR": folder.path,
            ]
        ) { $1 }.merging(environment) { $1 }
        return try Running(process, in: folder)
    }

    /// Lines of the log for machines.
    var log: [String] {
        let file = folder.appending(path: "state/holdfast/log/holdfast.jsonl")
        return ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    private func sha256(_ content: String) throws -> String {
        let file = folder.appending(path: "hash-me")
        try content.write(to: file, atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
        process.arguments = [file.path]
        return String(try Running(process, in: folder).finish().out.prefix(64))
    }

    /// Beside the test bundle, in the same build folder.
    private static func binary() throws -> URL {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let built = [folder, Bundle.main.bundleURL].map { $0.appending(path: "holdfast") }
        return try #require(built.first { FileManager.default.isExecutableFile(atPath: $0.path) })
    }
}

/// A child at work, its output in files so that it never waits for a reader.
struct Running {
    let process: Process
    private let out: URL
    private let error: URL

    init(_ process: Process, in folder: URL) throws {
        self.process = process
        out = folder.appending(path: "out-\(UUID().uuidString)")
        error = folder.appending(path: "err-\(UUID().uuidString)")
        for file in [out, error] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: error)
        try process.run()
    }

    /// Kills it when it has not ended after a minute: then its status says so.
    func finish() throws -> Program.Result {
        let pid = process.processIdentifier
        let watch = DispatchWorkItem { kill(pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: watch)
        process.waitUntilExit()
        watch.cancel()
        return Program.Result(
            status: process.terminationStatus, out: try String(contentsOf: out, encoding: .utf8),
            error: try String(contentsOf: error, encoding: .utf8))
    }

    /// Waits until it is so; false when the child ended before.
    func wait(until isSo: () -> Bool) -> Bool {
        while process.isRunning {
            if isSo() { return true }
            usleep(20_000)
        }
        return isSo()
    }
}
