package import BackupModel
import Glibc
package import WorkerKit

/// The folder `answers/`, for people who have only a file share: a file named by a request's number whose first line
/// is what they would give to `holdfast answer N`. It ends as `N.done` or `N.refused` with the result inside.
///
/// Only plain files of the engine's user or root that not everybody may write are believed. Each file is one order
/// with an id of its own, so a crash between answer and renaming does nothing twice.
package actor AnswersFolder {
    private nonisolated let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let path: String
    private let files: any FileCalls
    private let time: SystemTime
    private let send: @Sendable (Order) async -> IntentResult
    private let onTrouble: @Sendable (Failure) async -> Void
    private var clock: Task<Void, Never>?
    /// What was told already, so that the same trouble is not told every second.
    private var told: Set<String> = []
    /// When results were last tidied; the clock may go back.
    private var tidiedAt: WallTime?

    /// Makes the folder with mode 0700 when it is missing. `send` carries orders out; `onTrouble` is told once of each
    /// thing that nobody can be told in a file.
    package init(
        path: String, files: any FileCalls, time: SystemTime,
        send: @escaping @Sendable (Order) async -> IntentResult,
        onTrouble: @escaping @Sendable (Failure) async -> Void
    ) throws(Failure) {
        do throws(ThreadError) { executor = try ThreadExecutor(name: "answers") } catch { throw .noThread(error) }
        self.path = path
        self.files = files
        self.time = time
        self.send = send
        self.onTrouble = onTrouble
    }

    /// Looks every two seconds.
    package func start() {
        guard clock == nil else { return }
        clock = Task { [weak self] in
            while !Task.isCancelled, let self {
                await self.look()
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    package func close() async {
        clock?.cancel()
        await clock?.value
        clock = nil
    }

    /// Carries out what lies there now.
    package func look() async {
        let folder: Descriptor
        do throws(FileError) { folder = try openFolder() } catch {
            await tell(error.failure, about: "folder")
            return
        }
        defer { try? files.close(folder) }
        do throws(Failure) { try checkFolder(folder) } catch {
            await tell(error, about: "folder")
            return
        }
        for name in numbered(in: folder) { await carryOut(name, in: folder) }
        tidy(folder)
    }

    /// Removes results that everybody has had time to read; once an hour, for it lists the folder.
    private func tidy(_ folder: Descriptor) {
        let now = time.wall()
        if let tidiedAt, (0..<3600).contains(now.seconds(since: tidiedAt)) { return }
        tidiedAt = now
        var old: [PathBytes] = []
        try? files.list(folder) { entry throws(FileError) in
            guard isResult(entry.name.bytes) else { return }
            let status = try files.status(at: entry.name, beneath: folder)
            let written = WallTime(milliseconds: status.modified.nanoseconds / 1_000_000)
            if status.kind == .file, now.seconds(since: written) > AnswersFolder.kept { old.append(entry.name) }
        }
        for name in old { try? files.unlink(name, in: folder) }
    }

    /// Seconds for which `N.done` and `N.refused` stay: 30 days.
    private static let kept = 30 * 86_400.0

    // MARK: One file

    private func carryOut(_ number: Int, in folder: Descriptor) async {
        let found: AnswerFile
        do throws(Failure) {
            guard let file = try AnswerFile.read(number, in: folder, files: files, now: time.wall()) else { return }
            found = file
        } catch {
            await finish(number, in: folder, id: nil, said: "", .refused(error))
            return
        }
        let result: IntentResult
        do throws(Failure) {
            let intent = try answerIntent(request: number, words: try found.words(for: number))
            let person = Person(user: userName(found.owner), uid: found.owner, via: "file")
            result = await send(Order(id: found.orderID(number), intent: intent, by: person))
        } catch { result = .refused(error) }
        await finish(number, in: folder, id: found.inode, said: found.firstLine, result)
    }

    /// Writes the result beside the file and takes the file away, unless somebody has put another in its place.
    private func finish(
        _ number: Int, in folder: Descriptor, id inode: UInt64?, said: String, _ result: IntentResult
    ) async {
        let name = PathBytes("\(number)")
        do throws(FileError) {
            let now = try files.status(at: name, beneath: folder)
            guard now.kind != .directory else {
                await tell(Failure.notAFile(number), about: "\(number)")
                return
            }
            let isDone = if case .accepted = result { true } else { false }
            let draft = PathBytes(".\(number).draft")
            try? files.unlink(draft, in: folder)
            try files.withFile(draft, beneath: folder, .create(mode: 0o640)) { file throws(FileError) in
                try files.writeAll(Array(report(said: said, result).utf8), to: file)
                try files.sync(file)
            }
            try files.replace(draft, to: PathBytes("\(number)." + (isDone ? "done" : "refused")), in: folder)
            if inode == nil || now.inode == inode { try files.unlink(name, in: folder) }
            try files.sync(folder)
            told.remove("\(number)")
        } catch {
            await tell(error.failure, about: "\(number)")
        }
    }

    private func report(said: String, _ result: IntentResult) -> String {
        let words =
            switch result {
            case .accepted(let words): "done: " + words
            case .refused(let failure):
                "refused: \(failure.message)" + (failure.hint.isEmpty ? "" : "\n\(failure.hint)")
            }
        return "\(said.tidied(200))\n\(time.wall().iso8601()) \(words)\n"
    }

    // MARK: The folder

    private func openFolder() throws(FileError) -> Descriptor {
        do throws(FileError) { return try files.openRoot(PathBytes(path)) } catch {
            guard error.errno == ENOENT, let slash = path.lastIndex(of: "/") else { throw error }
            let parent = try files.openRoot(PathBytes(String(path[..<slash])))
            defer { try? files.close(parent) }
            let name = PathBytes(String(path[path.index(after: slash)...]))
            try files.makeDirectory(name, beneath: parent, mode: 0o700)
            return try files.openRoot(PathBytes(path))
        }
    }

    /// In a folder that everybody may write, a file of ours could be put under another number.
    private func checkFolder(_ folder: Descriptor) throws(Failure) {
        var status = Glibc.stat()
        guard fstat(folder.raw, &status) == 0, status.st_mode & S_IWOTH == 0,
            status.st_uid == geteuid() || status.st_uid == 0
        else {
            throw Failure(
                code: "ANSWERS_FOLDER_OPEN", side: .engine,
                message: "the folder for answers belongs to somebody else, or everybody may write to it",
                subject: Array(path.utf8), hint: "Take the right to write from others: chmod o-w.")
        }
    }

    /// At most 64 numbers; the rest waits for the next look.
    private func numbered(in folder: Descriptor) -> [Int] {
        var found: [Int] = []
        try? files.list(folder) { entry in
            guard found.count < 64, let number = requestNumber(entry.name.bytes) else { return }
            found.append(number)
        }
        return found.sorted()
    }

    private func tell(_ failure: Failure, about key: String) async {
        guard told.count < 1000, told.insert("\(key) \(failure.code)").inserted else { return }
        await onTrouble(failure)
    }
}

/// `N.done` or `N.refused`: what this program wrote itself.
private func isResult(_ name: [UInt8]) -> Bool {
    guard let dot = name.firstIndex(of: 0x2e), requestNumber(Array(name[..<dot])) != nil else { return false }
    return [Array(".done".utf8), Array(".refused".utf8)].contains(Array(name[dot...]))
}

/// A name that is a request's number and nothing else: digits without a leading zero.
func requestNumber(_ name: [UInt8]) -> Int? {
    guard (1...9).contains(name.count), name[0] != 0x30, name.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
    }
    return Int(String(decoding: name, as: UTF8.self))
}

/// The user's name as the system has it, or the number. Asks the system, so it may block.
private func userName(_ uid: UInt32) -> String {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
        guard let space = buffer.baseAddress, getpwuid_r(uid, &entry, space, 4096, &found) == 0, found != nil,
            let name = entry.pw_name
        else { return "\(uid)" }
        return String(cString: name)
    }
}

extension Failure {
    fileprivate static func notAFile(_ number: Int) -> Failure {
        Failure(
            code: "ANSWER_NOT_A_FILE", side: .engine, message: "a folder is named \(number) among the answers",
            hint: "Take it away.")
    }
}
