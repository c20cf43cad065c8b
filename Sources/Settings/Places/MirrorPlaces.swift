import BackupModel
import Glibc

/// Sources and targets that would destroy or feed each other (A29, J8).
enum MirrorPlaces {
    /// What is wrong between the mirrors' folders. `resolve` gives the real path of a folder as far as it exists; by
    /// default names are compared as written.
    static func problems(
        _ mirrors: [MirrorSettings], resolve: (String) -> String = { $0 }
    ) -> [CrossProblem] {
        let places = mirrors.map { (name: $0.name, source: resolve($0.source), target: resolve($0.target)) }
        var problems: [CrossProblem] = []
        for (index, place) in places.enumerated() {
            if let message = nesting(source: place.source, target: place.target) {
                problems.append(CrossProblem(path: ["mirror", place.name, "target"], message: message))
            }
            for other in places[..<index] where share(place.target, other.target) {
                let message = "\"target\" is also that of mirror \"\(other.name)\", or inside its files"
                problems.append(CrossProblem(path: ["mirror", place.name, "target"], message: message))
            }
        }
        return problems
    }

    private static func nesting(source: String, target: String) -> String? {
        if source == target { return "\"target\" is the source itself" }
        if PlainPath.isInside(target, source) { return "\"target\" lies inside the source" }
        if PlainPath.isInside(source, target) { return "\"target\" holds the source inside it" }
        return nil
    }

    /// Two targets may lie on one volume, but not in each other's blobs or marker.
    private static func share(_ a: String, _ b: String) -> Bool {
        a == b
            || [(a, b), (b, a)].contains { inner, outer in
                PlainPath.isInside(inner, outer + "/by-hash") || PlainPath.isInside(inner, outer + "/.holdfast")
            }
    }

    /// The path with all symbolic links followed, as far as it exists. Blocks while a volume hangs.
    static func realPath(_ path: String) -> String {
        var existing = path
        var rest: [Substring] = []
        while existing != "/" {
            if let resolved = realpath(existing, nil) {
                defer { free(resolved) }
                let base = String(cString: resolved)
                return ([base == "/" ? "" : base] + rest.reversed().map(String.init)).joined(separator: "/")
            }
            let cut = existing.lastIndex(of: "/") ?? existing.startIndex
            rest.append(existing[existing.index(after: cut)...])
            existing = cut == existing.startIndex ? "/" : String(existing[..<cut])
        }
        return path
    }
}
