import BackupModel
import Foundation
import TapeArchive
import Testing
import WorkerKit

@testable import BackupEngine

@Suite(.timeLimit(.minutes(3)), .serialized) struct TapeEngineTests {
    @Test("a job writes a tape: its run, its log, the volume, what consoles see")
    func job() async throws {
        var place = try TapePlace()
        try place.fill(megabytes: 3)
        place.jobs = [place.job()]
        let engine = try await place.open()
        try await engine.addCartridges(["NX0001L6"])
        let run = try await engine.run("films")
        #expect(run.result == .ok && run.failure == nil)
        #expect(run.done.bytes == 3 << 20 && run.done.count >= 3)
        #expect(try await engine.log(of: run.run).contains { $0.contains("ended ok") })
        guard case .volumes(let rows) = await engine.ask(.volumes(pool: "archive", after: nil, limit: 10)) else {
            Issue.record("no volumes")
            return
        }
        #expect(rows.map(\.volume.barcode) == ["NX0001L6"] && rows.first?.archives == 1)
        #expect(rows.first?.volume.state == .appendable)
        let contents = try await engine.lines(.volumeContents(volume: rows[0].volume.label))
        #expect(contents.contains { $0.contains("films") })
        #expect(!(try await engine.lines(.nextTape(pool: "archive", drive: nil))).isEmpty)
        let tape = try #require(try await engine.state { $0.tape?.drives.first?.job == "" }.tape)
        #expect(tape.drives.map(\.name) == ["lto6"] && tape.libraries.map(\.name) == ["shelf"])
        #expect(tape.drives.first?.medium?.barcode == "NX0001L6")
        await engine.close()
    }

    @Test("F1: a full tape is a question; a cartridge that is put in answers it, and the job goes on to the end")
    func asks() async throws {
        var place = try TapePlace()
        try place.fill(megabytes: 20)
        place.jobs = [place.job()]
        let engine = try await place.open()
        try await engine.addCartridges(["NX0001L6"])
        try await engine.begin(.runJob(name: "films"))
        let request = try await engine.tapeRequest()
        #expect(request.subject == "lto6" && request.jobs == ["films"] && request.deadline == nil)
        #expect(request.answers.map(\.word).contains("use LABEL"))
        let waiting = try await engine.state { $0.tape?.drives.first?.request == request.number }
        #expect(waiting.job("films")?.phase == .waiting(request: request.number))
        #expect(waiting.tape?.drives.first?.standing == .waiting)
        try await engine.addCartridges(["NX0002L6"], label: false)
        let ended = try await engine.state { $0.job("films")?.phase == .idle }
        #expect(ended.job("films")?.lastRun?.result == .ok)
        #expect(ended.requests == [])
        guard case .requestHistory(let closed) = await engine.ask(.requestHistory(limit: 10)) else { return }
        #expect(closed.map(\.number) == [request.number])
        await engine.close()
    }

    @Test("a wrong answer asks again under the same number; cancel ends the job, and nothing tries it again")
    func answered() async throws {
        var place = try TapePlace()
        try place.fill(megabytes: 20)
        place.jobs = [place.job()]
        let engine = try await place.open()
        try await engine.addCartridges(["NX0001L6"])
        try await engine.begin(.runJob(name: "films"))
        let request = try await engine.tapeRequest()
        try await engine.begin(.answer(request: request.number, word: "use NX0099L6"))
        let again = try await engine.state { state in
            state.requests.first { $0.number == request.number }.map { $0.why != request.why } ?? false
        }
        #expect(again.requests.first?.why.contains("NX0099L6") == true)
        try await engine.begin(.answer(request: request.number, word: "cancel"))
        let ended = try await engine.state { $0.job("films")?.phase == .idle }
        #expect(ended.job("films")?.lastRun?.result == .interrupted)
        #expect(ended.requests == [])
        await engine.close()
    }

    @Test("an engine that ends keeps its question; the next one goes on with it under the same number")
    func restart() async throws {
        var place = try TapePlace()
        try place.fill(megabytes: 20)
        place.jobs = [place.job()]
        var engine = try await place.open()
        try await engine.addCartridges(["NX0001L6"])
        try await engine.begin(.runJob(name: "films"))
        let request = try await engine.tapeRequest()
        await engine.close()
        engine = try await place.open()
        // The one tape there is may be full of what was interrupted, or not: either way the same question comes.
        let asked = try await engine.tapeRequest()
        #expect(asked.number == request.number)
        try await engine.addCartridges(["NX0002L6", "NX0003L6"], label: false)
        let ended = try await engine.state { $0.job("films")?.phase == .idle && $0.job("films")?.lastRun != nil }
        #expect(ended.job("films")?.lastRun?.result == .ok)
        await engine.close()
    }

    @Test("by hand, in an engine of one order: an archive and what becomes of it")
    func byHand() async throws {
        let place = try TapePlace()
        try place.fill(megabytes: 2)
        let engine = try await place.open(forOneOrder: true)
        try await engine.addCartridges(["NX0001L6"])
        var settings = TapeJobSettings()
        settings.sources = [place.tree]
        let words = try await engine.tape(.archive(settings, drive: nil, policy: nil, buffer: nil))
        let run = try await engine.end(of: words)
        #expect(run.result == .ok && run.job == "by hand" && run.kind == .tapeArchive)
        #expect(run.done.bytes == 2 << 20)
        guard case .jobRuns(let runs) = await engine.ask(.jobRuns(job: "by hand", before: nil, limit: 5)) else {
            return
        }
        #expect(runs.map(\.run) == [run.run] && runs.first?.result == .ok)
        #expect(try await engine.log(of: run.run).last?.contains("ended ok") == true)
        await engine.close()
    }

    @Test("by hand: waiting for a tape, then cancelled by the run's id; the request goes with it")
    func cancelledByHand() async throws {
        let place = try TapePlace()
        try place.fill(megabytes: 1)
        let engine = try await place.open()
        var settings = TapeJobSettings()
        settings.sources = [place.tree]
        let words = try await engine.tape(.archive(settings, drive: "lto6", policy: nil, buffer: nil))
        _ = try await engine.tapeRequest()
        let run = try #require(words.split(separator: " ").last.map(String.init))
        try await engine.tape(.cancel(drive: run))
        #expect(try await engine.end(of: words).result == .interrupted)
        #expect(try await engine.state { $0.requests.isEmpty }.requests == [])
        await engine.close()
    }

    @Test("a drive that is used refuses a hand, with who has it; an outdated order is not carried out")
    func refusals() async throws {
        let place = try TapePlace()
        try place.fill(megabytes: 1)
        let engine = try await place.open()
        var settings = TapeJobSettings()
        settings.sources = [place.tree]
        let before = try await engine.state { $0.tape != nil }.sequence
        let words = try await engine.tape(.archive(settings, drive: "lto6", policy: nil, buffer: nil))
        _ = try await engine.tapeRequest()
        let failure = await #expect(throws: Failure.self) { try await engine.tape(.rewind(drive: "lto6")) }
        #expect(failure?.code == "DRIVE_BUSY" && failure?.message.contains("by hand") == true)
        let late = Order(
            id: "0123456789abcdef0123456789abcdef", intent: .tape(.cancel(drive: "lto6")), by: ana, basis: before)
        guard case .refused(let refusal) = await engine.take(late) else {
            Issue.record("the outdated order was taken")
            return
        }
        #expect(refusal.code == "STATE_CHANGED")
        try await engine.tape(.cancel(drive: "lto6"))
        #expect(try await engine.end(of: words).result == .interrupted)
        await engine.close()
    }

    @Test("hands on a free drive: label, names, position, winding, one tape file into a file")
    func hands() async throws {
        let place = try TapePlace()
        try place.fill(megabytes: 1)
        let engine = try await place.open()
        try await engine.addCartridges(["NX0001L6"])
        var settings = TapeJobSettings()
        settings.sources = [place.tree]
        let words = try await engine.tape(.archive(settings, drive: nil, policy: nil, buffer: nil))
        #expect(try await engine.end(of: words).result == .ok)
        let label = try await engine.lines(.tapeLook(drive: "lto6", .label))
        #expect(label.contains { $0.hasPrefix("label: NX0001") } && label.contains { $0.contains("tar") })
        let names = try await engine.lines(.tapeLook(drive: "lto6", .names(file: 1)))
        #expect(names.contains { $0.contains("film0") })
        let at = try await engine.tape(.motion(drive: "lto6", .file(1)))
        #expect(at.hasPrefix("tape file 1"))
        let copy = place.place.path + "/copy.tar"
        try await engine.tape(.motion(drive: "lto6", .read(into: copy)))
        #expect((FileManager.default.contents(atPath: copy)?.count ?? 0) > 1 << 20)
        await #expect(throws: Failure.self) {
            try await engine.tape(.motion(drive: "lto6", .read(into: copy)))
        }
        try await engine.tape(.motion(drive: "lto6", .endOfData))
        #expect(try await engine.lines(.tapeLook(drive: "lto6", .position)).first?.contains("block") == true)
        await engine.close()
    }

    @Test("without a drive every order and question is refused with what to do")
    func none() async throws {
        let place = try Place()
        let engine = try await place.open()
        let failure = await #expect(throws: Failure.self) { try await engine.tape(.rewind(drive: "x")) }
        #expect(failure?.code == "TAPE_NONE")
        #expect(await engine.ask(.nextTape(pool: "p", drive: nil)) == .refused(.noTapeDrive))
        #expect(try await engine.state { _ in true }.tape == nil)
        await engine.close()
    }
}
