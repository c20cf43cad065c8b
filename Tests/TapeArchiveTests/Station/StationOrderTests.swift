import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import TapeArchive

@Suite("Orders to the station") struct StationOrderTests {
    @Test("An inventory makes volumes of blank cartridges, and knows cleaning cartridges and others' by their barcodes")
    func inventory() async throws {
        let bench = try await StationBench([
            StationBench.small("NX0001L9"), StationBench.small("ZZ0001L9"), .cleaning(barcode: "CLNU01L1"),
        ])
        #expect(try await bench.order(.inventory(library: "shelf")) == "library shelf: 3 cartridges in 14 places")
        #expect(try await bench.volume("NX0001L9").state == .unlabelled)
        #expect(try await bench.volume("NX0001L9").place == .slot(library: "shelf", number: 1))
        #expect(try await bench.volume("CLNU01L1").state == .cleaning)
        #expect(await bench.code(.load(volume: "ZZ0001L9", drive: "one")) == "VOLUME_UNKNOWN")
        let slots = try #require(bench.station.state().libraries.first).slots
        #expect(slots.filter(\.isFull).map(\.state) == ["scratch", "not ours", "cleaning"])
        // A second look finds nothing new.
        try await bench.order(.inventory(library: "shelf"))
        #expect(bench.codes.filter { $0 == "TAPE_FOUND" }.count == 2)
        await bench.station.close()
    }

    @Test("A library whose folder is empty is made, with eight slots; a blank cartridge is added to it")
    func createsLibrary() async throws {
        let path = try VirtualShelf.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bench = try await StationBench([])
        let station = try await TapeStation(
            StationBench.plan(path), catalog: bench.catalog, files: LinuxFiles(side: .drive), time: .live,
            by: bench.person, pace: StationBench.pace
        ) { _ in }
        #expect(try await station.add(StationBench.small("NX0009L9"), to: "shelf").contains("NX0009L9"))
        let slots = try #require(station.state().libraries.first).slots
        #expect(slots.filter { !$0.isPort }.count == 8)
        #expect(try await station.find("NX0009L9").volume.state == .unlabelled)
        await station.close()
        await bench.station.close()
    }

    @Test("Every blank cartridge gets its barcode as label; what is labelled stays as it is")
    func labelAll() async throws {
        let bench = try await StationBench()
        try bench.foreign("NX0002L9")
        #expect(
            try await bench.order(.labelAll(library: "shelf", pool: "archive"))
                == "labelled: NX0001, NX0003; refused: NX0002L9")
        let volume = try await bench.volume("NX0001")
        #expect(volume.state == .empty && volume.pool == "archive" && volume.tapeFiles == 1)
        #expect(volume.place == .slot(library: "shelf", number: 1))
        #expect(try await bench.volume("NX0002L9").state == .foreign)
        #expect(
            try await bench.order(.labelAll(library: "shelf", pool: "archive")) == "no blank cartridge was labelled")
        #expect(bench.codes.filter { $0 == "TAPE_LABELLED" }.count == 2)
        await bench.station.close()
    }

    @Test(
        "F7 to F11, F33: a label is written to a proved blank, and over anything else only where the rules and a typed name say so"
    )
    func label() async throws {
        let bench = try await StationBench(
            ["NX0001L9", "NX0002L9", "NX0003L9", "NX0004L9"].map { StationBench.small($0) })
        try bench.foreign("NX0002L9")
        try bench.hand.alter("NX0003L9") { $0.isWriteProtected = true }
        try await bench.order(.inventory(library: "shelf"))
        func load(_ name: String) async throws {
            try await bench.order(.load(volume: name, drive: "one"))
        }
        func label(_ name: String, _ typed: String? = nil) async -> String {
            await bench.code(.label(drive: "one", label: name, pool: "archive", overwriting: typed))
        }
        try await load("NX0001L9")
        #expect(await label("no name") == "LABEL_INVALID")
        #expect(await label("A1") == "A1 is labelled for pool archive")
        // Ours, empty: its own label must be typed.
        #expect(await label("A2") == "TAPE_REFUSED")
        #expect(await label("A2", "NX0001L9") == "TAPE_REFUSED")
        #expect(await label("A2", "A1") == "A2 is labelled for pool archive")
        try await load("NX0002L9")
        #expect(await label("B1") == "TAPE_REFUSED")
        #expect(await label("B1", "NX0001L9") == "TAPE_REFUSED")
        #expect(await label("A2", "NX0002L9") == "LABEL_TAKEN")
        #expect(await label("B1", "NX0002L9") == "B1 is labelled for pool archive")
        try await load("NX0003L9")
        #expect(await label("C1") == "TAPE_REFUSED")
        #expect(try await bench.volume("NX0003L9").state == .unlabelled)
        #expect(await bench.code(.label(drive: "one", label: "C1", pool: "none", overwriting: nil)) == "POOL_UNKNOWN")
        #expect(
            await bench.code(.label(drive: "three", label: "C1", pool: "archive", overwriting: nil)) == "DRIVE_UNKNOWN")
        await bench.station.close()
    }

    @Test("An erased tape is blank, and the catalog forgets what it held; another name erases nothing")
    func erase() async throws {
        let bench = try await StationBench()
        try await bench.order(.labelAll(library: "shelf", pool: "archive"))
        try await bench.order(.load(volume: "NX0001", drive: "one"))
        #expect(await bench.code(.erase(drive: "one", typed: "NX0002", isLong: false)) == "TAPE_REFUSED")
        #expect(try await bench.order(.erase(drive: "one", typed: "NX0001", isLong: false)) == "NX0001 is erased")
        let volume = try await bench.volume("NX0001L9")
        #expect(volume.state == .unlabelled && volume.label.isEmpty && volume.nonce.isEmpty && volume.tapeFiles == 0)
        #expect(
            try await bench.order(.label(drive: "one", label: "NX0001", pool: "archive", overwriting: nil))
                == "NX0001 is labelled for pool archive")
        await bench.station.close()
    }

    @Test("Only our slots and barcodes are moved")
    func ownership() async throws {
        let bench = try await StationBench(
            [StationBench.small("NX0001L9"), StationBench.small("ZZ0001L9"), StationBench.small("NX0003L9")]
        ) { $0.slots = SlotRange("1..2") }
        func move(_ from: String, _ to: String) async -> String {
            await bench.code(.move(library: "shelf", from: from, to: to))
        }
        #expect(await move("slot 2", "drive one") == "NOT_OURS")
        #expect(await move("slot 3", "drive one") == "NOT_OURS")
        #expect(await move("slot 1", "slot 5") == "NOT_OURS")
        #expect(await move("slot 9", "port 1") == "ROBOT_TROUBLE")
        #expect(await move("shelf 1", "port 1") == "PLACE_UNKNOWN")
        #expect(await bench.code(.load(volume: "NX0003L9", drive: "one")) == "VOLUME_UNKNOWN")
        #expect(try bench.place("ZZ0001L9") == "slot 2" && bench.place("NX0003L9") == "slot 3")
        #expect(await move("slot 1", "drive one") == "NX0001L9 is in drive one")
        #expect(await move("drive one", "slot 1") == "NX0001L9 is in slot 1 of shelf")
        // Somebody else's cartridge in our drive stays there.
        try bench.put("ZZ0001L9", into: "one")
        try await bench.order(.inventory(library: "shelf"))
        #expect(await bench.code(.unload(drive: "one")) == "NOT_OURS")
        #expect(try bench.place("ZZ0001L9") == "drive 0")
        await bench.station.close()
    }

    @Test("Load, unload, import, export, off-site, retire; the catalog's places follow")
    func places() async throws {
        let bench = try await StationBench()
        try await bench.order(.inventory(library: "shelf"))
        #expect(try await bench.order(.load(volume: "NX0002L9", drive: nil)) == "NX0002L9 is in drive one")
        #expect(try await bench.volume("NX0002L9").place == .drive("one"))
        // The next one into the same drive: the first goes back where it came from.
        #expect(try await bench.order(.load(volume: "NX0003L9", drive: "one")) == "NX0003L9 is in drive one")
        #expect(try await bench.volume("NX0002L9").place == .slot(library: "shelf", number: 2))
        #expect(try await bench.order(.rewind(drive: "one")) == "the tape in drive one is at its beginning")
        #expect(
            try await bench.order(.retension(drive: "one")) == "the tape in drive one was wound to its end and back")
        #expect(try await bench.order(.exportMedium(volume: "NX0003L9")) == "NX0003L9 is in import slot 1 of shelf")
        #expect(await bench.code(.markOffsite(volume: "NX0003L9", place: "bank")) == "TAPE_INSIDE")
        #expect(try await bench.order(.importMedium(library: "shelf")) == "NX0003L9 is in slot 3 of shelf")
        #expect(await bench.code(.importMedium(library: "shelf")) == "ROBOT_TROUBLE")
        try bench.hand.takeOut("NX0003L9")
        try await bench.order(.inventory(library: "shelf"))
        #expect(try await bench.volume("NX0003L9").place == .shelf(""))
        #expect(try await bench.order(.markOffsite(volume: "NX0003L9", place: "bank")) == "NX0003L9 is off-site: bank")
        #expect(try await bench.order(.retire(volume: "NX0003L9", reason: "old")).hasPrefix("NX0003L9 is retired"))
        #expect(try await bench.volume("NX0003L9").state == .retired)
        #expect(try await bench.order(.eject(drive: "two")) == "the tape is out of drive two")
        #expect(try await bench.order(.unload(drive: "one")) == "drive one is empty")
        await bench.station.close()
    }

    @Test("F5: a cleaning cartridge cleans and goes back; one that is used up is told, none at all too")
    func cleaning() async throws {
        let bench = try await StationBench([StationBench.small("NX0001L9"), .cleaning(barcode: "CLNU01L1", uses: 1)])
        #expect(try await bench.order(.clean(drive: "one")) == "drive one was cleaned")
        #expect(try bench.place("CLNU01L1") == "slot 2")
        #expect(await bench.code(.clean(drive: "one")) == "CLEANING_EXPIRED")
        try bench.hand.takeOut("CLNU01L1")
        #expect(await bench.code(.clean(drive: "one")) == "CLEANING_MISSING")
        #expect(bench.codes.contains("DRIVE_CLEANED"))
        await bench.station.close()
    }

    @Test("What a drive is at work for keeps orders away; hold, flow and cancel reach it all the same")
    func busy() async throws {
        let bench = try await StationBench()
        try await bench.order(.labelAll(library: "shelf", pool: "archive"))
        let claim = bench.claim()
        let lease = try await bench.station.lease(claim)
        #expect(await bench.code(.rewind(drive: "one")) == "DRIVE_BUSY")
        #expect(await bench.code(.setFlow(drive: "one", policy: .adaptive)) == "DRIVE_IDLE")
        #expect(await bench.code(.cancel(drive: "two")) == "DRIVE_IDLE")
        #expect(try await bench.order(.holdAfterTape(drive: "one", isOn: true)) == "drive one stops after this tape")
        #expect(bench.station.state().drives[0].holdsAfterTape && bench.station.state().drives[0].job == "films")
        #expect(try await bench.order(.cancel(drive: "one")) == "films is cancelled")
        #expect(claim.control.isCancelled)
        await lease.end()
        #expect(try await bench.order(.eject(drive: "one")) == "the tape is out of drive one")
        await bench.station.close()
    }
}
