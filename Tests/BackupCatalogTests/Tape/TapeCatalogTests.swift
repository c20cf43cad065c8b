import BackupCatalog
import BackupModel
import GRDB
import Testing

@Suite struct TapeCatalogTests {
    @Test("a volume comes back as it was kept, every field of it")
    func volumes() throws {
        let fixture = try TapeFixture()
        var volume = Volume(label: "NX\u{1b}2", nonce: "n2", barcode: "NX0002L9", pool: "archive", state: .error)
        volume.intendedNonce = "n3"
        volume.reason = "block 77"
        volume.generation = .lto7M8
        (volume.isWORM, volume.isWorn) = (true, true)
        (volume.serial, volume.blockSize, volume.capacity, volume.used) = ("s", 4096, 9, 8)
        (volume.tapeFiles, volume.endBlock, volume.labelledAt) = (7, 99, WallTime(milliseconds: 5))
        (volume.lastWrittenAt, volume.loads, volume.softErrors, volume.hardErrors) = (noon, 3, 2, 1)
        (volume.place, volume.driveSerial, volume.driveFirmware) = (.offsite("bank: 3"), "d", "f")
        let id = try fixture.tapes.add(volume)
        #expect(try fixture.tapes.volume(id)?.volume == volume)
        #expect(try fixture.tapes.volume(nonce: "n2")?.id == id)
        #expect(try fixture.tapes.volume(nonce: "n3")?.id == id)
        #expect(try fixture.tapes.volume(nonce: "") == nil)
        try fixture.tapes.change(id) { $0.place = .drive("lto9") }
        #expect(try fixture.tapes.volume(id)?.volume.place == .drive("lto9"))
    }

    @Test("volumes come in pages, none twice and none left out", arguments: 1...4)
    func pages(limit: Int) throws {
        let fixture = try TapeFixture()
        for label in ["B", "A", "B", "", "C"] { try fixture.tapes.add(Volume(label: label, state: .unlabelled)) }
        var found: [KnownVolume] = []
        while true {
            let page = try fixture.tapes.volumes(after: found.last, limit: limit)
            if page.isEmpty { break }
            found += page
        }
        #expect(found.map(\.volume.label) == ["", "A", "B", "B", "C", "NX0001"])
        #expect(try fixture.tapes.volumes(pool: "archive", limit: 9).map(\.volume.label) == ["NX0001"])
    }

    @Test("F13 F29 others with the name or the barcode are found, the volume itself is not")
    func namesakes() throws {
        let fixture = try TapeFixture()
        let other = try fixture.tapes.add(
            Volume(label: "NX0001", nonce: "n9", barcode: "", pool: "archive", state: .quarantined))
        let found = try fixture.tapes.namesakes(label: "NX0001", barcode: "NX0001L9", otherThan: "n1")
        #expect(found.map(\.id) == [other])
        #expect(try fixture.tapes.namesakes(label: "", barcode: "", otherThan: "x").isEmpty)
        #expect(throws: Failure.self) { try fixture.tapes.add(Volume(label: "X", nonce: "n9", state: .empty)) }
    }

    @Test("F12 a labelling killed in between is known by the nonce it meant, and the old contents are gone")
    func relabelling() throws {
        let fixture = try TapeFixture()
        let archive = try fixture.write(fixture.archive("a1"), [entry("f")])
        try fixture.tapes.intendLabel(fixture.volume, nonce: "n2")
        let next = try fixture.afterKill()
        defer { next.catalog.close() }
        let known = try #require(try next.tapes.volume(nonce: "n2"))
        #expect(known.volume.nonce == "n1" && known.volume.intendedNonce == "n2")
        try next.tapes.confirmLabel(
            known.id, label: "NX0001", nonce: "n2", pool: "films", blockSize: 4096, endBlock: 1, at: noon, by: "me")
        #expect(try next.tapes.archive(number: archive)?.state == .gone)
        #expect(try next.tapes.parts(of: archive).map(\.state) == [.gone])
        let volume = try #require(try next.tapes.volume(known.id)).volume
        #expect(volume.state == .empty && volume.nonce == "n2" && volume.tapeFiles == 1 && volume.pool == "films")
        #expect(try next.tapes.formerLabels(of: known.id).map(\.nonce) == ["n1"])
        #expect(throws: Failure.self) { try FormerListing(next.tapes, asOf: archive) }
    }

    @Test("F4 F23 what a kill leaves between any two steps counts for nothing before the commit")
    func kills() throws {
        let fixture = try TapeFixture()
        var archive = fixture.archive("a1")
        var part = PartRecord(part: 1, volume: fixture.volume, tapeFile: 1, offset: 0, writtenAt: noon)
        part.length = 100
        archive.streamBytes = 100
        var recorder: EntryRecorder?
        let steps: [() throws -> Void] = [
            { archive.id = try fixture.tapes.begin(archive) },
            { try fixture.tapes.beginPart(part, of: archive.id) },
            { recorder = fixture.tapes.recorder(for: archive.id) },
            { try recorder?.append([entry("a/b")]) },
            { try recorder?.append([entry("a/c")]) },
        ]
        for step in steps {
            try step()
            let next = try fixture.afterKill()
            defer { next.catalog.close() }
            #expect(try next.tapes.archives(of: "films", state: .complete, limit: 9).isEmpty)
            #expect(try next.tapes.volume(fixture.volume)?.volume.tapeFiles == 1)
        }
        try fixture.tapes.commit(archive, last: part, fixture.progress(files: 3, block: 50))
        let next = try fixture.afterKill()
        defer { next.catalog.close() }
        #expect(try next.tapes.archives(of: "films", state: .complete, limit: 9).map(\.archive) == ["a1"])
        let volume = try #require(try next.tapes.volume(fixture.volume)).volume
        #expect(volume.tapeFiles == 3 && volume.endBlock == 50 && volume.driveSerial == "SER1")
        #expect(try paths(walked(next.tapes, asOf: archive.id)) == ["a/b", "a/c"])
    }

    @Test("an archive with a part that is not whole, or with a gap, is not committed")
    func incomplete() throws {
        let fixture = try TapeFixture()
        var archive = fixture.archive("a1")
        archive.streamBytes = 30
        archive.id = try fixture.tapes.begin(archive)
        var part = PartRecord(part: 1, volume: fixture.volume, tapeFile: 1, offset: 0, writtenAt: noon)
        part.length = 10
        try fixture.tapes.beginPart(part, of: archive.id)
        var last = part
        (last.part, last.tapeFile, last.offset, last.length) = (2, 2, 10, 20)
        #expect(throws: Failure.self) { try fixture.tapes.commit(archive, last: last, nil) }
        try fixture.tapes.partWritten(part, of: archive.id, fixture.progress(files: 2, block: 9, state: .full))
        for wrong in [11, 9] as [Int64] {
            last.offset = wrong
            #expect(throws: Failure.self) { try fixture.tapes.commit(archive, last: last, nil) }
        }
        #expect(throws: Failure.self) { try fixture.tapes.commit(archive, last: nil, nil) }
        #expect(try fixture.tapes.archive("a1")?.state == .writing)
        last.offset = 10
        try fixture.tapes.commit(archive, last: last, nil)
        #expect(try fixture.tapes.archive("a1")?.state == .complete)
        #expect(try fixture.tapes.volume(fixture.volume)?.volume.state == .full)
    }

    @Test("F3 a part that is written anew elsewhere moves its files with it")
    func moved() throws {
        let fixture = try TapeFixture()
        let second = try fixture.tapes.add(Volume(label: "NX2", nonce: "n2", pool: "archive", state: .empty))
        var archive = fixture.archive("a1")
        archive.streamBytes = 3 << 20
        archive.id = try fixture.tapes.begin(archive)
        var recorder = fixture.tapes.recorder(for: archive.id)
        var file = entry("big", size: 5 << 19)
        (file.start, file.headBytes) = (512, 512)
        try recorder.append([file])
        var first = PartRecord(part: 1, volume: fixture.volume, tapeFile: 1, offset: 0, writtenAt: noon)
        (first.length, first.headBytes) = (1 << 20, 2048)
        try fixture.tapes.partWritten(first, of: archive.id, fixture.progress(files: 2, block: 3, state: .error))
        var last = PartRecord(part: 2, volume: fixture.volume, tapeFile: 2, offset: 1 << 20, writtenAt: noon)
        try fixture.tapes.beginPart(last, of: archive.id)
        try fixture.tapes.voidPart(2, of: archive.id, nil)
        (last.volume, last.tapeFile, last.length, last.headBytes) = (second, 1, 2 << 20, 1024)
        try fixture.tapes.commit(archive, last: last, fixture.progress(files: 3, block: 9, of: second))
        let rows = try fixture.sql(
            "SELECT part, volume, tape_file, block, block_offset, length FROM extents ORDER BY part")
        #expect(rows.map { $0["volume"] as Int64 } == [fixture.volume, second])
        #expect(rows.map { $0["tape_file"] as Int64 } == [1, 1])
        #expect(rows.map { $0["block"] as Int64 } == [0, 0])
        #expect(rows.map { $0["block_offset"] as Int64 } == [2560, 1024] as [Int64])
        #expect(rows.map { $0["length"] as Int64 } == [1_048_064, 1_573_888] as [Int64])
    }

    @Test("F23 an archive that is whole on the tape is taken over, under its own number and only once")
    func adoption() throws {
        let fixture = try TapeFixture()
        var archive = fixture.archive("a1")
        let begun = try fixture.tapes.begin(archive)
        var part = PartRecord(part: 1, volume: fixture.volume, tapeFile: 1, offset: 0, writtenAt: noon)
        try fixture.tapes.beginPart(part, of: begun)
        var early = fixture.tapes.recorder(for: begun)
        try early.append([entry("a")])
        part.length = 70
        archive.streamBytes = 70
        archive.id = try fixture.tapes.adopt(archive, parts: [part])
        #expect(archive.id == begun)
        var recorder = fixture.tapes.recorder(for: archive.id)
        try recorder.append([entry("a"), entry("b")])
        try fixture.tapes.commit(archive, last: nil, fixture.progress(files: 3, block: 5))
        #expect(try paths(walked(fixture.tapes, asOf: begun)) == ["a", "b"])
        #expect(throws: Failure.self) { try fixture.tapes.adopt(archive, parts: [part]) }
        let foreign = fixture.archive("a2")
        #expect(try fixture.tapes.adopt(foreign, parts: []) != begun)
    }

    @Test("F24 what the tape has not is lost, and what stands before it is not")
    func lost() throws {
        let fixture = try TapeFixture()
        let kept = try fixture.write(fixture.archive("a1"), [entry("a")], file: 1)
        let gone = try fixture.write(fixture.archive("a2"), [entry("b")], file: 3)
        let hit = try fixture.tapes.markLost(volume: fixture.volume, from: 3, endBlock: 40, reason: "the tape ends")
        #expect(hit.map(\.id) == [gone] && hit.map(\.state) == [.lost] && hit.map(\.reason) == ["the tape ends"])
        #expect(try fixture.tapes.archive(number: kept)?.state == .complete)
        let volume = try #require(try fixture.tapes.volume(fixture.volume)).volume
        #expect(volume.tapeFiles == 3 && volume.endBlock == 40)
        #expect(try fixture.tapes.archives(onVolume: fixture.volume).map(\.archive.archive) == ["a1", "a2"])
        #expect(try fixture.tapes.archives(onVolume: fixture.volume).map(\.part.state) == [.complete, .lost])
    }

    @Test("a void archive's entries are swept, those of others stay")
    func sweeping() throws {
        let fixture = try TapeFixture()
        try fixture.write(fixture.archive("a1"), [entry("d/a"), entry("d/b")])
        let void = try fixture.tapes.begin(fixture.archive("a2"))
        var recorder = fixture.tapes.recorder(for: void)
        try recorder.append([entry("d/a"), entry("e/x"), entry("top")])
        #expect(try fixture.tapes.sweep() == false)
        try fixture.tapes.void(void, reason: "cancelled")
        while try fixture.tapes.sweep(limit: 1) {}
        #expect(try fixture.sql("SELECT * FROM files WHERE backup = \(void)").isEmpty)
        #expect(try fixture.sql("SELECT * FROM files").count == 2)
        #expect(try fixture.tapes.archive(number: void)?.reason == "cancelled")
    }

    @Test("F11 a volume's contents are needed while anything kept, or the newest verified copy, is on it")
    func contents() throws {
        let fixture = try TapeFixture()
        let now = noon.adding(seconds: 1000)
        let whole = try fixture.write(fixture.archive("a1", expires: 10), [entry("a")])
        func found() throws -> VolumeContents { try fixture.tapes.contents(of: fixture.volume, at: now) }
        // The newest of the job, verified or not.
        #expect(try found() == VolumeContents(archives: 1, lastExpiry: noon.adding(seconds: 10), isNeeded: true))
        let second = try fixture.tapes.add(Volume(label: "NX2", nonce: "n2", pool: "archive", state: .empty))
        let later = fixture.archive("a2", base: whole, expires: 5000, startedAt: 50)
        let increment = try fixture.write(later, [entry("b")], volume: second)
        // Expired itself, and the base of one that is not.
        #expect(try found().isNeeded)
        #expect(try fixture.tapes.contents(of: second, at: now).unexpired == 1)
        try fixture.tapes.void(increment, reason: "")
        try fixture.write(fixture.archive("a3", expires: 20, startedAt: 60), [entry("a")], volume: second)
        #expect(try found().isNeeded == false)
        try fixture.tapes.verified(whole, at: noon)
        #expect(try found().isNeeded)
        let candidates = try fixture.tapes.candidates(pool: "archive", at: now)
        #expect(candidates.map(\.volume.label) == ["NX0001", "NX2"])
        #expect(candidates.map { $0.contents?.isNeeded } == [true, false])
    }

    @Test("F34 errors and spells of a drive are kept for drive, volume and job, and wear is noted")
    func history() throws {
        let fixture = try TapeFixture()
        var health = DriveHealth()
        (health.softWriteErrors, health.hardReadErrors, health.loads, health.alerts) = (40, 1, 12, [19])
        let spell = DriveSpell(at: noon, drive: TapeFixture.drive, volume: fixture.volume, job: "films", health: health)
        try fixture.tapes.keep(spell)
        try fixture.tapes.keep(spell)
        let error = TapeErrorRecord(
            at: noon, drive: "SER1", volume: fixture.volume, job: "films", run: runA, kind: "medium_error",
            operation: "write", detail: "write error", tapeFile: 3, block: 9, sense: "3/0c/00", errno: 5)
        try fixture.tapes.keep([error])
        for subject in [TapeHistorySubject.drive("SER1"), .volume(fixture.volume), .job("films")] {
            #expect(try fixture.tapes.spells(of: subject, limit: 9).map(\.health) == [health, health])
            var found = try #require(try fixture.tapes.errors(of: subject, limit: 9).first)
            #expect(found.number == 1)
            found.number = 0
            #expect(found == error)
        }
        #expect(try fixture.tapes.errors(of: .drive("SER2"), limit: 9).isEmpty)
        let volume = try #require(try fixture.tapes.volume(fixture.volume)).volume
        #expect(volume.softErrors == 80 && volume.hardErrors == 2 && volume.loads == 12 && volume.isWorn)
    }

    @Test("pools are kept as the settings have them")
    func pools() throws {
        let fixture = try TapeFixture()
        var pool = Pool(name: "archive")
        try fixture.tapes.keep([pool, Pool(name: "films")])
        (pool.retention, pool.media, pool.encryption) = (.span(7, .year), [.lto9], .file("/etc/key"))
        try fixture.tapes.keep([pool])
        #expect(try fixture.tapes.pools() == [pool, Pool(name: "films")])
    }
}
