import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import TapeArchive

@Suite("Tapes for an archive") struct StationSupplyTests {
    /// Label, position and catalog agree for what was offered; a volume's label.
    func prove(_ offer: VolumeOffer?) throws -> String {
        let offer = try #require(offer)
        _ = try VolumeMount.forAppend(
            offer.drive, nonce: offer.nonce, name: offer.label, end: offer.end, blockSize: 2048)
        try offer.drive.lockDoor(false)
        return offer.label
    }

    @Test(
        "The robot brings what goes on, then the next when it is full; a blank one of ours is labelled by its barcode")
    func byRobot() async throws {
        let bench = try await StationBench()
        try await bench.order(.inventory(library: "shelf"))
        try await bench.order(.load(volume: "NX0002L9", drive: "one"))
        try await bench.order(.label(drive: "one", label: "NX0002", pool: "archive", overwriting: nil))
        try await bench.order(.unload(drive: "one"))
        let lease = try await bench.station.lease(bench.claim())
        #expect(try prove(await lease.supply.next(bench.need())) == "NX0002")
        #expect(try bench.place("NX0002L9") == "drive 0")
        // Asked again, it lies in the drive.
        #expect(try prove(await lease.supply.next(bench.need())) == "NX0002")
        try await bench.fill("NX0002")
        #expect(try prove(await lease.supply.next(bench.need(.full("NX0002"), part: 2))) == "NX0001")
        #expect(try bench.place("NX0002L9") == "slot 2" && bench.place("NX0001L9") == "drive 0")
        #expect(try await bench.volume("NX0001").pool == "archive")
        let refused = MountRefusal.otherEnd(
            catalog: TapeEnd(files: 1, block: 9), drive: TapePosition(file: 1, block: 8))
        // Once its end is read from the tape and put right (F23); refused again it is not offered again.
        #expect(try prove(await lease.supply.next(bench.need(.refused(refused)))) == "NX0001")
        #expect(try prove(await lease.supply.next(bench.need(.refused(refused)))) == "NX0003")
        await lease.end()
        #expect(bench.station.state().drives[0].job.isEmpty && bench.person.questions.isEmpty)
        #expect(bench.codes.filter { $0 == "TAPE_FULL" }.count == 1)
        await bench.station.close()
    }

    /// Outside lie NX0002, which is wanted, and what somebody may take for it.
    func manual(_ person: ScriptedPerson) async throws -> StationBench {
        let bench = try await StationBench(
            ["NX0001L9", "NX0002L9", "NX0005L9", "NX0006L9", "NX0007L9", "NX0008L9"].map { StationBench.small($0) }
                + [.cleaning(barcode: "CLNU01L1")], person: person)
        try await bench.order(.inventory(library: "shelf"))
        for (name, pool) in [("NX0001", "archive"), ("NX0002", "archive"), ("NX0008", "other")] {
            try await bench.order(.load(volume: name + "L9", drive: "one"))
            try await bench.order(.label(drive: "one", label: name, pool: pool, overwriting: nil))
        }
        try await bench.order(.unload(drive: "one"))
        await bench.station.close()
        try bench.foreign("NX0005L9")
        try bench.strange("NX0007L9", label: "NX0002")
        try bench.hand.alter("NX0006L9") { $0.isWriteProtected = true }
        for name in ["NX0002L9", "NX0005L9", "NX0006L9", "NX0007L9", "NX0008L9", "CLNU01L1"] {
            try bench.hand.takeOut(name)
        }
        try await bench.fill("NX0001")
        return bench
    }

    @Test(
        "F6 F8 F9 F10 F13 F29: wrong, foreign, protected, cleaning and like-named tapes are refused with the reason, nothing is written to them, and the right one is taken"
    )
    func wrongTapes() async throws {
        let person = ScriptedPerson()
        let bench = try await manual(person)
        let station = try await TapeStation(
            bench.plan, catalog: bench.catalog, files: LinuxFiles(side: .drive), time: .live, by: person,
            pace: StationBench.pace
        ) { _ in }
        let before = try ["NX0005L9", "NX0006L9", "NX0007L9", "NX0008L9"].map { try index(bench, $0) }
        let steps = ["NX0005L9", "NX0006L9", "CLNU01L1", "NX0007L9", "NX0008L9", "NX0002L9"]
        person.answer { question, number in
            guard number <= steps.count else { return .cancel }
            try bench.hand.insert(steps[number - 1])
            try bench.put(steps[number - 1], into: "one")
            // The drive is watched; a cleaning cartridge leaves no trace there.
            return number.isMultiple(of: 3) ? .loaded : nil
        }
        _ = try await station.carryOut(.inventory(library: "shelf"), by: StationBench.admin)
        let lease = try await station.lease(bench.claim())
        #expect(try prove(await lease.supply.next(bench.need())) == "NX0002")
        let why = person.questions.map(\.why)
        try #require(why.count == 6)
        #expect(why[0] == "the archive begins")
        #expect(why[1] == "NX0005L9 holds data of another program: Microsoft Tape Format")
        #expect(why[2].hasPrefix("NX0006L9 is write-protected"))
        #expect(why[3] == "CLNU01L1 is a cleaning cartridge")
        #expect(why[4].contains("bears the name of NX0002"))
        #expect(why[5] == "NX0008 is of pool other")
        let first = try #require(person.questions.first)
        #expect(
            first.wanted.map(\.name) == ["NX0002", "NX0005L9", "NX0006L9", "NX0007L9"] && first.takesScratch
                && first.drive == "one")
        #expect(Set(first.wanted.map(\.place)) == ["outside the library"])
        await lease.end()
        #expect(try await station.find("NX0007L9").volume.state == .quarantined)
        await station.close()
        // Nothing was written to any of them.
        #expect(try ["NX0005L9", "NX0006L9", "NX0007L9", "NX0008L9"].map { try index(bench, $0) } == before)
    }

    func index(_ bench: StationBench, _ barcode: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: bench.path + "/library/cartridges/\(barcode)/index"))
    }

    @Test("F7: a blank tape whose barcode nobody reads as ours is labelled only by the name that is answered")
    func blank() async throws {
        let person = ScriptedPerson()
        let bench = try await StationBench([StationBench.small("B1L9")], person: person) { $0.barcodes = [] }
        try bench.hand.takeOut("B1L9")
        person.answer { question, number in
            switch number {
            case 1:
                try bench.hand.insert("B1L9")
                try bench.put("B1L9", into: "one")
                return .loaded
            case 2: return .blank(label: "not a label")
            case 3: return .blank(label: "FILM-1")
            default: return .cancel
            }
        }
        let lease = try await bench.station.lease(bench.claim())
        #expect(try prove(await lease.supply.next(bench.need())) == "FILM-1")
        let why = person.questions.map(\.why)
        try #require(why.count == 3)
        #expect(why[1] == "the tape is blank: answer with a label for it" && why[2] == "not a label is no label")
        let volume = try await bench.volume("FILM-1")
        #expect(volume.state == .empty && volume.barcode == "B1L9" && volume.place == .drive("one"))
        await lease.end()
        await bench.station.close()
    }

    @Test("Another volume, by its name; cancelled and expired end the archive; a cancelled run withdraws its question")
    func answers() async throws {
        let person = ScriptedPerson()
        let bench = try await StationBench(person: person)
        try await bench.order(.labelAll(library: "shelf", pool: "other"))
        person.answer { _, number in number == 1 ? .use("NX0002") : .expired }
        let claim = bench.claim()
        let lease = try await bench.station.lease(claim)
        #expect(try await lease.supply.next(bench.need()) == nil)
        #expect(person.questions.last?.why == "NX0002 is of pool other")
        person.answer { _, _ in .cancel }
        #expect(try await lease.supply.next(bench.need()) == nil)
        person.answer { _, _ in nil }
        let next = Task { try await lease.supply.next(bench.need()) }
        try await eventually("the question is asked") { bench.station.state().drives[0].standing == .waiting }
        claim.control.cancel()
        #expect(try await next.value == nil)
        await lease.end()
        #expect(bench.codes.contains("TAPE_EXPIRED") && bench.codes.contains("TAPE_WANTED"))
        await bench.station.close()
    }

    @Test("What is put into the library while a question is open is loaded by the robot, and the question ends")
    func shelfChanges() async throws {
        let bench = try await StationBench([])
        try await bench.order(.inventory(library: "shelf"))
        let lease = try await bench.station.lease(bench.claim())
        let next = Task { try await lease.supply.next(bench.need()) }
        try await eventually("the question is asked") { !bench.person.questions.isEmpty }
        _ = try await bench.station.add(StationBench.small("NX0004L9"), to: "shelf")
        #expect(try prove(await next.value) == "NX0004")
        await lease.end()
        await bench.station.close()
    }

    @Test("Two drives at once never get one volume")
    func twoDrives() async throws {
        for _ in 0..<5 {
            let bench = try await StationBench()
            try await bench.order(.inventory(library: "shelf"))
            let (one, two) = (
                try await bench.station.lease(bench.claim(drive: nil)),
                try await bench.station.lease(bench.claim(job: "music", drive: nil))
            )
            #expect(Set([one.name, two.name]) == ["one", "two"])
            async let first = one.supply.next(bench.need())
            async let second = two.supply.next(bench.need())
            let labels = try [prove(await first), prove(await second)]
            #expect(Set(labels).count == 2)
            // One that ends leaves the other alone.
            await one.end()
            #expect(try prove(await two.supply.next(bench.need(.full(labels[1])))) != labels[0])
            await two.end()
            await bench.station.close()
        }
    }

    @Test("F28: the volume to read is found by its nonce; another in the drive is refused and asked for again")
    func find() async throws {
        let person = ScriptedPerson()
        let bench = try await manual(person)
        let station = try await TapeStation(
            bench.plan, catalog: bench.catalog, files: LinuxFiles(side: .drive), time: .live, by: person,
            pace: StationBench.pace
        ) { _ in }
        _ = try await station.carryOut(.inventory(library: "shelf"), by: StationBench.admin)
        let (one, two) = (try await station.find("NX0001").volume, try await station.find("NX0002").volume)
        let claim = DriveClaim(.read, job: "verify", drive: "one", control: TapeRunControl()) { _, _ in }
        let lease = try await station.lease(claim)
        let first = try #require(try await lease.finder.find(label: "NX0001", nonce: one.nonce, refused: nil))
        #expect(try VolumeMount.identify(first).label == "NX0001")
        person.answer { _, number in
            let name = number == 1 ? "NX0007L9" : "NX0002L9"
            try bench.hand.insert(name)
            try bench.put(name, into: "one")
            return nil
        }
        _ = try await station.carryOut(.holdAfterTape(drive: "one", isOn: false), by: StationBench.admin)
        let second = try #require(try await lease.finder.find(label: "NX0002", nonce: two.nonce, refused: nil))
        #expect(try VolumeMount.identify(second).nonce == two.nonce)
        #expect(person.questions.map(\.why).last?.hasPrefix("the tape in drive one is NX0002") == true)
        await lease.end()
        await station.close()
    }

    @Test("F12: a labelling that was interrupted is what the tape says; F18: the label wins over the barcode")
    func interrupted() async throws {
        let bench = try await StationBench()
        try await bench.order(.labelAll(library: "shelf", pool: "archive"))
        let known = try await bench.station.find("NX0001")
        await bench.station.close()
        // The tape has the label that was intended, the catalog does not know yet.
        let old = known.volume.nonce
        try bench.tapes.change(known.id) { ($0.nonce, $0.intendedNonce) = (String(repeating: "cd", count: 16), old) }
        // And two cartridges lie in each other's places, as the robot reads them.
        let station = try await TapeStation(
            bench.plan, catalog: bench.catalog, files: LinuxFiles(side: .drive), time: .live, by: bench.person,
            pace: StationBench.pace
        ) { _ in }
        _ = try await station.carryOut(.load(volume: "NX0001", drive: "one"), by: StationBench.admin)
        let volume = try await station.find("NX0001").volume
        #expect(volume.nonce == old && volume.intendedNonce.isEmpty && volume.state == .empty)
        try bench.tapes.change(try await station.find("NX0002").id) { $0.barcode = "NX0999L9" }
        _ = try await station.carryOut(.inventory(library: "shelf"), by: StationBench.admin)
        _ = try await station.carryOut(.move(library: "shelf", from: "slot 2", to: "drive two"), by: StationBench.admin)
        #expect(try await station.find("NX0002").volume.place == .drive("two"))
        #expect(await station.misfiled["NX0002L9"]?.contains("NX0999L9") == true)
        await station.close()
    }
}
