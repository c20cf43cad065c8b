import BackupModel
import Foundation
import Settings
import Testing

/// `Docs/Configuration.md` and the code say the same.
@Suite struct DocumentationTests {
    @Test("the tables of keys are those of the code, meaning included", arguments: KeyTables.tables)
    func keyTables(table: KeyTables.Table) throws {
        let sections = try documentation().components(separatedBy: "\n## `\(table.heading)`\n")
        try #require(sections.count == 2, "no heading \(table.heading)")
        let rows = sections[1].split(separator: "\n").prefix { !$0.hasPrefix("## ") }.filter { $0.hasPrefix("| `") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(rows.allSatisfy { $0.count == 5 && !$0[4].isEmpty })
        let documented = rows.map {
            SettingsKey(
                name: $0[0].replacing("`", with: ""), kind: $0[1], range: $0[2],
                defaultText: $0[3].replacing("`", with: ""), meaning: $0[4])
        }
        #expect(documented == table.keys)
    }

    @Test("the example is taken as it is")
    func example() throws {
        let text = try documentation()
        let start = try #require(text.range(of: "```toml\n"))
        let end = try #require(text.range(of: "```", range: start.upperBound..<text.endIndex))
        let settings = try parse(String(text[start.upperBound..<end.lowerBound]))
        #expect(settings.mirrors.map(\.name) == ["cold"])
        #expect(settings.mirrors.first?.rateLimit == 80_000_000)
        #expect(settings.jobs.map(\.name) == ["nightly"])
        #expect(settings.sets.map(\.name) == ["blobs"])
        #expect(settings.voice.channels.map(\.name) == ["mail"])
    }

    @Test("the example of tape is taken as it is")
    func tapeExample() throws {
        let texts = try documentation().components(separatedBy: "```toml\n").dropFirst()
        let text = try #require(texts.first { $0.contains("[library.shelf]") })
        let settings = try parse(String(text.prefix(upTo: try #require(text.range(of: "```")).lowerBound)))
        #expect(settings.libraries.map(\.drives) == [["lto9"]])
        #expect(settings.drives.first?.buffer == .bytes(8 << 30))
        #expect(settings.drives.first?.policy == .paced)
        #expect(settings.pools.first?.retention == .span(7, .year))
        #expect(settings.jobs.first?.tape.sources == ["/data/Filme"])
    }

    /// A default that is written is the default that is used.
    @Test(arguments: KeyTables.tables) func defaults(table: KeyTables.Table) throws {
        let (before, own) = wholeTables[table.section] ?? ("", "[\(table.section)]\n")
        let keys = table.keys.filter { !["required", "none"].contains($0.defaultText) }
        for key in keys where !own.contains(key.name) {
            #expect(try parse(before + own + "\(key.name) = \(key.defaultText)") == parse(before + own))
        }
    }

    /// For sections that need more than a heading: what stands above it, and the smallest table.
    private let wholeTables = [
        "mirror": ("", coldMirror),
        "library": ("[drive.d]\n", "[library.l]\nkind = \"virtual\"\npath = \"/l\"\ndrives = [\"d\"]\n"),
        "drive": ("", "[drive.d]\ndevice = \"/dev/nst0\"\n"),
        "pool": ("", "[pool.p]\n"),
        "job": (
            "[job.a]\nkind = \"command\"\ncommand = [\"/bin/true\"]\n",
            "[job.b]\nkind = \"command\"\ncommand = [\"/bin/true\"]\nschedule = \"*-*-* 02:00\"\nafter = [\"a\"]\n"
        ),
        "set": ("", "[set.s]\nwatch = \"/dumps/*\"\n"),
        "channel": ("", "[channel.c]\nkind = \"desktop\"\n"),
        "digest": ("[channel.c]\nkind = \"desktop\"\n", "[digest]\nchannels = [\"c\"]\n"),
        "ping": ("", "[ping]\nfile = \"/run/alive\"\n"),
    ]

    @Test("J4 settings are echoed as they were understood, and read again as the same", arguments: 0..<200)
    func echo(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        var mirror = MirrorSettings(name: "m\(seed)", source: "/data/a \"b\\c\u{1b}é", target: "/mnt/x")
        mirror.hash = HashKind.allCases.randomElement(using: &random) ?? .blake3
        mirror.readBack = ReadBack.allCases.randomElement(using: &random) ?? .none
        mirror.workers = .random(in: 1...64, using: &random)
        mirror.batch = .random(in: 1...10_000, using: &random)
        mirror.rateLimit = Bool.random(using: &random) ? .random(in: 65_536...(1 << 40), using: &random) : nil
        mirror.keepFree = .random(in: 0...(1 << 50), using: &random)
        mirror.sizeBudget = Bool.random(using: &random) ? .random(in: (1 << 20)...Int64.max, using: &random) : nil
        mirror.maxShrink = .random(in: 0...1, using: &random)
        mirror.fullWalkDays = .random(in: 0...365, using: &random)
        let text = SettingsEcho.lines(mirror).joined(separator: "\n")
        #expect(try parse(text).mirrors == [mirror], "\(text)")
    }

    private func documentation() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "Docs/Configuration.md"), encoding: .utf8)
    }
}
