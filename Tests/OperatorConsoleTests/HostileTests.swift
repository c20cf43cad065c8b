import BackupModel
import Foundation
import Testing

@testable import OperatorConsole

@Suite struct HostileTests {
    static let names = [
        "\u{1b}[2J\u{1b}]0;owned\u{7}", "\u{202e}gnp.exe", "日本語の名前のとても長いディレクトリ", "a\u{300}\u{301}\u{302}\u{303}b",
        "👩‍👩‍👧‍👦 family", "line\nbreak\ttab", "\u{9b}31m c1", "\u{feff}\u{200b}zero", String(repeating: "x", count: 5000), "",
    ]

    static var state: EngineState {
        var state = Fixture.state
        state.host = names[0] + names[2]
        state.copies = names.enumerated().map { index, name in
            var copy = index % 2 == 0 ? Fixture.cold : Fixture.offsite
            copy.name = name
            copy.source = name
            copy.target = name + name
            copy.volume.fileSystem = name
            copy.volume.uuid = name
            if index % 2 == 1 { copy.phase = .waiting(reason: name) }
            copy.failures = names.enumerated().map { number, text in
                BlobFailure(
                    id: Fixture.blob(UInt64(number)), size: .max, state: .blocked, attempts: .max,
                    failure: Failure(
                        code: text, side: .destination, message: text, subject: [0xff, 0x1b, 0xc3] + Array(text.utf8),
                        errno: .min, operation: text, hint: text), at: WallTime(milliseconds: 0))
            }
            copy.rates.now = index == 0 ? .infinity : index == 1 ? .nan : 1e300
            copy.rates.minutes = [.nan, -1, .infinity, 5]
            copy.eta = index % 3 == 0 ? .seconds(.infinity, low: .nan, high: -.infinity) : .unknown
            copy.progress.total = Amount(count: .max, bytes: .max)
            return copy
        }
        state.alerts = names.enumerated().map { index, name in
            Alert(
                id: index, severity: .error, raisedAt: Fixture.now, subject: name,
                failure: Failure(code: name, side: .source, message: name, subject: Array(name.utf8), hint: name))
        }
        state.recentEvents = names.enumerated().map { index, name in
            Event(
                number: Int64(index + 1), at: Fixture.now, severity: .error, component: name, code: name, job: name,
                message: name)
        }
        return state
    }

    /// Jobs, requests, goals and alerts with the same names.
    static var operations: EngineState {
        var state = Self.state
        let failure = state.alerts[0].failure
        state.jobs = names.enumerated().map { index, name in
            var job = JobState(name: name, kind: .command)
            let phases: [JobPhase] = [
                .idle, .queued(reason: name), .running, .waiting(request: .max), .pausing, .paused, .cancelling,
            ]
            job.phase = phases[index % phases.count]
            job.schedule = name
            job.after = names
            job.resources = names
            job.nextAt = WallTime(milliseconds: 4_000_000_000_000_000)
            job.expectedSeconds = index == 0 ? .nan : .infinity
            job.durations = [.nan, .infinity, -1, 1e300]
            job.sizes = [.max, .min, 0]
            var run = Fixture.run(UInt64(index), name, .command, ago: index % 2 == 0 ? 1e12 : -1e12)
            if index % 3 == 0 { job.current = run }
            run.result = JobResult.allCases[index % 5]
            run.endedAt = Fixture.now
            run.failure = failure
            run.warnings = .max
            run.done = Amount(count: .max, bytes: .max)
            job.lastRun = run
            return job
        }
        state.firings = names.map { Firing(job: $0, at: Fixture.now, expectedSeconds: .infinity, conflict: $0) }
        state.requests = names.enumerated().map { index, name in
            var request = Request(
                number: index, kind: .choose, jobs: names, subject: name, what: name, why: name, place: name,
                candidates: names, answers: names.map { RequestAnswer(word: $0, meaning: $0, isDangerous: index == 0) },
                raisedAt: Fixture.now, deadline: WallTime(milliseconds: -4_000_000_000_000_000))
            request.claim = RequestClaim(
                by: Person(user: name, uid: 0, via: name), until: .init(milliseconds: .max / 4))
            request.reminders = [Fixture.now]
            return request
        }
        state.sets = names.map { name in
            var set = RecoverySetState(name: name)
            set.goal = .nan
            set.newestVerifiedAt = WallTime(milliseconds: 0)
            return set
        }
        for index in state.alerts.indices {
            let name = names[index % names.count]
            state.alerts[index].escalation = [EscalationStep(at: Fixture.now, channel: name)]
            if index % 2 == 0 {
                state.alerts[index].acknowledgement = Acknowledgement(
                    by: Person(user: name, uid: 0, via: name), at: Fixture.now, note: name)
            }
        }
        state.tape = tape
        state.hold.stopFile = names[0]
        state.hold.clockFrozen = names[0]
        state.delivery.lastProblem = names[0]
        return state
    }

    /// Drives in every standing, slots and volumes with the same names, and numbers that no drive gives.
    static var tape: TapeState {
        var tape = TapeState()
        let standings: [DriveStanding] = [
            .writing, .held(by: names[0]), .trouble(names[2]), .waiting, .ready, .initialising, .empty,
        ]
        tape.drives = names.enumerated().map { index, name in
            var drive = index % 2 == 0 ? Fixture.writing : Fixture.waiting
            (drive.name, drive.device, drive.library, drive.generation, drive.job) = (name, name, name, name, name)
            drive.identity = DriveIdentity(vendor: name, model: name, serial: name, firmware: name)
            drive.standing = standings[index % standings.count]
            drive.health.alerts = [.min, 0, 65, .max] + Array(1...64)
            drive.health.softWriteErrors = .min
            drive.health.hardWriteErrors = .max
            drive.health.bytesWritten = .min
            drive.health.loads = .max
            drive.health.temperature = .min
            drive.alerts = names
            drive.lastTrouble = DriveTrouble(at: WallTime(milliseconds: 0), words: name, wasRecovered: false)
            drive.checkedAt = WallTime(milliseconds: .max / 4)
            var medium = LoadedMedium(label: name, barcode: name, pool: name)
            medium.used = index % 3 == 0 ? .min : .max
            medium.capacity = index % 3 == 1 ? .min : 1
            medium.loads = .min
            (medium.key, medium.words) = (name, name)
            drive.medium = index % 4 == 3 ? nil : medium
            spoil(&drive.stream, name, index)
            return drive
        }
        tape.libraries = names.map { name in
            var library = LibraryState(name: name)
            library.slots = names.enumerated().map { index, other in
                Fixture.slot(index == 0 ? .min : index, other, other, name, name)
            }
            library.trouble = name
            library.identity.model = name
            library.lookedAt = WallTime(milliseconds: -4_000_000_000_000_000)
            return library
        }
        tape.volumes = names.enumerated().map(volume)
        tape.tally.full = 1_000_000
        tape.pools = names.map { name in
            var pool = PoolRow(name: name, retention: name)
            pool.next = name
            return pool
        }
        return tape
    }

    private static func spoil(_ stream: inout StreamState?, _ name: String, _ index: Int) {
        guard var bad = stream else { return }
        (bad.archive, bad.policy, bad.phase) = (name, name, name)
        bad.history = index % 3 == 0 ? name : String(repeating: "9\u{1b}\u{e9}", count: 3000)
        (bad.lowMark, bad.highMark, bad.part, bad.file) = (.min, .max, .min, .max)
        (bad.fill, bad.size) = (.max, index % 3 == 2 ? .min : 1)
        (bad.blockSize, bad.block, bad.expected) = (.min, .min, .min)
        (bad.sourceRate, bad.driveRate) = (index == 0 ? .nan : -.infinity, .infinity)
        (bad.counts.longestGap, bad.counts.stops, bad.counts.underRuns) = (.nan, .min, .max)
        bad.limits = FlowLimits(source: .nan, buffer: .infinity, drive: -1)
        bad.compression = .infinity
        (bad.fullIn, bad.endsIn) = index == 0 ? (.infinity, .infinity) : (.nan, -1e300)
        stream = bad
    }

    private static func volume(_ index: Int, _ name: String) -> VolumeRow {
        var volume = Volume(label: index % 2 == 0 ? name : "", barcode: name, pool: name, state: .foreign)
        volume.reason = name
        volume.used = .max
        volume.capacity = index == 0 ? 0 : .max
        volume.loads = .min
        volume.softErrors = .max
        volume.lastWrittenAt = WallTime(milliseconds: 4_000_000_000_000_000)
        volume.place = .offsite(name)
        var row = VolumeRow(id: index == 1 ? 0 : Int64(index), volume: volume)
        row.keptUntil = WallTime(milliseconds: .max / 4)
        row.archives = .min
        return row
    }

    @Test("H1 H3 H4 hostile names of jobs, requests and goals never break a row", arguments: FrameTests.sizes)
    func operationRowsKeepTheirWidth(size: Size) {
        for keys in [
            ["1"], ["1", "tab", "tab", "tab", "z"], ["7"], ["7", "enter"], ["7", "i"], ["7", "o"], ["7", "X"], ["9"],
            ["9", "G"], ["9", "G", "enter"], ["3"], ["3", "]", "tab", "enter"], ["3", "enter"],
            ["3", "L", "tab", "right"], ["3", "]", "E"], ["3", "P"], ["3", "N"], ["3", "tab", "O"],
            ["3", "tab", "tab", "tab", "z"], ["!"], ["!", "!", "pgdn"], ["!", "X"], ["9", "G", "A"],
        ] {
            var model = Fixture.model(Self.operations)
            _ = model.receive(.resize(size))
            _ = model.receive(.standing(.away(since: Fixture.now, reason: Self.names[0])))
            _ = model.receive(.state(Self.operations))
            for row in 0..<4 {
                for key in keys { model.serve(model.press(key)) }
                expectWhole(render(model, size: size, glyphs: row % 2 == 0 ? .unicode : .ascii), "\(keys) \(row)")
                _ = model.press("esc", "esc", "7", "j")
            }
        }
    }

    @Test("H1 H3 H4 hostile names in every list never break a row", arguments: FrameTests.sizes)
    func rowsKeepTheirWidth(size: Size) {
        for keys in [
            ["1"], ["1", "tab", "enter"], ["2"], ["2", "tab", "enter"], ["8"], ["8", "enter"], [":"], ["B"], ["i"],
        ] {
            var model = Fixture.model(Self.state)
            _ = model.receive(.resize(size))
            for mirror in 0..<3 {
                for key in keys { _ = model.press(key) }
                let grid = render(model, size: size, glyphs: .unicode)
                expectWhole(grid, "\(keys) \(mirror)")
                _ = model.press("esc", "1", "j")
            }
        }
    }

    private func expectWhole(_ grid: Grid, _ what: String) {
        let broken = (0..<grid.size.rows).filter { y in
            let row = grid.row(y)
            return row.reduce(0) { $0 + $1.width } != grid.size.columns
                || row.contains { $0.scalars.contains(where: isUnfit) }
        }
        #expect(broken.isEmpty, "\(what)")
    }

    private func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7f }
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .unassigned: return true
        default: return false
        }
    }

    @Test("H5 no size traps", arguments: [0, 1, 2, 3, 5, 9, 10, 11, 16, 24, 40, 200])
    func everySize(rows: Int) {
        var models: [Model] = []
        for keys in [
            ["1"], ["2"], ["8"], ["?"], ["X"], ["B"], ["2", "tab", "enter"], ["i"], ["/"], ["z"], ["2", "m"], ["7"],
            ["9"], ["!"], ["7", "o"], ["9", "G", "Z"], ["3"], ["3", "z"], ["3", "tab"],
            ["3", "tab", "tab", "tab", "z"],
            ["3", "P"], ["3", "N"], ["3", "!"], ["3", "tab", "tab"],
        ] {
            var model = Fixture.model(Self.operations)
            for key in keys { _ = model.press(key) }
            models.append(model)
        }
        for columns in [0, 1, 2, 4, 7, 12, 20, 39, 40, 59, 60, 79, 80, 119, 120, 160, 500] {
            let size = Size(columns: columns, rows: rows)
            for model in models {
                var model = model
                _ = model.receive(.resize(size))
                let grid = render(model, size: size, glyphs: .unicode)
                #expect(grid.size == size)
                _ = model.press("pgdn", "k", "G", "g")
            }
        }
    }

    @Test("H16 fifty thousand lines and one of a mebibyte are drawn in less than 50 ms", arguments: Screen.allCases)
    func large(screen: Screen) {
        var state = Self.operations
        state.copies[0].name = String(repeating: "wide 日本 ", count: 100_000)
        let events = (1...50_000).map { number in
            Event(
                number: Int64(number), at: Fixture.now, severity: .info, component: "copy", code: "X",
                message: number % 7 == 0 && number > 49_000 ? state.copies[0].name : "line \(number)")
        }
        state.recentEvents = events.suffix(200)
        var model = Fixture.model(nil)
        model.log.absorb(events)
        _ = model.receive(.state(state))
        #expect(model.log.shown.count == 50_000)
        let size = Size(columns: 160, rows: 48)
        _ = model.receive(.resize(size))
        _ = model.press(String(screen.rawValue), "pgdn")
        let best = (0..<5).map { _ in
            let start = threadSeconds()
            _ = render(model, size: size, glyphs: .unicode)
            return threadSeconds() - start
        }.min()
        #expect((best ?? 1) < 0.05, "\(best ?? 1) s")
    }

    @Test("H5 H10 20,000 random keys, pastes and sizes leave a model that still draws")
    func monkey() {
        var random = Xorshift(state: 0x5eed_1234_abcd_0001)
        var model = Fixture.model
        let states = [
            Fixture.state, Self.state, Fixture.operations, Self.operations, Fixture.tapes,
            EngineState(host: "", version: "", startedAt: Fixture.now, at: Fixture.now),
        ]
        let special: [Key] = [
            .enter, .escape, .tab, .backTab, .backspace, .up, .down, .left, .right, .home, .end, .pageUp, .pageDown,
            .control("u"), .control("d"), .control("l"), .function(1),
        ]
        var sent: [Intent] = []
        for step in 0..<20_000 {
            let effects: [Effect]
            switch random.next() % 100 {
            case 0:
                effects = model.receive(.resize(Size(columns: Int(random.next() % 220), rows: Int(random.next() % 70))))
            case 1: effects = model.receive(.state(states[Int(random.next() % 6)]))
            case 2: effects = model.receive(.paste((0..<40).map { _ in UInt8(truncatingIfNeeded: random.next()) }))
            case 3:
                let standings: [LinkStanding] = [
                    .away(since: Fixture.now, reason: "x"), .attached(version: "1", isReadOnly: false),
                    .attached(version: "1", isReadOnly: true),
                    .refused(Failure(code: "NO", side: .engine, message: "no")),
                ]
                effects = model.receive(.standing(standings[Int(random.next() % 4)]))
            case 4...15:
                effects = model.receive(
                    .tick(now: model.now.adding(seconds: 0.3), monotonic: model.monotonic + 0.3))
            case 16...55: effects = model.receive(.key(special[Int(random.next() % UInt64(special.count))]))
            default:
                let scalar = Unicode.Scalar(UInt8(0x20 + random.next() % 95))
                effects = model.receive(.key(.character(scalar)))
            }
            for case .ask(let query) in effects {
                if random.next() % 2 == 0 {
                    let answers: [Answer] = [.log([]), .volumes(Fixture.volumes), .lines(Self.names)]
                    _ = model.receive(.answer(query, answers[Int(random.next() % 3)]))
                } else {
                    _ = model.receive(
                        .answer(query, .refused(Failure(code: "NO", side: .engine, message: "no"))))
                }
            }
            for case .send(let intent) in effects { sent.append(intent) }
            if step % 20 == 0 {
                let grid = render(model, size: model.size, glyphs: step % 40 == 0 ? .unicode : .ascii)
                expectWhole(grid, "step \(step)")
            }
        }
        #expect(!sent.contains { $0.confirmation >= .word }, "nobody types yes by chance")
        _ = model.receive(.state(Fixture.state))
        _ = model.receive(.resize(Size(columns: 80, rows: 24)))
        _ = model.press("esc", "esc", "esc", "1")
        #expect(render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text()[0].contains("holdfast"))
    }
}

/// Processor time of this thread: other tests run beside this one.
func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

struct Xorshift {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
