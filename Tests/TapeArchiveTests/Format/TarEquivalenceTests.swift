import Foundation
import Glibc
import Testing

@testable import TapeArchive

/// A tree with one of everything that GNU tar can restore.
enum Specimen {
    static let acl: [UInt8] = [
        2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 210, 4, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 6,
        0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255,
    ]

    static var all: [Sample] {
        var dice = Dice(state: 7)
        var samples = [Sample.other(.directory, "t")]
        samples.append(.file("t/plain", dice.bytes(2100)) { $0.mode = 0o600 })
        samples.append(.file("t/empty", []))
        samples.append(.file("t/exact", dice.bytes(1024)))
        // GNU tar sets a directory's time when it meets the first name outside of it.
        samples.append(.other(.directory, "t/sub"))
        samples.append(.file("t/sub/" + String(repeating: "L", count: 200), dice.bytes(700)))
        samples.append(.file("t/" + String(repeating: "p", count: 90) + "x", dice.bytes(10)))
        samples.append(.file("t/grüße €", dice.bytes(3)))
        samples.append(.file("t/before", dice.bytes(3)) { $0.modified = EntryTime(seconds: -86_401, nanoseconds: 1) })
        samples.append(.file("t/after", dice.bytes(3)) { $0.modified = EntryTime(seconds: 4_000_000_000) })
        samples.append(
            .file("t/nanos", dice.bytes(3)) { $0.modified = EntryTime(seconds: 1, nanoseconds: 123_456_789) })
        samples.append(
            .file("t/attributes", dice.bytes(3)) {
                $0.mode = 0o664
                $0.attributes = [
                    ExtendedAttribute(PosixACL.access, acl),
                    ExtendedAttribute(Array("user.a=b%c".utf8), [0, 10, 255, 61]),
                    ExtendedAttribute(Array("user.empty".utf8), []),
                ]
            })
        var folder = Sample.other(.directory, "t/inherits")
        folder.entry.attributes = [ExtendedAttribute(PosixACL.byDefault, acl)]
        samples.append(folder)
        samples.append(.other(.symlink, "t/short", link: "plain"))
        samples.append(.other(.symlink, "t/long", link: String(repeating: "y/", count: 90) + "z"))
        samples.append(.other(.hardLink, "t/zhard", link: "t/plain"))
        samples.append(.other(.fifo, "t/pipe"))
        samples.append(.sparse("t/hole", regions: [], size: 1 << 20))
        samples.append(.sparse("t/islands", regions: [(0, 4096), (1 << 20, 4096)], size: 3 << 20))
        samples.append(.sparse("t/tail", regions: [(1 << 20, 8192)], size: 1 << 20 | 8192))
        if getuid() == 0 {
            samples.append(
                .file("t/owned", []) {
                    $0.owner = 3_000_000
                    $0.group = 2_097_152
                })
        }
        return samples
    }
}

@Suite struct TarEquivalenceTests {
    static let extract = [
        "--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "-p", "--warning=no-timestamp",
        // It says so of hdrcharset, and restores the bytes.
        "--warning=no-unknown-keyword",
    ]

    @Test("an archive is what GNU tar restores to the same tree", .enabled(if: isInstalled("rsync")))
    func byGNUTar() throws {
        let folder = try FormatFolder()
        try folder.clear("in")
        try folder.clear("out")
        plant(Specimen.all, in: folder.path + "/in")
        let whole = try parts(of: stream(of: Specimen.all).bytes, blockSize: 10_240, blocksOnTape: [])
        try folder.write(whole[0], "a.tar")
        let listed = try run(["tar", "-tvf", "a.tar"], in: folder.path)
        #expect(listed.status == 0 && listed.errors.isEmpty)
        let ran = try run(["tar", "-xf", "../a.tar"] + Self.extract, in: folder.path + "/out")
        #expect(ran.status == 0 && ran.errors.isEmpty, "\(ran.errors)")
        let differs = try differences(folder.path + "/in/t", folder.path + "/out/t")
        #expect(differs == "")
    }

    @Test("an archive comes back from our reader as it went in, whatever the pieces", arguments: [1, 511, 512, 70_000])
    func byOurReader(piece: Int) throws {
        let (bytes, places) = try stream(of: Specimen.all)
        let found = try collect(parts(of: bytes, blockSize: 10_240, blocksOnTape: []), piece: piece)
        #expect(found.troubles.isEmpty)
        #expect(found.samples == Specimen.all)
        #expect(found.places == places)
        #expect(!found.isMisplaced && found.whole.allSatisfy { $0 })
    }

    @Test("what GNU tar writes, our reader reads", arguments: ["posix", "gnu", "ustar"])
    func fromGNUTar(format: String) throws {
        let folder = try FormatFolder()
        let isPOSIX = format == "posix"
        let samples = Specimen.all.filter { sample in
            let isPlain =
                sample.entry.sparse == nil && sample.entry.linkTarget.count < 100 && sample.entry.attributes.isEmpty
                && sample.entry.owner == 0 && sample.entry.modified.seconds >= 0
                && sample.entry.modified.nanoseconds == 0 && sample.entry.name.count < 150
            return isPOSIX || isPlain && sample.entry.kind == .file && !sample.entry.name.contains { $0 > 127 }
        }
        plant(Specimen.all, in: folder.path)
        let names: [UInt8] = samples.map { $0.entry.name + [0] }.reduce([], +)
        let ran = try run(
            ["tar", "-cf", "-", "--format=\(format)", "--no-recursion", "--null", "-T", "-"]
                + (isPOSIX ? ["--sparse", "--xattrs", "--acls"] : []), in: folder.path, input: names)
        #expect(ran.status == 0 && ran.errors.isEmpty, "\(ran.errors)")
        var reader = TarReader(Collector())
        try ran.output.withUnsafeBytes { try reader.feed($0) }
        try reader.finish()
        let found = reader.sink
        #expect(found.troubles.isEmpty)
        #expect(found.samples.map(\.entry.name) == samples.map(\.entry.name))
        #expect(found.samples.map(\.data) == samples.map(\.data))
        #expect(found.samples.map(\.entry.size) == samples.map(\.entry.size))
        let isOwn = { (sample: Sample) in sample.entry.kind != .hardLink }
        #expect(found.samples.filter(isOwn).map(\.entry.modified) == samples.filter(isOwn).map(\.entry.modified))
        if isPOSIX, getuid() == 0 {
            for (one, other) in zip(found.samples, samples) {
                let kept = one.entry.attributes.filter { !$0.name.starts(with: "system.posix_acl".utf8) }
                let wanted = other.entry.attributes.filter { !$0.name.starts(with: "system.posix_acl".utf8) }
                #expect(kept == wanted)
                #expect(one.entry.sparse?.dataBytes == other.entry.sparse?.dataBytes)
            }
        }
    }

    @Test(
        "F30 an archive cut at any record comes back by tar -xM alone and by our reader",
        .enabled(if: isInstalled("rsync")))
    func everySplit() throws {
        let folder = try FormatFolder()
        try folder.clear("in")
        plant(Specimen.all, in: folder.path + "/in")
        let (bytes, places) = try stream(of: Specimen.all)
        // Each kind of place at least once in the short run: all headers and maps, and a sample of the data.
        var isNear = Set<Int>()
        for place in places {
            for at in stride(from: Int(place.start), through: Int(place.dataStart) + 512, by: 512) { isNear.insert(at) }
        }
        isNear.formUnion([bytes.count - 1024, bytes.count - 512, bytes.count])
        let cuts = stride(from: 512, through: bytes.count, by: 512).filter {
            isLongFormatRun || isNear.contains($0) || $0 % 4096 == 0
        }
        for cut in cuts {
            let pair = try parts(of: bytes, cutAt: cut)
            guard pair.count == 2 else {
                #expect(cut == bytes.count)
                continue
            }
            let found = try collect(pair)
            #expect(found.troubles.isEmpty && found.samples == Specimen.all, "cut at \(cut)")
            try folder.clear("out")
            try folder.write(pair[0], "p1")
            try folder.write(pair[1], "p2")
            let ran = try run(
                ["tar", "-xM", "-b1", "-f", "../p1", "-f", "../p2"] + Self.extract, in: folder.path + "/out")
            #expect(ran.status == 0 && ran.errors.isEmpty, "cut at \(cut): \(ran.errors)")
            let differs = try differences(folder.path + "/in/t", folder.path + "/out/t")
            #expect(differs == "", "cut at \(cut)")
        }
    }

    @Test("an archive over up to 20 tapes of a few blocks comes back", .enabled(if: isInstalled("rsync")))
    func manyTapes() throws {
        let folder = try FormatFolder()
        try folder.clear("in")
        plant(Specimen.all, in: folder.path + "/in")
        let bytes = try stream(of: Specimen.all).bytes
        var dice = Dice(state: 99)
        for _ in 0..<(isLongFormatRun ? 300 : 10) {
            // A head larger than a block (none is, from 64 KiB on) upsets GNU tar within a sparse file over three tapes.
            let blockSize = [2048, 4096, 8192].randomElement(using: &dice) ?? 2048
            // Tapes that hold no more than a head are among them.
            let tapes = (0..<19).map { _ in Int64.random(in: 1...max(2, Int64(16_000 / blockSize)), using: &dice) }
            let all = try parts(of: bytes, blockSize: blockSize, blocksOnTape: tapes)
            let found = try collect(all)
            #expect(found.troubles.isEmpty && found.samples == Specimen.all)
            try folder.clear("out")
            var arguments = ["tar", "-xM", "-b\(blockSize / 512)"]
            for (index, part) in all.enumerated() {
                try folder.write(part, "p\(index)")
                arguments += ["-f", "../p\(index)"]
            }
            let ran = try run(arguments + Self.extract, in: folder.path + "/out")
            #expect(ran.status == 0 && ran.errors.isEmpty, "\(blockSize) \(tapes): \(ran.errors)")
            let differs = try differences(folder.path + "/in/t", folder.path + "/out/t")
            #expect(differs == "")
        }
    }

    @Test("G10 G11 names from hell, 500 of them, through tape and back", .enabled(if: isInstalled("rsync")))
    func names() throws {
        let folder = try FormatFolder()
        try folder.clear("in")
        try folder.clear("out")
        let samples = Self.hell(500)
        plant(samples, in: folder.path + "/in")
        let bytes = try stream(of: samples).bytes
        let all = try parts(of: bytes, blockSize: 1024, blocksOnTape: [101, 77, 200])
        #expect(all.count == 4)
        let found = try collect(all)
        #expect(found.troubles.isEmpty && found.samples == samples)
        var arguments = ["tar", "-xM", "-b2"]
        for (index, part) in all.enumerated() {
            try folder.write(part, "p\(index)")
            arguments += ["-f", "../p\(index)"]
        }
        let ran = try run(arguments + Self.extract, in: folder.path + "/out")
        #expect(ran.status == 0 && ran.errors.isEmpty, "\(ran.errors.prefix(400))")
        let differs = try differences(folder.path + "/in/t", folder.path + "/out/t")
        #expect(differs == "")
    }

    /// Names of 1 to 255 bytes out of all but zero and the slash, and some that programs stumble over.
    static func hell(_ count: Int) -> [Sample] {
        var dice = Dice(state: 666)
        var seen = Set<[UInt8]>()
        var samples = [Sample.other(.directory, "t")]
        let known = ["-rf", " ", "a\nb", "\u{1B}[31m", "%s%n", "=", "$(id)", "*", "~", "\"", "\\", "...", "a ", "ab\t"]
        while samples.count <= count {
            let length = Int.random(in: 1...255, using: &dice)
            var name = dice.bytes(length).map { $0 == 0 || $0 == 47 ? 1 : $0 }
            if samples.count <= known.count { name = Array(known[samples.count - 1].utf8) }
            guard name != [46], name != [46, 46], seen.insert(name).inserted else { continue }
            var entry = ArchiveEntry(.file, Array("t/".utf8) + name)
            entry.modified = EntryTime(seconds: Int64.random(in: 0...5_000_000_000, using: &dice))
            entry.size = Int64.random(in: 0...900, using: &dice)
            samples.append(Sample(entry, dice.bytes(Int(entry.size))))
        }
        return samples
    }

    @Test("G12 a path of more than 4,096 bytes comes back by our reader, wherever it is cut")
    func longPath() throws {
        let name = Array(repeating: String(repeating: "d", count: 250), count: 40).joined(separator: "/")
        let samples = [Sample.file(name, [1, 2, 3]), .other(.symlink, "l", link: name)]
        let bytes = try stream(of: samples).bytes
        for cut in stride(from: 512, to: bytes.count, by: 512) {
            let found = try collect(parts(of: bytes, cutAt: cut))
            #expect(found.troubles.isEmpty && found.samples == samples, "\(cut)")
        }
    }

    @Test("the text at the head shows in plain sight and says how to read the part")
    func headText() throws {
        let bytes = try stream(of: Specimen.all).bytes
        let pair = try parts(of: bytes, cutAt: 4096)
        let text = String(decoding: pair[1].prefix(2000), as: UTF8.self)
        for word in ["part 2", "\"offset\":4096", "ARC002", "mt -f /dev/nst0 asf 2", "tar -xpMf /dev/nst0 -b 1"] {
            #expect(text.contains(word), "\(word)")
        }
    }
}
