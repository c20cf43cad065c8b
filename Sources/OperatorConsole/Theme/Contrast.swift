package import BackupModel

extension RGB {
    /// 1 to 21, by the definition of the Web Content Accessibility Guidelines 2.
    package func contrast(to other: RGB) -> Double {
        let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)
    }

    private var luminance: Double {
        0.2126 * RGB.linear(red) + 0.7152 * RGB.linear(green) + 0.0722 * RGB.linear(blue)
    }

    private static func linear(_ value: Int) -> Double { curve[value] }

    /// The sRGB curve, with x^2.4 taken as x^2 times the fifth root of x^2.
    private static let curve: [Double] = (0...255).map { value in
        let share = Double(value) / 255
        guard share > 0.04045 else { return share / 12.92 }
        let base = (share + 0.055) / 1.055
        return base * base * fifthRoot(base * base)
    }

    private static func fifthRoot(_ value: Double) -> Double {
        var root = 1.0
        for _ in 0..<40 { root = (4 * root + value / (root * root * root * root)) / 5 }
        return root
    }
}

extension Theme {
    /// Lowest contrast that is taken without a word.
    package static let leastContrast = 3.0

    /// A warning for each role whose text would be hard to read; only colours that are known are compared.
    package func contrastProblems(file: String) -> [TextProblem] {
        StyleRole.allCases.compactMap { role in
            guard let style = styles[role], let contrast = contrast(of: style) else { return nil }
            guard contrast < Theme.leastContrast else { return nil }
            let message = "role `\(role.name)` has a contrast of \(Quantity.fixed(contrast, 1)):1, less than 3:1"
            return TextProblem(file: file, line: 0, column: 0, message: message)
        }
    }

    private func contrast(of style: RoleStyle) -> Double? {
        guard let front = style.foreground.exact ?? inkOnGround, let back = style.background.exact ?? ground else {
            return nil
        }
        return front.contrast(to: back)
    }

    /// The terminal's own text colour is taken for black or white, whichever reads on the ground.
    package var inkOnGround: RGB? {
        ground.map { $0.contrast(to: RGB(255, 255, 255)) > $0.contrast(to: RGB(0, 0, 0)) }
            .map { $0 ? RGB(229, 229, 229) : RGB(26, 26, 26) }
    }
}
