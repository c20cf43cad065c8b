import TapeArchive
import Testing
import WorkerKit

@Suite("Rules of a source")
struct SourceRulesTests {
    @Test(
        "A pattern fits these paths",
        arguments: [
            ("*.mov", "a.mov", true), ("*.mov", "x/y/a.mov", true), ("*.mov", "a.mov/b", false),
            ("/a", "a", true), ("/a", "x/a", false), ("a/b", "x/a/b", true), ("/a/*/c", "a/b/c", true),
            ("/a/*/c", "a/b/b/c", false), ("/a/**/c", "a/c", true), ("/a/**/c", "a/b/b/c", true),
            ("/a/**", "a/b/c", true), ("/a/**", "a", false), ("**", "any/thing", true), ("?", "b", true),
            ("?", "bb", false), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[]]", "]", true),
            ("\\*", "*", true), ("\\*", "a", false), ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false),
            ("/a*/b*c", "aa/bxc", true), ("a?c", "a/c", false), ("**.tmp", "x/y.tmp", true),
            ("/x/**/y/*.o", "x/1/y/2/y/z.o", true), ("*aaaa", "aaaaaaab", false), ("[a/]b", "/b", false),
        ])
    func fits(pattern: String, path: String, isFitting: Bool) throws {
        #expect(try #require(GlobPattern(pattern)).matches(Array(path.utf8), isFolder: false) == isFitting)
    }

    @Test("What is no pattern", arguments: ["", "/", "!", "!/", "[a", "a\\", "[z-a]"])
    func refused(text: String) { #expect(GlobPattern(text) == nil) }

    @Test("A slash at the end means folders")
    func folders() throws {
        let pattern = try #require(GlobPattern("build/"))
        #expect(pattern.matches(Array("x/build".utf8), isFolder: true))
        #expect(!pattern.matches(Array("x/build".utf8), isFolder: false))
    }

    @Test("The last pattern that fits decides")
    func lastDecides() throws {
        let patterns = try ["*.o", "!keep.o", "/secret/"].map { try #require(GlobPattern($0)) }
        let rules = SourceRules(exclude: patterns)
        #expect(rules.reason(Array("a.o".utf8), isFolder: false, isWanted: true) == .pattern("*.o"))
        #expect(rules.reason(Array("x/keep.o".utf8), isFolder: false, isWanted: true) == nil)
        #expect(rules.reason(Array("secret".utf8), isFolder: true, isWanted: true) == .pattern("/secret/"))
        #expect(rules.reason(Array("x/secret".utf8), isFolder: true, isWanted: true) == nil)
    }

    @Test("Stars by the hundred cost no more than their product", .timeLimit(.minutes(1)))
    func bounded() throws {
        let pattern = try #require(GlobPattern(String(repeating: "*a**/", count: 100) + "b"))
        #expect(!pattern.matches([UInt8](repeating: 97, count: 4000), isFolder: false))
    }

    @Test("G11 a walk's order is that of its names' bytes, folders first")
    func order() {
        let sorted = ["a", "a/b", "a/b/c", "a/\u{1}", "a!", "a-b", "ab"].map { Array($0.utf8) }
        let wanted = ["a", "a/\u{1}", "a/b", "a/b/c", "a!", "a-b", "ab"].map { Array($0.utf8) }
        #expect(sorted.sorted(by: PathOrder.precedes) == wanted)
        #expect(!PathOrder.isWithin(Array("ab".utf8), Array("a".utf8)))
    }

    struct Change: Sendable {
        var what: String
        var isSame: Bool
        var edit: @Sendable (inout FileNode) -> Void
    }
    static let changes = [
        Change(what: "nothing", isSame: true) { _ in },
        Change(what: "size", isSame: false) { $0.size = 8 },
        Change(what: "mtime", isSame: false) { $0.modified.nanoseconds = 1 },
        Change(what: "ctime", isSame: false) { $0.changed.seconds = 51 },
        Change(what: "inode", isSame: false) { $0.inode = 6 },
        Change(what: "device", isSame: true) { $0.device = 9 },
        Change(what: "kind", isSame: false) { $0.kind = .fifo },
    ]

    @Test("What makes a file a changed one", arguments: changes)
    func change(change: Change) {
        var node = FileNode(kind: .file, size: 7, inode: 5)
        node.modified = FileStamp(seconds: 40)
        node.changed = FileStamp(seconds: 50)
        let identity = FileIdentity(changed: node.changed, device: node.device, inode: 5)
        var former = FormerEntry(.file, [97], size: 7, modified: node.modified, identity: identity)
        change.edit(&node)
        let rule = ChangeRule()
        #expect(rule.isSame(node, former, baseBegan: FileStamp(seconds: 100)) == change.isSame)
        // In the base's own last tick it may have changed behind the reader.
        #expect(!rule.isSame(node, former, baseBegan: FileStamp(seconds: 52)))
        former.isWhole = false
        #expect(!rule.isSame(node, former, baseBegan: FileStamp(seconds: 100)))
    }

    @Test(
        "Volumes that an archive needs",
        arguments: [([100, 100], 1, 0, 10), ([50, 50], 2, 0, 10), ([50], 1, 40, 0), ([], 0, 90, 0)])
    func volumes(free: [Int64], used: Int, missing: Int64, left: Int64) {
        var estimate = SourceEstimate()
        estimate.archiveBytes = 90
        let needs = estimate.needs(rate: 45, free: free)
        #expect(needs.seconds == 2 && needs.volumes == used && needs.missing == missing && needs.lastFree == left)
    }
}
