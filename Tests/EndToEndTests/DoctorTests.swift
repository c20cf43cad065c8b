import BackupModel
import Foundation
import Settings
import Testing

@testable import holdfast

/// The doctor's judgement on facts made up for it, and once on this machine.
@Suite struct DoctorTests {
    private static let settings: HoldfastSettings? = try? SettingsFile.parse(
        Array(
            """
            [mirror.cold]
            source = "/data/cold"
            target = "/mnt/backup"
            [job.dump]
            kind = "command"
            command = ["/usr/bin/dump"]
            after_hook = ["/usr/bin/tell"]
            [channel.mail]
            kind = "mail"
            host = "mail.example.org"
            from = "a@example.org"
            to = ["b@example.org"]
            user = "a"
            password = "file:/etc/secret"
            [channel.desk]
            kind = "desktop"
            """.utf8), file: "h")

    /// A machine on which all is well.
    private static var well: DoctorFacts {
        var facts = DoctorFacts()
        facts.mirrors = ["cold": DoctorFacts.Mirror()]
        facts.calls = ["openat2": true, "renameat2": true, "syncfs": true]
        for program in ["/usr/bin/dump", "/usr/bin/tell", "notify-send", "setpriv"] { facts.programs[program] = .found }
        facts.secrets = ["file:/etc/secret": nil as String?]
        facts.hosts = ["mail.example.org": true]
        return facts
    }

    private static func report(_ facts: DoctorFacts) throws -> DoctorReport {
        DoctorReport(checks: DoctorRules(settings: try #require(settings), facts: facts).checks)
    }

    @Test func aMachineWithAllThatIsNeededIsWell() throws {
        let report = try Self.report(Self.well)
        #expect(report.checks.filter { $0.state != .ok } == [])
        #expect(report.status == .ok)
        #expect(report.checks.allSatisfy { $0.remedy.isEmpty })
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var id: String
        var state: DoctorCheck.State
        var change: @Sendable (inout DoctorFacts) -> Void

        init(
            _ id: String, _ state: DoctorCheck.State, _ name: String,
            _ change: @escaping @Sendable (inout DoctorFacts) -> Void
        ) {
            testDescription = name
            self.id = id
            self.state = state
            self.change = change
        }
    }

    static let cases = [
        Case("folder.state", .bad, "state not writable") { $0.state.isWritable = false },
        Case("folder.state", .missing, "no state folder") {
            $0.state.exists = false
            $0.state.isWritable = false
        },
        Case("folder.runtime", .bad, "others may write") { $0.runtime.isOpenToOthers = true },
        Case("folder.stop", .warning, "B32 the stop file is there") { $0.stopFile = true },
        Case("mirror.cold.source", .missing, "source unreadable") { $0.mirrors["cold"]?.sourceIsReadable = false },
        Case("mirror.cold.source", .bad, "source hangs") { $0.mirrors["cold"]?.sourceIsReadable = nil },
        Case("mirror.cold.target", .bad, "target hangs") { $0.mirrors["cold"]?.target = nil },
        Case("mirror.cold.target", .missing, "no target") { $0.mirrors["cold"]?.target?.exists = false },
        Case("mirror.cold.target", .bad, "target read-only") { $0.mirrors["cold"]?.target?.isWritable = false },
        Case("mirror.cold.target", .missing, "target not enrolled") { $0.mirrors["cold"]?.target?.isEnrolled = false },
        Case("mirror.cold.target", .bad, "target full") { $0.mirrors["cold"]?.target?.free = 1 << 20 },
        Case("hash.blake3", .bad, "BLAKE3 wrong") { $0.blake3IsRight = false },
        Case("hash.sha256", .bad, "SHA-256 wrong") { $0.sha256IsRight = false },
        Case("kernel.openat2", .missing, "no openat2") { $0.calls["openat2"] = false },
        Case("kernel.syncfs", .missing, "syncfs not known") { $0.calls["syncfs"] = nil },
        Case("limit.files", .warning, "few descriptors") { $0.openFiles = 256 },
        Case("limit.memory", .warning, "L1 small control group") { $0.memory.groupLimit = 128 << 20 },
        Case("limit.swap", .warning, "swap is on") { $0.memory.swap = 1 << 30 },
        Case("limit.core", .warning, "core dumps are on") { $0.coreLimit = .max },
        Case("time.clock", .bad, "1970") { $0.now = WallTime(milliseconds: 0) },
        Case("time.clock", .warning, "not synchronised") { $0.clockIsSynchronised = false },
        Case("time.clock", .warning, "nobody knows") { $0.clockIsSynchronised = nil },
        Case("terminal.term", .warning, "dumb terminal") { $0.term = "dumb" },
        Case("terminal.term", .warning, "a terminal without its name") { $0.term = "" },
        Case("terminal.term", .warning, "unknown terminal") { $0.termIsKnown = false },
        Case("terminal.locale", .warning, "no UTF-8") { $0.localeIsUTF8 = false },
        Case("service.systemd", .warning, "no systemd") { $0.hasSystemd = false },
        Case("service.linger", .warning, "no linger") { $0.lingers = false },
        Case("program.job.dump.command", .missing, "no program") { $0.programs["/usr/bin/dump"] = .missing },
        Case("program.job.dump.after_hook", .bad, "hook not executable") {
            $0.programs["/usr/bin/tell"] = .notExecutable
        },
        Case("program.job.dump.after_hook", .bad, "hook of anybody") {
            $0.programs["/usr/bin/tell"] = .changeableByOthers
        },
        Case("program.channel.desk", .missing, "no notify-send") { $0.programs["notify-send"] = .missing },
        Case("program.children", .warning, "no setpriv") { $0.programs["setpriv"] = .missing },
        Case("secret.channel.mail", .bad, "secret unreadable") {
            $0.secrets["file:/etc/secret"] = "can be read by others"
        },
        Case("host.channel.mail", .bad, "server unknown") { $0.hosts["mail.example.org"] = false },
    ]

    @Test("each thing that is not well is named, alone, with what to do", arguments: cases)
    func one(example: Case) throws {
        var facts = Self.well
        example.change(&facts)
        let report = try Self.report(facts)
        let unwell = report.checks.filter { $0.state != .ok }
        #expect(unwell.map(\.id) == [example.id])
        #expect(unwell.map(\.state) == [example.state])
        #expect(unwell.allSatisfy { !$0.remedy.isEmpty })
        #expect(report.status == (example.state == .warning ? .warnings : .failed))
    }

    @Test("no terminal, as under cron or a service manager, is no fault")
    func noTerminal() throws {
        var facts = Self.well
        (facts.hasTerminal, facts.term, facts.termIsKnown, facts.localeIsUTF8) = (false, "", false, false)
        let report = try Self.report(facts)
        #expect(report.status == .ok && report.checks.contains { $0.id == "terminal.term" && $0.state == .ok })
    }

    @Test("what hangs is left behind in time", .timeLimit(.minutes(1)))
    func bounded() {
        #expect(Bounded.run(seconds: 10) { 4 } == 4)
        let never = DispatchSemaphore(value: 0)
        #expect(Bounded.run(seconds: 0.05) { never.wait() } == nil)
        never.signal()
    }

    @Test("a run on this machine answers in JSON and with the status of what it found")
    func onThisMachine() throws {
        let program = try Program(blobs: 1)
        defer { program.remove() }
        let result = try program.run("doctor", "--json", "--config", program.settings.path)
        let report = try JSONDecoder().decode(DoctorReport.self, from: Data(result.out.utf8))
        #expect(result.status == report.status.rawValue)
        let target = report.checks.first { $0.id == "mirror.cold.target" }
        #expect(target?.state == .missing)
        #expect(
            report.checks.filter { $0.id.hasPrefix("kernel.") || $0.id.hasPrefix("hash.") }.allSatisfy {
                $0.state == .ok
            })
    }
}
