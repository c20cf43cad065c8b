import BackupModel
import Glibc
import WorkerKit

extension DriveSession {
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(TapeFault) -> BlockWritten {
        let rules = try prepare(.write)
        guard (1...IndexLog.largestBlock).contains(bytes.count) else {
            throw TapeFault(.system, operation: "write", detail: "a block has 1 byte to 16 MiB", errno: EINVAL)
        }
        try requireWritable("write")
        if warning == .due {
            warning = .told
            return .earlyWarning
        }
        try requireRoom("write", Int64(bytes.count))
        if strike(rules, .hardError) {
            health.hardWriteErrors += 1
            raise(6)
            throw Self.writeError("write")
        }
        countSoftErrors(rules, \.softWriteErrors)
        if strike(rules, .claimedOnly) {
            claimed += 1
        } else {
            if strike(rules, .lateError), lateError == nil { lateError = block }
            let isCorrupting = strike(rules, .silentCorruption)
            try put("write") { tape throws(FileError) in try tape.append(bytes, corrupting: isCorrupting) }
            block += 1
        }
        isWriting = true
        try wrote(bytes.count)
        return .written
    }

    mutating func writeFilemarks(_ count: Int, immediate: Bool) throws(TapeFault) {
        let words = "write filemarks"
        let rules = try prepare(.filemark)
        try requireWritable(words)
        guard count >= 0 else { throw TapeFault(.system, operation: words, detail: "a negative count", errno: EINVAL) }
        if strike(rules, .hardError) {
            health.hardWriteErrors += 1
            raise(6)
            throw Self.writeError(words)
        }
        if count > 0 {
            try requireRoom(words, Int64(count * TapeLayout.filemarkBytes) - TapeLayout.filemarkReserve)
            try put(words) { tape throws(FileError) in try tape.appendFilemarks(count) }
            block += Int64(count)
            if warning == .none, isNearEnd { warning = .due }
        }
        isWriting = false
        if !immediate { try synchronise(words) }
    }

    mutating func erase(long: Bool) throws(TapeFault) {
        _ = try prepare(.erase)
        try requireWritable("erase")
        try put("erase") { _ throws(FileError) in }
        isWriting = false
        try synchronise("erase")
        if long { wait(model.wind * Double(model.wraps)) }
    }

    /// Before the tape moves back: the driver ends what was written with a filemark. True when it wrote one.
    @discardableResult
    mutating func finishWriting(withFilemark: Bool) throws(TapeFault) -> Bool {
        guard isWriting else { return false }
        isWriting = false
        guard withFilemark else { return false }
        try writeFilemarks(1, immediate: false)
        return true
    }

    var isNearEnd: Bool {
        cartridge.map { $0.layout.usedBytes(before: block) > $0.medium.earlyWarning } ?? false
    }

    func strike(_ rules: [TapeFaultRule], _ effect: TapeFaultRule.Effect) -> Bool {
        rules.contains { $0.effect == effect }
    }

    mutating func countSoftErrors(_ rules: [TapeFaultRule], _ counter: WritableKeyPath<DriveHealth, Int64>) {
        let count = rules.filter { $0.effect == .softError }.reduce(0) { $0 + max(0, $1.amount) }
        health[keyPath: counter] += Int64(count)
        cartridge?.medium.lifetimeSoftErrors += Int64(count)
    }

    private mutating func requireWritable(_ words: String) throws(TapeFault) {
        try requireTape(words)
        guard let tape = cartridge else { return }
        if tape.medium.isWriteProtected { throw Self.protected(words) }
        if model.generation.fit(tape.medium.generation) != .writes {
            throw TapeFault(
                .incompatibleMedium, operation: words,
                detail: "\(tape.medium.generation.rawValue) is read only in this drive", errno: EACCES,
                sense: SenseData(key: 7, code: 0x30, qualifier: 5))
        }
        if tape.medium.isWORM && block < tape.layout.end {
            throw TapeFault(
                .writeProtected, operation: words, detail: "a WORM cartridge is only appended to", errno: EACCES,
                sense: SenseData(key: 7, code: 0x30, qualifier: 0x0c))
        }
    }

    private func requireRoom(_ words: String, _ bytes: Int64) throws(TapeFault) {
        guard let tape = cartridge, tape.layout.usedBytes(before: block) + bytes > tape.medium.capacity else { return }
        throw TapeFault(
            .endOfMedium, operation: words, detail: "the physical end of the tape", errno: ENOSPC,
            sense: SenseData(key: 0x0d, code: 0, qualifier: 2))
    }

    /// Writes here; what stood here and behind is gone first.
    private mutating func put(
        _ words: String, _ body: (inout Cartridge) throws(FileError) -> Void
    ) throws(TapeFault) {
        guard var tape = cartridge else { return }
        cartridge = nil
        defer { cartridge = tape }
        let block = block
        try asFault(words) { () throws(FileError) in
            try tape.cut(at: block)
            try body(&tape)
        }
    }

    private mutating func wrote(_ bytes: Int) throws(TapeFault) {
        health.bytesWritten += Int64(bytes)
        health.bytesOnMedium += Int64(bytes)
        cartridge?.medium.lifetimeBytesWritten += Int64(bytes)
        if warning == .none, isNearEnd { warning = .due }
        if let now = library.clock.now() { library.clock.wait(streaming.take(bytes, at: now)) }
        // The buffer holds no more: the rest is on the medium.
        if lateError == nil, let tape = cartridge, tape.unsyncedBytes > model.buffer {
            try syncTape("write")
        }
    }

    /// Everything in the drive's buffer goes to the medium, and what failed there is told now (F4).
    private mutating func synchronise(_ words: String) throws(TapeFault) {
        if let now = library.clock.now() { library.clock.wait(streaming.drain(at: now)) }
        if let failed = lateError {
            lateError = nil
            block = min(failed, block)
            try put(words) { tape throws(FileError) in try tape.sync() }
            health.hardWriteErrors += 1
            raise(6)
            throw Self.writeError(words)
        }
        try syncTape(words)
    }

    private mutating func syncTape(_ words: String) throws(TapeFault) {
        guard var tape = cartridge else { return }
        cartridge = nil
        defer { cartridge = tape }
        try asFault(words) { () throws(FileError) in try tape.sync() }
    }

    private static func writeError(_ words: String) -> TapeFault {
        TapeFault(
            .mediumError, operation: words, detail: "write error", errno: EIO,
            sense: SenseData(key: 3, code: 0x0c, qualifier: 0))
    }
}
