/// One pattern over the bytes of a path.
///
/// `*` any bytes but `/`, `**` any bytes, `?` one byte but `/`, `[a-z]` and `[!a-z]` one byte, `\` takes the next byte
/// as it is. A leading `/` binds it to the source's root, without one it holds at any depth; a `/` at the end means
/// folders only; a `!` in front takes back what an earlier pattern left out.
package struct GlobPattern: Hashable, Sendable {
    package let text: String
    package let isException: Bool
    package let isFoldersOnly: Bool
    private let tokens: [Token]

    private enum Token: Hashable {
        case byte(UInt8)
        case anyByte
        case oneOf([ClosedRange<UInt8>], isNegated: Bool)
        /// `*`
        case anyInName
        /// `**`
        case anything
        /// `**/` and what an unbound pattern begins with: nothing, or bytes up to and with a `/`.
        case anyFolders

        func takes(_ byte: UInt8) -> Bool {
            switch self {
            case .byte(let own): own == byte
            case .anyByte: byte != 47
            case .oneOf(let ranges, let isNegated):
                byte != 47 && ranges.contains { $0.contains(byte) } != isNegated
            case .anyInName, .anything, .anyFolders: false
            }
        }
    }

    /// Nil for nothing between `!`, `/` and `/`, for an open `[`, and for a `\` at the end.
    package init?(_ text: String) {
        self.text = text
        var rest = Array(text.utf8)[...]
        isException = rest.first == UInt8(ascii: "!")
        if isException { rest = rest.dropFirst() }
        let isBound = rest.first == 47
        if isBound { rest = rest.dropFirst() }
        isFoldersOnly = rest.last == 47
        if isFoldersOnly { rest = rest.dropLast() }
        guard !rest.isEmpty, let tokens = Self.compiled(rest) else { return nil }
        self.tokens = isBound || tokens.first == .anyFolders ? tokens : [.anyFolders] + tokens
    }

    private static func compiled(_ text: ArraySlice<UInt8>) -> [Token]? {
        var rest = text
        var out: [Token] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"):
                guard rest.first == UInt8(ascii: "*") else {
                    out.append(.anyInName)
                    continue
                }
                rest = rest.drop { $0 == UInt8(ascii: "*") }
                let startsName = out.isEmpty || out.last == .byte(47) || out.last == .anyFolders
                if startsName, rest.first == 47 {
                    rest = rest.dropFirst()
                    out.append(.anyFolders)
                } else {
                    out.append(.anything)
                }
            case UInt8(ascii: "?"): out.append(.anyByte)
            case UInt8(ascii: "["):
                guard let set = oneOf(&rest) else { return nil }
                out.append(set)
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                out.append(.byte(next))
            default: out.append(.byte(byte))
            }
        }
        return out
    }

    private static func oneOf(_ rest: inout ArraySlice<UInt8>) -> Token? {
        var ranges: [ClosedRange<UInt8>] = []
        let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
        if isNegated { rest = rest.dropFirst() }
        while let low = rest.popFirst() {
            // A bracket that closes nothing yet stands for itself.
            if low == UInt8(ascii: "]"), !ranges.isEmpty { return .oneOf(ranges, isNegated: isNegated) }
            var high = low
            if rest.first == UInt8(ascii: "-"), let end = rest.dropFirst().first, end != UInt8(ascii: "]") {
                rest = rest.dropFirst(2)
                high = end
            }
            guard low <= high else { return nil }
            ranges.append(low...high)
        }
        return nil
    }

    /// Whether a path below the source's root, without a slash at either end, has this form.
    ///
    /// Time grows with the product of both lengths at most: of the stars only the last of each kind is tried again.
    package func matches(_ path: [UInt8], isFolder: Bool) -> Bool {
        guard isFolder || !isFoldersOnly else { return false }
        var at = 0
        var token = 0
        // Where to go on when the bytes after the last `*`, and the last `**`, do not fit.
        var star: (token: Int, at: Int)?
        var deep: (token: Int, at: Int)?
        while true {
            if token < tokens.count {
                switch tokens[token] {
                case .anyInName:
                    token += 1
                    star = (token, at)
                    continue
                case .anything, .anyFolders:
                    token += 1
                    deep = (token, at)
                    star = nil
                    continue
                default:
                    if at < path.count, tokens[token].takes(path[at]) {
                        token += 1
                        at += 1
                        continue
                    }
                }
            } else if at == path.count {
                return true
            }
            if let last = star, last.at < path.count, path[last.at] != 47 {
                star = (last.token, last.at + 1)
                (token, at) = (last.token, last.at + 1)
            } else if let last = deep, let next = deeper(last, path) {
                deep = (last.token, next)
                star = nil
                (token, at) = (last.token, next)
            } else {
                return false
            }
        }
    }

    private func deeper(_ last: (token: Int, at: Int), _ path: [UInt8]) -> Int? {
        guard tokens[last.token - 1] == .anyFolders else { return last.at < path.count ? last.at + 1 : nil }
        return path[last.at...].firstIndex(of: 47).map { $0 + 1 }
    }
}
