import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import BackupEngine

/// A folder for answers with the orders that came out of it.
private final class Answers: Sendable {
    let path = NSTemporaryDirectory() + "holdfast-answers-" + UUID().uuidString
    let orders = Mutex<[Order]>([])
    let troubles = Mutex<[String]>([])
    let refuse: Bool

    init(refuse: Bool = false) throws {
        self.refuse = refuse
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var folder: String { path + "/answers" }

    func open() throws -> AnswersFolder {
        try AnswersFolder(
            path: folder, files: LinuxFiles(side: .engine), time: .live,
            send: { order in
                self.orders.withLock { $0.append(order) }
                return self.refuse ? .refused(.unknown(1)) : .accepted("request answered")
            }, onTrouble: { failure in self.troubles.withLock { $0.append(failure.code) } })
    }

    func put(_ text: String, _ name: String = "17", mode: Int = 0o644) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        _ = FileManager.default.createFile(
            atPath: folder + "/" + name, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
    }

    func text(_ name: String) -> String? { try? String(contentsOfFile: folder + "/" + name, encoding: .utf8) }
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
    var intents: [Intent] { orders.withLock { $0.map(\.intent) } }
}

@Suite struct AnswersFolderTests {
    @Test(
        "the first line is the answer",
        arguments: [
            ("attached\n", .answer(request: 17, word: "attached")),
            ("attached\r\nsecond line\n", .answer(request: 17, word: "attached")),
            ("holdfast answer 17 postpone 15m\n", .postpone(request: 17, seconds: 900)),
            ("answer 17 claim\n", .claim(request: 17)),
        ] as [(String, Intent)])
    func answered(text: String, intent: Intent) async throws {
        let answers = try Answers()
        try answers.put(text)
        let folder = try answers.open()
        await folder.look()
        await folder.look()
        #expect(answers.intents == [intent])
        #expect(answers.orders.withLock { $0[0].by.via } == "file")
        #expect(answers.names == ["17.done"])
        #expect(answers.text("17.done")?.contains("done: request answered") == true)
    }

    @Test("results go after 30 days, and nothing else does")
    func tidied() async throws {
        let answers = try Answers()
        let old = ["1.done", "2.refused", "0.done", "x.done", "3.done.txt", "4"]
        for name in old + ["5.done"] { try answers.put("word\n", name) }
        for (name, days) in old.map({ ($0, 31.0) }) + [("5.done", 29)] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)],
                ofItemAtPath: answers.folder + "/" + name)
        }
        let folder = try answers.open()
        await folder.look()
        #expect(answers.names == ["0.done", "3.done.txt", "4.done", "5.done", "x.done"])
    }

    @Test("what the engine refuses says why, and a corrected file is a new order")
    func refused() async throws {
        let answers = try Answers(refuse: true)
        let folder = try answers.open()
        for text in ["no\n", "nonono\n"] {
            try answers.put(text)
            await folder.look()
        }
        #expect(answers.names == ["17.refused"])
        #expect(answers.text("17.refused")?.contains("refused: there is no request 1") == true)
        #expect(Set(answers.orders.withLock { $0.map(\.id) }).count == 2)
        #expect(answers.orders.withLock { $0.allSatisfy { $0.id.utf8.count <= 64 } })
    }

    @Test("a file is one order with one id, however often it is read before it is renamed")
    func oneOrder() async throws {
        let answers = try Answers()
        try answers.put("attached\n")
        let before = try AnswerFile.read(
            17, in: try LinuxFiles(side: .engine).openRoot(PathBytes(answers.folder)),
            files: LinuxFiles(side: .engine), now: SystemTime.live.wall())
        await (try answers.open()).look()
        #expect(answers.orders.withLock { $0.map(\.id) } == [before?.orderID(17)])
    }

    @Test("hostile content reaches no terminal and no report raw")
    func hostile() async throws {
        let answers = try Answers()
        try answers.put("\u{1b}]0;x\u{7}\u{202e}att\u{0}ached\n")
        let folder = try answers.open()
        await folder.look()
        let report = try #require(answers.text("17.done"))
        #expect(!report.utf8.contains(0x1b) && !report.utf8.contains(0) && !report.contains("\u{202e}"))
    }

    @Test("a file that somebody is still writing waits; one left without a line end is taken after two seconds")
    func beingWritten() async throws {
        let answers = try Answers()
        try answers.put("atta")
        let folder = try answers.open()
        await folder.look()
        #expect(answers.intents.isEmpty && answers.names == ["17"])
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -5)], ofItemAtPath: answers.folder + "/17")
        await folder.look()
        #expect(answers.intents == [.answer(request: 17, word: "atta")])
    }

    @Test("files that are not believed: nothing is sent, the reason is beside them", arguments: Disguise.allCases)
    func notBelieved(disguise: Disguise) async throws {
        let answers = try Answers()
        try answers.put("attached\n", disguise == .worldWritable ? "17" : "elsewhere")
        let (there, file) = (answers.folder + "/elsewhere", answers.folder + "/17")
        switch disguise {
        case .worldWritable: chmod(file, 0o666)
        case .symbolicLink: symlink(there, file)
        case .hardLink: link(there, file)
        case .pipe: mkfifo(file, 0o600)
        case .large: try answers.put("attached\n" + String(repeating: "x", count: 4096))
        case .otherNumber: try answers.put("holdfast answer 18 attached\n")
        case .empty:
            try answers.put("\n")
        case .stranger:
            try answers.put("attached\n")
            try #require(chown(file, 12345, 12345) == 0 || geteuid() != 0)
            if geteuid() != 0 { return }
        }
        let folder = try answers.open()
        await folder.look()
        await folder.look()
        #expect(answers.intents.isEmpty)
        #expect(answers.names.contains("17.refused") && !answers.names.contains("17"))
        #expect(answers.text("17.refused")?.contains("refused: ") == true)
    }

    enum Disguise: CaseIterable {
        case worldWritable, symbolicLink, hardLink, pipe, large, otherNumber, empty, stranger
    }

    @Test("a folder that everybody may write is not believed at all, and that is told once")
    func openFolder() async throws {
        let answers = try Answers()
        try answers.put("attached\n")
        chmod(answers.folder, 0o777)
        let folder = try answers.open()
        for _ in 0..<3 { await folder.look() }
        #expect(answers.intents.isEmpty && answers.names == ["17"])
        #expect(answers.troubles.withLock { $0 } == ["ANSWERS_FOLDER_OPEN"])
    }

    @Test("only numbers are answers", arguments: ["017", "17.done", ".17", "1e3", "-1", "9999999999", "17 ", "x"])
    func names(name: String) async throws {
        let answers = try Answers()
        try answers.put("attached\n", name)
        let folder = try answers.open()
        await folder.look()
        #expect(answers.intents.isEmpty && answers.names == [name])
    }

    @Test("a folder named by a number is told once and stays")
    func directory() async throws {
        let answers = try Answers()
        try FileManager.default.createDirectory(
            atPath: answers.folder + "/17", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        chmod(answers.folder, 0o700)
        let folder = try answers.open()
        for _ in 0..<3 { await folder.look() }
        #expect(answers.names == ["17"] && answers.troubles.withLock { $0.count } == 1)
    }
}
