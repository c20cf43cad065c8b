import BackupModel
import TapeArchive
import TapeContract

/// A tape as a list, so simple that it cannot be wrong: what the virtual drive is compared with.
struct SimpleTape {
    enum Item: Hashable {
        case block([UInt8])
        case mark

        var bytes: Int {
            switch self {
            case .block(let bytes): bytes.count
            case .mark: 512
            }
        }
    }

    var items: [Item] = []
    var here = 0
    /// Items that a power cut leaves.
    var durable = 0
    var isWriting = false
    /// 0: not near; 1: to be told; 2: told.
    var warning = 0
    let capacity: Int
    let earlyWarning: Int

    private var used: Int { items[..<here].reduce(0) { $0 + $1.bytes } }

    mutating func write(_ bytes: [UInt8]) -> Result<BlockWritten, SimpleFault> {
        if warning == 1 {
            warning = 2
            return .success(.earlyWarning)
        }
        if used + bytes.count > capacity { return .failure(.kind(.endOfMedium)) }
        add(.block(bytes))
        isWriting = true
        return .success(.written)
    }

    mutating func mark(_ count: Int, immediate: Bool) -> TapeFault.Kind? {
        if used + count * 512 > capacity + 32_768 { return .endOfMedium }
        for _ in 0..<count { add(.mark) }
        isWriting = false
        if !immediate { durable = items.count }
        return nil
    }

    private mutating func add(_ item: Item) {
        items = Array(items[..<here]) + [item]
        durable = min(durable, here)
        here += 1
        if warning == 0, used > earlyWarning { warning = 1 }
    }

    /// What the driver does before the tape moves: true when a filemark was written.
    mutating func finish(_ withMark: Bool) -> Result<Bool, SimpleFault> {
        guard isWriting else { return .success(false) }
        isWriting = false
        guard withMark else { return .success(false) }
        if let fault = mark(1, immediate: false) { return .failure(.kind(fault)) }
        return .success(true)
    }

    mutating func go(_ target: Int) {
        here = target
        (warning, isWriting) = (0, false)
    }

    mutating func locate(_ target: Int) -> TapeFault.Kind? {
        if case .failure(.kind(let fault)) = finish(true) { return fault }
        go(min(target, items.count))
        return target > items.count ? .endOfData : nil
    }

    mutating func files(_ count: Int) -> TapeFault.Kind? {
        var count = count
        switch finish(count < 0) {
        case .failure(.kind(let fault)): return fault
        case .success(let hasMark): if hasMark { count -= 1 }
        }
        var place = here
        for _ in 0..<abs(count) {
            if count > 0 {
                while place < items.count, items[place] != .mark { place += 1 }
                if place == items.count {
                    go(place)
                    return .endOfData
                }
                place += 1
            } else {
                repeat { place -= 1 } while place >= 0 && items[place] != .mark
                if place < 0 {
                    go(0)
                    return .beginningOfTape
                }
            }
        }
        go(place)
        return nil
    }

    mutating func blocks(_ count: Int) -> TapeFault.Kind? {
        _ = finish(false)
        var place = here
        for _ in 0..<abs(count) {
            let next = count > 0 ? place : place - 1
            guard items.indices.contains(next) else {
                go(place)
                return count > 0 ? .endOfData : .beginningOfTape
            }
            place += count > 0 ? 1 : -1
            if items[next] == .mark {
                go(place)
                return .filemark
            }
        }
        go(place)
        return nil
    }

    mutating func read(room: Int) -> Found {
        _ = finish(false)
        warning = 0
        guard here < items.count else { return .endOfData }
        here += 1
        switch items[here - 1] {
        case .mark: return .filemark
        case .block(let bytes): return bytes.count > room ? .tooLarge : .block(bytes)
        }
    }

    mutating func erase() {
        items = Array(items[..<here])
        durable = here
        isWriting = false
    }

    mutating func reopen() {
        _ = finish(true)
        warning = 0
        // By the time the drive is opened again it has written out its buffer.
        durable = items.count
    }

    mutating func cutPower() {
        items = Array(items[..<max(durable, 0)])
        go(min(here, items.count))
    }
}

enum SimpleFault: Error, Hashable {
    case kind(TapeFault.Kind)
}
