/// Which policy decides when a buffer is written to a drive, as the settings and the knobs say it.
package enum FlowRule: Hashable, Sendable {
    /// Feeds the drive as fast as the source gives, inside the drive's range of speeds, so that it need not stop.
    case paced
    /// Bursts whose size follows from the input rate and the cost of a stop, both learnt.
    case adaptive
    /// Holds until the fill reaches `high` percent, then writes at full speed down to `low`. 1 to 100, 0 to below high.
    case watermark(high: Int, low: Int)

    /// Where nothing is set: `paced` needs to know how slow the drive can go.
    package static func standard(rangeIsKnown: Bool) -> FlowRule { rangeIsKnown ? .paced : .adaptive }

    /// Reads `paced`, `adaptive` or `watermark(80, 20)`; spaces are free inside the brackets.
    package init(_ text: String) throws(FlowRuleProblem) {
        switch text {
        case "paced": self = .paced
        case "adaptive": self = .adaptive
        default: self = try FlowRule.watermark(in: text)
        }
    }

    private static func watermark(in text: String) throws(FlowRuleProblem) -> FlowRule {
        let name = "watermark("
        guard text.hasPrefix(name), text.hasSuffix(")"), text.utf8.count <= 40 else { throw .unknown }
        let marks = text.dropFirst(name.count).dropLast().split(separator: ",", omittingEmptySubsequences: false)
            .map { mark($0) }
        guard marks.count == 2, let high = marks[0], let low = marks[1] else { throw .notTwoMarks }
        guard (1...100).contains(high), (0..<high).contains(low) else { throw .wrongMarks }
        return .watermark(high: high, low: low)
    }

    /// Digits only, blanks around them allowed.
    private static func mark(_ text: Substring) -> Int? {
        let digits = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        return Int(String(digits))
    }
}

extension FlowRule: CustomStringConvertible {
    /// The words that `init` reads.
    package var description: String {
        switch self {
        case .paced: "paced"
        case .adaptive: "adaptive"
        case .watermark(let high, let low): "watermark(\(high), \(low))"
        }
    }
}

extension FlowRule: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do throws(FlowRuleProblem) {
            try self.init(text)
        } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: error.message))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Why words are no flow rule.
package enum FlowRuleProblem: Error, Hashable, Sendable {
    case unknown, notTwoMarks, wrongMarks

    /// What follows the key's name in a message.
    package var message: String {
        switch self {
        case .unknown: "is no policy; write paced, adaptive or watermark(80, 20)"
        case .notTwoMarks: "must have two marks in whole percent, for instance watermark(80, 20)"
        case .wrongMarks: "must have a high mark of 1 to 100 and a low mark below it, for instance watermark(80, 20)"
        }
    }
}
