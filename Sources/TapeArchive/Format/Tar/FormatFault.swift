/// Why bytes cannot be written in, or read as, our formats.
package enum FormatFault: Error, Hashable, Sendable {
    /// A name that tar cannot restore: empty, with a zero byte, absolute, or with `..` in it.
    case badName([UInt8])
    /// A value out of its range, for instance a negative size.
    case badEntry(name: [UInt8], reason: String)
    /// The file's data was begun or ended out of turn: a mistake of the caller.
    case outOfTurn(String)
    /// The bytes are not what they should be; where, and in what way.
    case malformed(String, offset: Int64)
    /// A part of another set, or not the next of this one (F28).
    case wrongPart(wanted: String, found: String)
    /// Decryption: a wrong key, a changed, missing or exchanged frame, a missing end.
    case notAuthentic(String)
    case badKey(String)
    /// Compression or encryption could not be done here.
    case unavailable(String)
}
