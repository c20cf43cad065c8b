/// What a person does with a drive that nothing else uses: the tape is moved, nothing is written to it.
package enum TapeMotion: Hashable, Codable, Sendable {
    /// To the logical block of that number.
    case block(Int64)
    /// To the first block of that tape file.
    case file(Int)
    /// Over that many filemarks, forward to behind the last, back to before it.
    case filemarks(Int)
    case endOfData
    /// From where the tape stands to the next filemark into a new file of the engine's machine.
    case read(into: String)
}

/// What a person wants to know of the tape in a drive that nothing else uses, a line each.
package enum TapeLook: Hashable, Codable, Sendable {
    case position
    /// The label as it lies on the tape, its readable part with it. Winds to the beginning.
    case label
    /// The names in the tape file where the tape stands, or in the one of that number.
    case names(file: Int?)
}
