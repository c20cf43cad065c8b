import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import TapeArchive

@Suite("Drives and robots in trouble") struct StationTroubleTests {
    @Test(
        "F17: an arm that fails once is tried again after a look; one that fails again is passed over, then asked for")
    func arm() async throws {
        let bench = try await StationBench([StationBench.small("NX0001L9"), StationBench.small("NX0002L9")])
        try await bench.order(.labelAll(library: "shelf", pool: "archive"))
        try bench.plant([TapeFaultRule(.armTimeout, on: .move, from: 1)])
        #expect(try await bench.order(.load(volume: "NX0002", drive: "one")) == "NX0002 is in drive one")
        try await bench.order(.unload(drive: "one"))
        try bench.plant([TapeFaultRule(.armTimeout, on: .move, barcode: "NX0001L9", times: nil)])
        let lease = try await bench.station.lease(bench.claim())
        #expect(try await lease.supply.next(bench.need())?.label == "NX0002")
        #expect(bench.person.questions.isEmpty)
        await lease.end()
        try await bench.order(.unload(drive: "one"))
        try bench.plant([TapeFaultRule(.armTimeout, on: .move, times: nil)])
        #expect(await bench.code(.load(volume: "NX0001", drive: "one")) == "ROBOT_TROUBLE")
        bench.person.answer { _, _ in .cancel }
        let again = try await bench.station.lease(bench.claim())
        #expect(try await again.supply.next(bench.need()) == nil)
        let asked = try #require(bench.person.questions.first)
        #expect(asked.why.contains("the arm did not answer in time"))
        #expect(asked.wanted.map(\.name).sorted() == ["NX0001", "NX0002"])
        await again.end()
        await bench.station.close()
    }

    @Test("F17: what a hand moved behind the robot's back is found by a look; a slot that is empty is told")
    func moved() async throws {
        let bench = try await StationBench()
        try await bench.order(.inventory(library: "shelf"))
        try VirtualChanger(bench.hand).move(from: 4096, to: 4096 + 6)
        #expect(try await bench.order(.load(volume: "NX0001L9", drive: "one")) == "NX0001L9 is in drive one")
        try await bench.order(.unload(drive: "one"))
        try bench.hand.takeOut("NX0001L9")
        #expect(await bench.code(.load(volume: "NX0001L9", drive: "one")) == "ROBOT_TROUBLE")
        #expect(try await bench.volume("NX0001L9").place == .shelf(""))
        await bench.station.close()
    }

    @Test("A drive that another program has is waited for, with its name; the job goes on when it is free")
    func held() async throws {
        let bench = try await StationBench()
        let other = try VirtualDrive("one", of: bench.hand)
        let claim = bench.claim()
        let lease = Task { try await bench.station.lease(claim) }
        try await eventually("the drive is held") { bench.codes.contains("DRIVE_HELD") }
        guard case .held(let words) = bench.station.state().drives[0].standing else {
            Issue.record("\(bench.station.state().drives[0].standing)")
            return
        }
        #expect(words.contains("pid \(getpid())"))
        other.close()
        let got = try await lease.value
        #expect(got.name == "one" && bench.codes.filter { $0 == "DRIVE_HELD" }.count == 1)
        await got.end()
        // Cancelled while it waits.
        let again = try VirtualDrive("two", of: bench.hand)
        let second = bench.claim(drive: "two")
        let waiting = Task { () -> String in
            do throws(Failure) { return try await bench.station.lease(second).name } catch { return error.code }
        }
        second.control.cancel()
        #expect(await waiting.value == "CANCELLED")
        again.close()
        await bench.station.close()
    }

    @Test("A drive that hangs keeps neither the other drive nor the picture waiting")
    func hanging() async throws {
        let bench = try await StationBench { $0.pace = .x10 }
        try await bench.order(.inventory(library: "shelf"))
        // Thirty seconds of the drive's are three of ours.
        try bench.plant([TapeFaultRule(.delay, on: .rewind, drive: "one", amount: 30)])
        let started = SystemTime.live.monotonic()
        let slow = Task { await bench.code(.rewind(drive: "one")) }
        try await eventually("the drive winds") { bench.station.state().drives[0].standing == .winding }
        #expect(await bench.code(.rewind(drive: "two")) == "TAPE_NOT_READY")
        #expect(await bench.code(.eject(drive: "one")) == "DRIVE_BUSY")
        #expect(bench.station.state().drives[0].job == "rewind")
        #expect(SystemTime.live.monotonic() - started < 2_500_000_000)
        #expect(await slow.value == "TAPE_NOT_READY")
        await bench.station.close()
    }

    @Test("F5: what wants cleaning is cleaned after the archive; an alert is told once")
    func cleaning() async throws {
        let bench = try await StationBench([StationBench.small("NX0001L9"), .cleaning(barcode: "CLNU01L1")])
        try bench.plant([TapeFaultRule(.wantsCleaning, on: .rewind), TapeFaultRule(.alert, on: .rewind, amount: 39)])
        let lease = try await bench.station.lease(bench.claim())
        #expect(try await lease.supply.next(bench.need())?.label == "NX0001")
        #expect(bench.station.state().drives[0].alerts.first?.contains("must be cleaned") == true)
        #expect(!bench.codes.contains("DRIVE_CLEANED"))
        await lease.end()
        #expect(bench.codes.contains("DRIVE_CLEANED") && bench.station.state().drives[0].alerts.isEmpty)
        #expect(bench.events.filter { $0.code == "TAPE_ALERT" }.count == 2)
        await bench.station.close()
    }

    @Test("A first load of up to two hours is no error")
    func firstLoad() async throws {
        var medium = StationBench.small("NX0001L9")
        medium.isInitialised = false
        var pace = StationBench.pace
        pace.probe = 0.1
        // 40 minutes of the drive's clock are 4 of ours: the patience of two hours is what is looked at here.
        let bench = try await StationBench([medium], pace: pace) { $0.pace = .x10 }
        try await bench.order(.inventory(library: "shelf"))
        let load = Task { await bench.code(.load(volume: "NX0001L9", drive: "one")) }
        try await eventually("the cartridge is being initialised") {
            bench.station.state().drives[0].standing == .initialising
        }
        // Longer than any other load may take.
        let started = SystemTime.live.monotonic()
        try await eventually("time goes by") { SystemTime.live.monotonic() - started > 500_000_000 }
        #expect(bench.station.state().drives[0].standing == .initialising && !bench.codes.contains("TAPE_ERROR"))
        load.cancel()
        #expect(await load.value == "CANCELLED")
        await bench.station.close()
    }

    @Test("New settings reach a drive when its job is done; a drive that is gone from them is let go of")
    func reload() async throws {
        let bench = try await StationBench()
        let lease = try await bench.station.lease(bench.claim())
        var plan = bench.plan
        plan.drives[0].blockSize = 4096
        plan.drives.removeLast()
        plan.libraries[0].drives = ["one"]
        try await bench.station.reload(plan)
        #expect(bench.station.state().drives.map(\.name) == ["one"])
        #expect(try await bench.station.bay("one").settings.blockSize == 2048)
        await lease.end()
        #expect(try await bench.station.bay("one").settings.blockSize == 4096)
        #expect(await bench.code(.rewind(drive: "two")) == "DRIVE_UNKNOWN")
        await bench.station.close()
    }

    @Test("The picture: medium, volumes, tally, pools with the next tape, slots with their labels")
    func picture() async throws {
        let bench = try await StationBench()
        try await bench.order(.labelAll(library: "shelf", pool: "archive"))
        try await bench.order(.load(volume: "NX0002", drive: "two"))
        await bench.station.round()
        let state = bench.station.state()
        let medium = try #require(state.drives[1].medium)
        #expect(medium.label == "NX0002" && medium.pool == "archive" && medium.generation == "LTO-9")
        #expect(medium.capacity == 1 << 20 && medium.words == "empty")
        #expect(state.drives[1].standing == .ready && state.drives[1].generation == "LTO-9")
        #expect(state.volumes.map(\.volume.label) == ["NX0002", "NX0001", "NX0003"])
        #expect(state.tally.scratch == 3 && state.memoryLeft > 0)
        let pool = try #require(state.pools.first { $0.name == "archive" })
        #expect(pool.volumes == 3 && pool.next.hasPrefix("NX0001"))
        let slots = try #require(state.libraries.first).slots.filter { $0.isFull }
        #expect(slots.map(\.label) == ["NX0001", "NX0003"] && slots.map(\.state) == ["scratch", "scratch"])
        #expect(
            try await bench.station.nextTape(pool: "archive", drive: "two").first?.hasPrefix("next: NX0002") == true)
        #expect(try await bench.station.contents(of: "NX0001").last == "no archives")
        #expect(try await bench.station.volumes(pool: "archive", after: nil, limit: 2).count == 2)
        await bench.station.close()
    }
}
