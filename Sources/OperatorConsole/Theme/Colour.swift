/// Red, green and blue, 0 to 255 each.
package struct RGB: Hashable, Sendable {
    package var red: Int
    package var green: Int
    package var blue: Int

    package init(_ red: Int, _ green: Int, _ blue: Int) {
        self.red = min(max(0, red), 255)
        self.green = min(max(0, green), 255)
        self.blue = min(max(0, blue), 255)
    }

    /// `#rgb` or `#rrggbb`.
    init?(hex text: String) {
        guard text.hasPrefix("#"), text.utf8.dropFirst().allSatisfy(RGB.isHexDigit) else { return nil }
        let digits = text.dropFirst().compactMap(\.hexDigitValue)
        switch digits.count {
        case 3: self.init(digits[0] * 17, digits[1] * 17, digits[2] * 17)
        case 6: self.init(digits[0] * 16 + digits[1], digits[2] * 16 + digits[3], digits[4] * 16 + digits[5])
        default: return nil
        }
    }

    /// `#rrggbb`
    package var hex: String {
        "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}

/// How many colours a terminal has.
package enum ColourDepth: Int, Hashable, CaseIterable, Sendable {
    case mono
    case eight
    case sixteen
    case indexed
    /// Only pictures use it: the colours as the theme wrote them.
    case rgb

    /// - Parameter colours: what the terminal says it has.
    package init(colours: Int) {
        switch colours {
        case ..<8: self = .mono
        case ..<16: self = .eight
        case ..<256: self = .sixteen
        default: self = .indexed
        }
    }
}

/// A colour as a theme wrote it: up to three forms, of which a terminal uses the best it can show.
package struct ThemeColour: Hashable, Sendable {
    package var rgb: RGB?
    /// 0 to 255
    package var indexed: Int?
    /// 0 to 15
    package var basic: Int?

    /// The terminal's own colour.
    package static let standard = ThemeColour()

    package var isStandard: Bool { rgb == nil && indexed == nil && basic == nil }

    init(rgb: RGB? = nil, indexed: Int? = nil, basic: Int? = nil) {
        self.rgb = rgb
        self.indexed = indexed
        self.basic = basic
    }

    /// One form: `default`, a name, `0` to `255`, `#rgb`, `#rrggbb`.
    package init?(word: String) {
        if word == "default" {
            self.init()
        } else if let name = ThemeColour.names.firstIndex(of: word) {
            self.init(basic: name)
        } else if let rgb = RGB(hex: word) {
            self.init(rgb: rgb)
        } else if let number = Int(word), (0...255).contains(number), word.utf8.allSatisfy({ $0 != 0x2b }) {
            self.init(indexed: number)
        } else {
            return nil
        }
    }

    package static let names = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "brightblack", "brightred",
        "brightgreen", "brightyellow", "brightblue", "brightmagenta", "brightcyan", "brightwhite",
    ]

    /// The exact colour, as far as it can be known: names look different in every terminal.
    package var exact: RGB? { rgb ?? (indexed ?? basic).map(Indexed.rgb) }

    /// The number for a terminal of that depth; nil for its own colour.
    package func number(_ depth: ColourDepth) -> Int? {
        switch depth {
        case .mono: nil
        case .eight: number(.sixteen).map { $0 & 7 }
        case .sixteen: basic ?? exact.map(Indexed.nearestBasic)
        case .indexed, .rgb: indexed ?? basic ?? rgb.map(Indexed.nearest)
        }
    }
}
