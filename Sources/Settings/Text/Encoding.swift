/// What is wrong with a text before any grammar looks at it (J9).
struct EncodingProblem: Error, Hashable {
    var offset: Int
    var message: String

    /// UTF-8 with LF line ends, without a byte order mark and without NUL.
    static func first(in bytes: [UInt8]) -> EncodingProblem? {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
            return EncodingProblem(offset: 0, message: "begins with a byte order mark; save it as UTF-8 without one")
        }
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            return EncodingProblem(offset: 0, message: "is UTF-16; save it as UTF-8")
        }
        if let offset = bytes.firstIndex(of: 0) {
            return EncodingProblem(offset: offset, message: "holds a NUL byte")
        }
        if let offset = bytes.firstIndex(of: UInt8(ascii: "\r")) {
            return EncodingProblem(offset: offset, message: "holds a carriage return; save it with LF line ends")
        }
        return firstInvalid(in: bytes).map { EncodingProblem(offset: $0, message: "is not valid UTF-8 here") }
    }

    private static func firstInvalid(in bytes: [UInt8]) -> Int? {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            case .error: return offset
            case .emptyInput: return nil
            }
        }
    }
}
