package import TapeArchive

/// A rule of the contract that a drive or changer broke.
package struct ContractBroken: Error, CustomStringConvertible {
    package var what: String
    package var file: String
    package var line: UInt

    package var description: String { "\(file):\(line): \(what)" }
}

/// Throws `ContractBroken` unless the condition holds.
package func require(
    _ condition: Bool, _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws {
    if !condition { throw ContractBroken(what: what(), file: "\(file)", line: line) }
}

/// Throws `ContractBroken` unless both are equal; says what was found.
package func requireEqual<T: Equatable>(
    _ found: T, _ wanted: T, _ what: String, file: StaticString = #fileID, line: UInt = #line
) throws {
    try require(found == wanted, "\(what): wanted \(wanted), found \(found)", file: file, line: line)
}

/// Throws `ContractBroken` unless the call fails with that kind of fault.
package func requireFault(
    _ kind: TapeFault.Kind, _ what: String, file: StaticString = #fileID, line: UInt = #line,
    _ call: () throws -> Void
) throws {
    do { try call() } catch let fault as TapeFault {
        try require(fault.kind == kind, "\(what): wanted \(kind), found \(fault)", file: file, line: line)
        return
    }
    throw ContractBroken(what: "\(what): wanted \(kind), and it succeeded", file: "\(file)", line: line)
}

/// The cartridge that a case asks for.
package struct BenchCartridge: Hashable, Sendable {
    /// Bytes to the physical end and to early warning; a bench may round them up to what it can make.
    package var capacity: Int64 = 8 << 20
    package var earlyWarning: Int64 = 6 << 20
    package var isWriteProtected = false

    package init(capacity: Int64 = 8 << 20, earlyWarning: Int64 = 6 << 20, isWriteProtected: Bool = false) {
        self.capacity = capacity
        self.earlyWarning = earlyWarning
        self.isWriteProtected = isWriteProtected
    }
}

/// What a case needs of a drive: one with a fresh, blank cartridge in it, and the same opened anew.
package protocol DriveBench {
    /// A drive that is open, ready and at the beginning of a blank cartridge. Drives given before are closed.
    func fresh(_ cartridge: BenchCartridge) throws -> any TapeDrive
    /// Closes the drive and opens it again, the cartridge in it untouched.
    func reopen(_ drive: any TapeDrive) throws -> any TapeDrive
    /// Presses the button of the drive: the cartridge comes out as if by hand.
    func pressButton() throws
    /// Whether a button can be pressed on this bench.
    var hasButton: Bool { get }
}

extension TapeDrive {
    /// Writes a block of `size` bytes that bears `mark`; true unless it met early warning.
    @discardableResult
    package func put(_ mark: UInt64, size: Int = 4096) throws -> Bool {
        try blockBytes(mark, size: size).withUnsafeBytes { bytes in try write(bytes) == .written }
    }

    /// Reads one block, filemark or end with a buffer of `room` bytes.
    package func get(room: Int = 64 << 10) throws -> Found {
        var buffer = [UInt8](repeating: 0, count: room)
        let result = try buffer.withUnsafeMutableBytes { bytes in try read(into: bytes) }
        switch result {
        case .block(let count): return .block(Array(buffer[..<count]))
        case .filemark: return .filemark
        case .endOfData: return .endOfData
        case .tooLarge: return .tooLarge
        }
    }
}

/// What a read found.
package enum Found: Hashable {
    case block([UInt8]), filemark, endOfData, tooLarge

    /// The block that `put` writes with this mark.
    package static func block(_ mark: UInt64, size: Int = 4096) -> Found { .block(blockBytes(mark, size: size)) }
}

/// A block's bytes, told apart by its mark and its size.
package func blockBytes(_ mark: UInt64, size: Int) -> [UInt8] {
    var state = mark &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(size)
    return (0..<size).map { index in
        if index & 7 == 0 { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
        return UInt8(truncatingIfNeeded: state >> (UInt64(index & 7) * 8))
    }
}
