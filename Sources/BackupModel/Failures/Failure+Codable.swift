/// As the compiler would write it, but for `subject`, which is foreign bytes.
extension Failure {
    private enum Keys: String, CodingKey {
        case code, side, message, subject, errno, operation, hint, isTransient
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        self.init(
            code: try values.decode(String.self, forKey: .code), side: try values.decode(Side.self, forKey: .side),
            message: try values.decode(String.self, forKey: .message),
            subject: try values.decode(ForeignBytes.self, forKey: .subject).bytes,
            errno: try values.decode(Int32.self, forKey: .errno),
            operation: try values.decode(String.self, forKey: .operation),
            hint: try values.decode(String.self, forKey: .hint),
            isTransient: try values.decode(Bool.self, forKey: .isTransient))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Keys.self)
        try values.encode(code, forKey: .code)
        try values.encode(side, forKey: .side)
        try values.encode(message, forKey: .message)
        try values.encode(ForeignBytes(subject), forKey: .subject)
        try values.encode(errno, forKey: .errno)
        try values.encode(operation, forKey: .operation)
        try values.encode(hint, forKey: .hint)
        try values.encode(isTransient, forKey: .isTransient)
    }
}
