import BackupModel
import Glibc
import WorkerKit

extension DriveSession {
    mutating func load() throws(TapeFault) {
        _ = try prepare(.load)
        isChanged = false
        if place.barcode != nil && place.isEjected {
            let now = library.clock.now()
            try changePlace {
                $0.isEjected = false
                $0.changes += 1
                $0.loadedAt = now
            }
            try takeIn(counting: true)
        }
        wait(secondsToReady)
        try requireTape("load", positioned: false)
        isLost = false
        try wind(to: 0, knowsFile: true)
    }

    mutating func rewind() throws(TapeFault) {
        _ = try prepare(.rewind)
        isChanged = false
        try requireTape("rewind", positioned: false)
        try finishWriting(withFilemark: true)
        isLost = false
        try wind(to: 0, knowsFile: true)
    }

    mutating func eject() throws(TapeFault) {
        _ = try prepare(.eject)
        isChanged = false
        try requireTape("eject", positioned: false)
        try finishWriting(withFilemark: true)
        if place.isLocked { try lockDoor(false) }
        try wind(to: 0, knowsFile: true)
        wait(model.unload)
        try letGo()
    }

    mutating func locate(_ target: Int64) throws(TapeFault) {
        let rules = try prepare(.locate)
        try requireTape("locate", positioned: false)
        guard target >= 0 else {
            throw TapeFault(.system, operation: "locate", detail: "a negative block", errno: EINVAL)
        }
        try finishWriting(withFilemark: true)
        if strike(rules, .hardError) {
            isLost = true
            throw Self.seekError("locate")
        }
        isLost = false
        let end = cartridge?.layout.end ?? 0
        try wind(to: min(target, end), knowsFile: target == 0)
        if target > end { throw Self.endOfData("locate") }
    }

    mutating func spaceFilemarks(_ count: Int) throws(TapeFault) {
        try prepareToSpace()
        var count = count
        if count < 0, try finishWriting(withFilemark: true) { count -= 1 }
        try finishWriting(withFilemark: false)
        guard let layout = cartridge?.layout else { return }
        var here = block
        for _ in 0..<abs(count) {
            if count > 0 {
                guard let mark = layout.nextFilemark(from: here) else {
                    try wind(to: layout.end, knowsFile: knowsFile)
                    throw Self.endOfData("space")
                }
                here = mark + 1
            } else {
                guard let mark = layout.lastFilemark(before: here) else {
                    try wind(to: 0, knowsFile: true)
                    throw Self.beginning("space")
                }
                here = mark
            }
        }
        try wind(to: here, knowsFile: knowsFile)
    }

    mutating func spaceBlocks(_ count: Int) throws(TapeFault) {
        try prepareToSpace()
        try finishWriting(withFilemark: false)
        guard let layout = cartridge?.layout else { return }
        if count > 0 {
            let mark = layout.nextFilemark(from: block) ?? layout.end
            let target = block + Int64(count)
            if target <= mark { return try wind(to: target, knowsFile: knowsFile) }
            let isMark = layout.item(at: mark) == .filemark
            try wind(to: isMark ? mark + 1 : mark, knowsFile: knowsFile)
            throw isMark ? Self.filemark("space") : Self.endOfData("space")
        }
        let mark = layout.lastFilemark(before: block)
        let target = block + Int64(count)
        if target > mark ?? -1 { return try wind(to: target, knowsFile: knowsFile) }
        try wind(to: mark ?? 0, knowsFile: knowsFile)
        throw mark == nil ? Self.beginning("space") : Self.filemark("space")
    }

    mutating func toEndOfData() throws(TapeFault) {
        try prepareToSpace()
        try finishWriting(withFilemark: false)
        try wind(to: cartridge?.layout.end ?? 0, knowsFile: knowsFile)
    }

    mutating func retension() throws(TapeFault) {
        try prepareToSpace()
        try finishWriting(withFilemark: true)
        wait(2 * model.wind)
        try wind(to: 0, knowsFile: true)
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TapeFault) -> BlockRead {
        let rules = try prepare(.read)
        try requireTape("read")
        try finishWriting(withFilemark: false)
        (claimed, warning) = (0, .none)
        countSoftErrors(rules, \.softReadErrors)
        guard let tape = cartridge else { return .endOfData }
        switch tape.layout.item(at: block) {
        case .endOfData: return .endOfData
        case .filemark:
            block += 1
            return .filemark
        case .block(let file, let offset, let size):
            block += 1
            takeTime(reading: size)
            if strike(rules, .hardError) { throw readError() }
            if size > buffer.count { return .tooLarge }
            let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
            guard try readBytes(file, offset, bytes) == size else { throw readError() }
            return .block(bytes: size)
        }
    }

    private mutating func readBytes(
        _ file: Int, _ offset: Int64, _ bytes: UnsafeMutableRawBufferPointer
    ) throws(TapeFault) -> Int {
        guard var tape = cartridge else { return 0 }
        defer { cartridge = tape }
        return try asFault("read") { () throws(FileError) in
            try tape.readData(file: file, offset: offset, into: bytes)
        }
    }

    private mutating func readError() -> TapeFault {
        health.hardReadErrors += 1
        raise(5)
        return TapeFault(
            .mediumError, operation: "read", detail: "unrecovered read error", errno: EIO,
            sense: SenseData(key: 3, code: 0x11, qualifier: 0))
    }

    private mutating func takeTime(reading bytes: Int) {
        guard let now = library.clock.now() else { return }
        readyForRead = max(readyForRead, now) + Double(bytes) / (model.speeds.last ?? 1)
        library.clock.wait(readyForRead)
    }

    private mutating func prepareToSpace() throws(TapeFault) {
        let rules = try prepare(.space)
        try requireTape("space")
        if strike(rules, .hardError) {
            isLost = true
            throw Self.seekError("space")
        }
    }

    /// Winds, and takes the time for it.
    private mutating func wind(to target: Int64, knowsFile: Bool) throws(TapeFault) {
        if let now = library.clock.now(), let tape = cartridge, tape.medium.capacity > 0 {
            let drained = streaming.drain(at: now)
            let whole = Double(tape.medium.capacity)
            let from = Double(tape.layout.usedBytes(before: block)) / whole
            let to = Double(tape.layout.usedBytes(before: target)) / whole
            let done = drained + model.seconds(from: from, to: to)
            library.clock.wait(done)
            streaming.wound(at: done)
        }
        block = target
        self.knowsFile = knowsFile
        (claimed, warning, isWriting) = (0, .none, false)
    }

    private static func endOfData(_ words: String) -> TapeFault {
        TapeFault(
            .endOfData, operation: words, detail: "end of data", errno: EIO,
            sense: SenseData(key: 8, code: 0, qualifier: 5))
    }
    private static func beginning(_ words: String) -> TapeFault {
        TapeFault(
            .beginningOfTape, operation: words, detail: "beginning of the tape", errno: EIO,
            sense: SenseData(key: 0, code: 0, qualifier: 4))
    }
    private static func filemark(_ words: String) -> TapeFault {
        TapeFault(
            .filemark, operation: words, detail: "a filemark", errno: EIO,
            sense: SenseData(key: 0, code: 0, qualifier: 1))
    }
    private static func seekError(_ words: String) -> TapeFault {
        TapeFault(
            .mediumError, operation: words, detail: "positioning error", errno: EIO,
            sense: SenseData(key: 3, code: 0x15, qualifier: 2))
    }
}
