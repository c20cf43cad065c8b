import BackupModel

@testable import OperatorConsole

/// Two drives, one writing and one that waits for a tape, a library of five slots and a port, and 41 volumes.
extension Fixture {
    static var tapes: EngineState {
        var state = Fixture.operations
        state.tape = tape
        state.requests = [changeTape]
        var films = JobState(name: "nightly/home", kind: .tapeArchive)
        films.phase = .running
        films.current = run(301, "nightly/home", .tapeArchive, ago: 5_447)
        var vm = JobState(name: "nightly/vm", kind: .tapeArchive)
        vm.phase = .waiting(request: 17)
        vm.current = run(302, "nightly/vm", .tapeArchive, ago: 2_571)
        state.jobs = [films, vm] + state.jobs.dropFirst(2)
        return state
    }

    static var changeTape: Request {
        var request = Request(
            number: 17, kind: .changeTape, jobs: ["nightly/vm"], subject: "lto6",
            what: "lto6 wants NX0007 (or scratch)",
            why: "NX0004 is full (end of tape at 2.27 TiB)", place: "slot 1",
            candidates: ["NX0007  slot 1", "NX0011  shelf B3, scratch"],
            answers: [
                RequestAnswer(word: "loaded", meaning: "it is in, look now"),
                RequestAnswer(word: "use LABEL", meaning: "another volume"),
                RequestAnswer(word: "blank LABEL", meaning: "a blank tape, to be labelled so"),
                RequestAnswer(word: "cancel", meaning: "end the job", isDangerous: true),
            ], raisedAt: now.adding(seconds: -252), deadline: now.adding(seconds: 3_348), atDeadline: .failResumable)
        request.reminders = [now.adding(seconds: 9), now.adding(seconds: 600), now.adding(seconds: 2_400)]
        return request
    }

    static var tape: TapeState {
        var tape = TapeState()
        tape.drives = [writing, waiting]
        var library = LibraryState(name: "shelf")
        library.identity = DriveIdentity(vendor: "HOLDFAST", model: "Virtual", serial: "", firmware: "")
        library.lookedAt = now.adding(seconds: -4_961)
        library.slots = [
            slot(1, "NX0007L6", "NX0007", "scratch", "expired 2026-09-01"),
            slot(2, "NX0002L9", "NX0002", "full", "off-site due"), slot(3, "CLNU01L1", "", "cleaning", "12 uses left"),
            SlotState(number: 4), SlotState(number: 1, isPort: true),
        ]
        tape.libraries = [library]
        tape.volumes = volumes
        tape.tally.scratch = 3
        tape.tally.appendable = 2
        tape.tally.full = 33
        tape.tally.suspect = 1
        tape.tally.retired = 2
        var archive = PoolRow(name: "nightly", retention: "90d")
        archive.volumes = 29
        archive.next = "NX0007 in slot 1: all on it has expired"
        var films = PoolRow(name: "films", retention: "7y")
        films.volumes = 12
        films.next = "none in reach: a blank LTO-9"
        tape.pools = [archive, films]
        tape.memoryLeft = 9 << 30
        return tape
    }

    static var writing: DriveState {
        var drive = DriveState(name: "lto9", at: now.adding(seconds: -1))
        drive.device = "/dev/nst0"
        drive.library = "shelf"
        drive.identity = DriveIdentity(vendor: "IBM", model: "ULTRIUM-HH9", serial: "10WT012345", firmware: "R3G3")
        drive.generation = "LTO-9"
        drive.standing = .writing
        drive.job = "nightly/home"
        var medium = LoadedMedium(label: "NX0006", barcode: "NX0006L9", pool: "nightly")
        medium.generation = "LTO-9"
        medium.used = 17_460_000_000_000
        medium.capacity = 18_000_000_000_000
        medium.key = "4f2a9c11"
        medium.loads = 212
        medium.words = "NX0006, pool nightly, appendable"
        drive.medium = medium
        drive.health.softWriteErrors = 3
        drive.health.bytesWritten = 2_900_000_000_000
        drive.health.temperature = 41
        drive.lastTrouble = DriveTrouble(
            at: now.adding(seconds: -1_121), words: "write error, recovered by rewriting", wasRecovered: true)
        drive.stream = stream
        return drive
    }

    private static var stream: StreamState {
        var stream = StreamState(
            archive: "nightly/home 2026-10-04", since: now.adding(seconds: -5_447), blockSize: 1 << 20)
        stream.phase = "archive"
        stream.part = 1
        stream.file = 41
        stream.block = 88_210
        stream.policy = "watermark(80, 20)"
        stream.lowMark = 20
        stream.highMark = 80
        stream.size = 8 << 30
        stream.fill = (8 << 30) / 100 * 97
        stream.received = 101_000_000_000
        stream.written = 92_500_000_000
        stream.expected = 660_000_000_000
        stream.sourceRate = 137_000_000
        stream.driveRate = 123_700_000
        stream.counts.stops = 2
        stream.counts.underRuns = 1
        stream.counts.backHitches = 1
        stream.counts.longestGap = 3.12
        stream.limits = FlowLimits(source: 0.62, buffer: 0.03, drive: 0.35)
        stream.compression = 1.341
        stream.fullIn = 3_540
        stream.endsIn = 3_180
        stream.history = String(
            (0..<168).map { Character(String([0, 3, 5, 7, 9, 9, 9, 8, 9, 6, 2, 4, 9, 9][$0 / 12])) })
        return stream
    }

    static var waiting: DriveState {
        var drive = DriveState(name: "lto6", at: now.adding(seconds: -1))
        drive.device = "/dev/nst1"
        drive.library = "shelf"
        drive.identity = DriveIdentity(vendor: "HP", model: "Ultrium 6-SCSI", serial: "HU1234", firmware: "35GW")
        drive.generation = "LTO-6"
        drive.standing = .waiting
        drive.job = "nightly/vm"
        drive.request = 17
        drive.stream = stream
        drive.stream?.archive = "nightly/vm 2026-10-04"
        drive.stream?.part = 2
        drive.stream?.policy = "paced"
        drive.stream?.lowMark = nil
        drive.stream?.highMark = nil
        drive.stream?.fill = 8 << 30
        drive.stream?.driveRate = 0
        drive.stream?.sourceRate = 0
        drive.stream?.fullIn = nil
        drive.stream?.endsIn = nil
        drive.stream?.isHolding = true
        drive.health.alerts = [21]
        drive.alerts = TapeAlert.all([21]).map(\.words)
        return drive
    }

    static func slot(_ number: Int, _ barcode: String, _ label: String, _ state: String, _ note: String) -> SlotState {
        var slot = SlotState(number: number)
        slot.isFull = true
        slot.barcode = barcode
        slot.label = label
        slot.state = state
        slot.note = note
        return slot
    }

    static var volumes: [VolumeRow] {
        let rows: [(String, String, Volume.State, Int64, VolumePlace, Double?)] = [
            ("NX0006", "nightly", .appendable, 17_460, .drive("lto9"), 92),
            ("NX0007", "nightly", .appendable, 0, .slot(library: "shelf", number: 1), -30),
            ("NX0002", "films", .full, 17_900, .slot(library: "shelf", number: 2), 358),
            ("NX0005", "nightly", .full, 17_800, .shelf("A1"), 91),
            ("NX0001", "films", .error, 400, .offsite("the bank"), nil),
            ("NX0003", "films", .retired, 17_900, .shelf(""), nil),
        ]
        return rows.enumerated().map { index, row in
            var volume = Volume(label: row.0, barcode: row.0 + "L9", pool: row.1, state: row.2)
            volume.used = row.3 * 1_000_000_000
            volume.capacity = 18_000_000_000_000
            volume.generation = .lto9
            volume.place = row.4
            volume.loads = [212, 14, 22, 30, 7, 9_120][index]
            volume.softErrors = index == 0 ? 3 : 0
            volume.hardErrors = row.2 == .error ? 2 : 0
            volume.reason = row.2 == .error ? "a block could not be written" : ""
            volume.tapeFiles = 41
            volume.lastWrittenAt = now.adding(seconds: -86_400 * Double(index))
            var shown = VolumeRow(id: Int64(index + 1), volume: volume)
            shown.archives = index == 1 ? 0 : 12
            shown.keptUntil = row.5.map { now.adding(seconds: $0 * 86_400) }
            shown.isKeptForEver = row.2 == .error
            shown.verifiedAt = index % 2 == 0 ? now.adding(seconds: -600_000) : nil
            return shown
        }
    }

    /// The drive that waits, with a tape in it that nobody uses.
    static func ready(_ change: (inout LoadedMedium) -> Void) -> EngineState {
        var state = tapes
        state.requests = []
        var drive = writing
        drive.standing = .ready
        drive.job = ""
        drive.stream = nil
        var medium = LoadedMedium(label: "NX0006", barcode: "NX0006L9", pool: "nightly")
        medium.used = 17_460_000_000_000
        medium.capacity = 18_000_000_000_000
        change(&medium)
        drive.medium = medium
        state.tape?.drives[0] = drive
        return state
    }
}

extension Fixture {
    static let tapeLines = [
        "nightly/home 2026-10-04  part 1  604 GiB  kept until 2027-01-04", "nightly/vm \u{1b}[2J 2026-10-03  part 2",
    ]
}
