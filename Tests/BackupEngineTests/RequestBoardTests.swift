import BackupCatalog
import BackupModel
import Testing
import WorkerKit

@testable import BackupEngine

let start = WallTime(milliseconds: 1_760_000_000_000)
let ana = Person(user: "ana", uid: 1000, via: "tty2")
let ben = Person(user: "ben", uid: 1001, via: "command line")

func volume(_ job: String = "nightly", uuid: String = "u1", deadline: WallTime? = nil) -> Request {
    .attachVolume(
        identity(uuid), mirror: "cold", target: "/mnt/cold", job: job, why: "the target is away", seen: start,
        now: start, deadline: deadline)
}

func identity(_ uuid: String) -> VolumeIdentity {
    VolumeIdentity(
        uuid: uuid, root: .mountRoot, fileSystem: "ext4", fileSystemID: "", fanOut: .standard, hash: .blake3,
        enrolledAt: start)
}

@Suite struct VolumeRequestTests {
    @Test("what a request for a volume says: which, where and when last, why, and where it was found")
    func words() {
        let request = Request.attachVolume(
            identity("0123456789abcdef"), mirror: "cold", target: "/mnt/\u{1b}cold", job: "nightly",
            why: "nothing is mounted there", seen: start, candidates: ["mounted at /media/x"], now: start, deadline: nil
        )
        #expect(request.what == "attach volume 01234567 of mirror cold")
        #expect(request.why == "job nightly needs it: nothing is mounted there")
        let (at, day) = (start.iso8601(), start.iso8601().prefix(10))
        #expect(request.place == "/mnt/\\ecold, at \(at) (ext4, uuid 0123456789abcdef, enrolled \(day))")
        #expect(request.candidates == ["mounted at /media/x"])
        let unknown = Request.attachVolume(
            nil, mirror: "cold", target: "/mnt/cold", job: "j", why: "away", seen: nil, now: start, deadline: nil)
        #expect(unknown.what == "attach volume of mirror cold" && unknown.place == "/mnt/cold")
    }

    @Test("an absent volume is looked for on local mounts, at their roots and in the target's last folder")
    func search() {
        let lines = ["/ - ext4 x rw", "/media/x - xfs x rw", "/proc - proc x rw", "/far - nfs4 x rw"]
        let mounts = MountTable.parse(
            Array(lines.map { "1 0 8:1 / \($0.replacing(" - ", with: " rw - "))\n" }.joined().utf8))
        #expect(mounts.count == 4)
        #expect(
            VolumeSearch.places(mounts, target: "/mnt/cold") == ["/", "/cold", "/media/x", "/media/x/cold"])
        #expect(VolumeSearch.places(mounts, target: "/media/x").map(\.description).contains("/media/x") == false)
    }
}

@Suite struct RequestBoardTests {
    private func minutes(_ count: Double) -> WallTime { start.adding(seconds: count * 60) }

    private func board(_ drafts: Request...) throws -> RequestBoard {
        var board = RequestBoard()
        for draft in drafts { _ = try board.raise(draft, now: start) }
        return board
    }

    @Test("one request for a volume, whoever waits for it")
    func joined() throws {
        var board = try board(volume("a", deadline: minutes(10)))
        let second = try board.raise(volume("b", deadline: minutes(60)), now: minutes(1))
        #expect(second.raised.request.jobs == ["a", "b"])
        #expect(second.raised.request.number == 1)
        #expect(second.raised.request.deadline == minutes(60))
        #expect(second.change.kept.count == 1)
        guard case .joined = second.raised else { throw Wrong("\(second.raised)") }
        let again = try board.raise(volume("b", deadline: minutes(60)), now: minutes(2))
        #expect(again.change.kept.isEmpty)
        let endless = try board.raise(volume("c"), now: minutes(2))
        #expect(endless.raised.request.deadline == nil)
        _ = try board.raise(volume("a", uuid: "u2"), now: start)
        #expect(board.open.map(\.number) == [1, 2])
    }

    @Test("the first answer wins, and the second is told whose it was")
    func firstWins() throws {
        var board = try board(volume())
        let change = try board.answer(1, word: " Attached\r", by: ben, now: minutes(6))
        #expect(change.ended.map(\.state) == [.answered(word: "attached", by: ben, at: minutes(6))])
        #expect(change.kept.map(\.untaken) == [["nightly"]])
        #expect(board.open.isEmpty)
        let late = #expect(throws: Failure.self) { try board.answer(1, word: "attached", by: ana, now: minutes(7)) }
        #expect(late?.code == "REQUEST_ANSWERED")
        #expect(late?.message == "request 1 was answered 'attached' by ben (command line) \(minutes(6).timeOfDay)")
        #expect(throws: Failure.self) { try board.claim(1, by: ana, now: start) }
        #expect(throws: Failure.self) { try board.postpone(1, seconds: 60, now: start) }
    }

    @Test(
        "a wrong word is refused and the right ones are named; nothing changes",
        arguments: ["", "no", "attached now", "\u{1b}[2Jattached", String(repeating: "x", count: 5000)])
    func wrongWord(word: String) throws {
        var board = try board(volume())
        let before = board
        let refused = #expect(throws: Failure.self) { try board.answer(1, word: word, by: ana, now: start) }
        #expect(refused?.code == "ANSWER_NOT_ACCEPTABLE")
        #expect(refused?.message.contains("attached (it is there, look now), cancel (") == true)
        #expect(refused?.message.utf8.contains(0x1b) == false && (refused?.message.count ?? 0) < 300)
        #expect(board == before)
    }

    @Test(
        "numbers that are no open request",
        arguments: [(-1, "REQUEST_UNKNOWN"), (0, "REQUEST_UNKNOWN"), (8, "REQUEST_UNKNOWN"), (3, "REQUEST_ENDED")])
    func unknown(number: Int, code: String) {
        var board = RequestBoard(restoring: [], lastNumber: 7)
        let refused = #expect(throws: Failure.self) { try board.answer(number, word: "yes", by: ana, now: start) }
        #expect(refused?.code == code)
    }

    @Test("reminders after 0, 5, 15 and 45 minutes, then hourly, each until it is out")
    func reminders() throws {
        var board = try board(volume())
        var sent: [Double] = []
        for minute in 0...240 {
            let due = board.tick(now: minutes(Double(minute))).reminders
            #expect(due == board.tick(now: minutes(Double(minute))).reminders, "due until it is out")
            for reminder in due {
                sent.append(Double(minute))
                _ = board.reminded(reminder)
            }
        }
        #expect(sent == [0, 5, 15, 45, 105, 165, 225])
    }

    @Test("what was slept through is one reminder, and its key is the same after a crash")
    func sleptThrough() throws {
        var board = try board(volume())
        let due = board.tick(now: minutes(50)).reminders
        #expect(due.map(\.at) == [minutes(45)])
        var restored = RequestBoard(restoring: board.open.map { KeptRequest($0) }, lastNumber: 1)
        #expect(restored.tick(now: minutes(51)).reminders.map(\.key) == due.map(\.key))
        _ = board.reminded(due[0])
        #expect(board.tick(now: minutes(104)).reminders.isEmpty)
    }

    @Test("a postponement moves the reminders and not the deadline")
    func postponed() throws {
        var board = try board(volume(deadline: minutes(90)))
        _ = board.reminded(RequestReminder(request: board.open[0], at: start))
        _ = try board.postpone(1, seconds: 1200, now: minutes(2))
        #expect(board.open[0].reminders.prefix(3) == [minutes(22), minutes(32), minutes(62)])
        #expect(board.open[0].deadline == minutes(90))
        #expect(board.tick(now: minutes(21)).reminders.isEmpty)
        for seconds: Double in [0, -1, 691_200, .nan, .infinity] {
            #expect(throws: Failure.self) { try board.postpone(1, seconds: seconds, now: start) }
        }
    }

    @Test("a claim quiets for ten minutes, binds nobody else's answer, and lapses")
    func claimed() throws {
        var board = try board(volume())
        _ = try board.claim(1, by: ana, now: start)
        #expect(board.open[0].claim == RequestClaim(by: ana, until: minutes(10)))
        let refused = #expect(throws: Failure.self) { try board.claim(1, by: ben, now: minutes(9)) }
        #expect(refused?.message.hasPrefix("ana (tty2) is on the way to request 1") == true)
        #expect(board.tick(now: minutes(9)).reminders.isEmpty)
        let lapsed = board.tick(now: minutes(10))
        #expect(board.open[0].claim == nil && lapsed.kept.count == 1 && lapsed.reminders.count == 1)
        _ = try board.claim(1, by: ben, now: minutes(10))
        _ = try board.answer(1, word: "attached", by: ana, now: minutes(11))
        #expect(board.open.isEmpty)
    }

    @Test("a deadline fails the jobs or waits on without end, once", arguments: DeadlineRule.allCases)
    func deadline(rule: DeadlineRule) throws {
        var draft = volume(deadline: minutes(30))
        draft.atDeadline = rule
        var board = try board(draft)
        #expect(board.tick(now: minutes(29.9)).ended.isEmpty)
        let change = board.tick(now: minutes(30))
        switch rule {
        case .failResumable:
            #expect(change.ended.map(\.state) == [.expired(at: minutes(30))])
            let late = #expect(throws: Failure.self) {
                try board.answer(1, word: "attached", by: ana, now: minutes(31))
            }
            #expect(late?.code == "REQUEST_EXPIRED")
        case .keepWaiting:
            #expect(change.ended.isEmpty && change.kept.map(\.request.deadline) == [nil])
        }
        #expect(board.tick(now: minutes(31)).ended.isEmpty)
    }

    @Test("who leaves is forgotten, and what nobody waits for is withdrawn")
    func left() throws {
        var board = try board(volume("a"), volume("b"))
        #expect(board.leave(job: "a", reason: "cancelled", now: start).ended.isEmpty)
        #expect(board.open.map(\.jobs) == [["b"]])
        let gone = board.leave(job: "b", reason: "cancelled", now: minutes(1))
        #expect(gone.ended.map(\.state) == [.withdrawn(reason: "cancelled", at: minutes(1))])
        #expect(gone.kept.map(\.untaken) == [[]])
        let asked = try board.raise(volume("a"), now: minutes(2))
        #expect(asked.raised.request.number == 2)
    }

    @Test("I12 a clock that was moved moves every time with it")
    func jumped() throws {
        var board = try board(volume(deadline: minutes(30)))
        _ = try board.claim(1, by: ana, now: start)
        let before = board.open[0]
        _ = board.clockJumped(by: 86_400)
        #expect(board.open[0].deadline == before.deadline?.adding(seconds: 86_400))
        #expect(board.open[0].claim?.until == before.claim?.until.adding(seconds: 86_400))
        #expect(board.tick(now: minutes(29).adding(seconds: 86_400)).ended.isEmpty)
    }

    @Test("an end that a job was not told is its answer when it asks again, once and for a day")
    func settled() throws {
        var board = try board(volume("a"), volume("b"))
        _ = try board.answer(1, word: "attached", by: ana, now: minutes(1))
        var restored = RequestBoard(restoring: board.closed, lastNumber: 1)
        let told = try restored.raise(volume("a"), now: minutes(2))
        #expect(told.raised == .settled(board.closed[0].request))
        let other = try restored.raise(volume("c"), now: minutes(2))
        #expect(other.raised.request.number == 2, "c never waited for the first")
        _ = restored.leave(job: "c", reason: "x", now: minutes(2))
        let again = try restored.raise(volume("a"), now: minutes(3))
        #expect(again.raised.request.number == 3, "a was told")
        var old = RequestBoard(restoring: board.closed, lastNumber: 1)
        let late = try old.raise(volume("b"), now: start.adding(seconds: 2 * 86_400))
        #expect(late.raised.request.number == 2)
    }

    @Test("questions are bounded in number and size, and carry no foreign bytes")
    func bounded() throws {
        var board = RequestBoard()
        for number in 0..<RequestBoard.mostOpen { _ = try board.raise(volume(uuid: "\(number)"), now: start) }
        let full = #expect(throws: Failure.self) { try board.raise(volume(uuid: "x"), now: start) }
        #expect(full?.code == "REQUESTS_FULL")
        var hostile = volume()
        hostile.what = "a\u{1b}]0;x\u{7}" + String(repeating: "y", count: 9999)
        hostile.candidates = Array(repeating: "b\\x1b", count: 999)
        hostile.subject = ""
        var other = RequestBoard()
        let request = try other.raise(hostile, now: start).raised.request
        #expect(request.what.hasPrefix("a\\e]0;x\\x07yyy") && request.what.count == 200)
        #expect(request.candidates == Array(repeating: "b\\x1b", count: 16))
        #expect(!request.subject.isEmpty)
    }

    @Test("the kinds have the answers that people expect")
    func kinds() {
        let confirm = Request.confirm(plan: "h", job: "j", what: "w", why: "y", now: start, deadline: nil)
        #expect(confirm.answers.map(\.word) == ["yes", "no"] && confirm.answers[0].isDangerous)
        let choose = Request.choose(
            subject: "s", job: "j", what: "w", why: "y", choices: ["a", "b"], now: start, deadline: minutes(1))
        #expect(choose.answers.map(\.word) == ["1", "2", "cancel"] && choose.atDeadline == .failResumable)
        #expect(Request.usualDeadline(for: .operator, now: start) == nil)
        #expect(Request.usualDeadline(for: .schedule, now: start) == minutes(720))
    }

    @Test(
        "the words of an answer",
        arguments: [
            (["attached"], .answer(request: 3, word: "attached")), (["CLAIM"], .claim(request: 3)),
            (["postpone", "15m"], .postpone(request: 3, seconds: 900)),
            (["postpone", "2h"], .postpone(request: 3, seconds: 7200)),
            (["use", "NX 7"], .answer(request: 3, word: "use NX 7")), (["postpone", "soon"], nil), ([], nil),
            (["postpone", "0m"], nil), (["", "\r"], nil),
        ] as [([String], Intent?)])
    func words(words: [String], intent: Intent?) {
        #expect((try? answerIntent(request: 3, words: words)) == intent)
    }
}

struct Wrong: Error {
    var what: String
    init(_ what: String) { self.what = what }
}
