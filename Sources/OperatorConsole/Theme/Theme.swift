import BackupModel

/// Which glyphs a theme asks for.
package enum GlyphChoice: Hashable, Sendable {
    /// What the terminal can show.
    case automatic
    case fixed(GlyphSet.Kind)
}

/// How boxes are drawn.
package enum BorderStyle: String, Hashable, CaseIterable, Sendable {
    case line
    case ascii
    case none
}

/// How every role looks, and which characters the console draws with.
package struct Theme: Hashable, Sendable {
    package var name: String
    /// Host patterns it is meant for; `*` stands for anything.
    package var hosts: [String] = []
    /// What it takes for the terminal's own background, to check contrast against and to draw pictures on.
    package var ground: RGB?
    package var styles: [StyleRole: RoleStyle] = [:]
    package var glyphs: GlyphChoice = .automatic
    package var overrides: [GlyphSlot: Glyph] = [:]
    package var graph: GlyphSet.GraphStyle?
    package var border = BorderStyle.line

    /// No colours and no attributes but reverse for what must stand out.
    package static var bare: Theme {
        var theme = Theme(name: "bare")
        for role in [StyleRole.textEscaped, .tabActive, .listCursor, .bannerAlert, .bannerRequest] {
            theme.styles[role] = RoleStyle()
            theme.styles[role]?.attributes = .reverse
        }
        return theme
    }

    package init(name: String) { self.name = name }

    /// Whether one of its host patterns fits.
    package func isMeant(forHost host: String) -> Bool {
        hosts.contains { Theme.matches(Array($0.utf8)[...], Array(host.utf8)[...]) }
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == UInt8(ascii: "*") {
            let rest = pattern.drop { $0 == UInt8(ascii: "*") }
            return text.indices.contains { matches(rest, text[$0...]) } || rest.isEmpty || matches(rest, [])
        }
        guard text.first == first else { return false }
        return matches(pattern.dropFirst(), text.dropFirst())
    }
}

/// The single characters a theme may replace.
package enum GlyphSlot: String, Hashable, CaseIterable, Sendable {
    case progressFill = "progress.fill"
    case progressEmpty = "progress.empty"
    case horizontal = "box.horizontal"
    case vertical = "box.vertical"
    case scrollThumb = "scrollbar.thumb"
    case scrollTrack = "scrollbar.track"

    var path: WritableKeyPath<GlyphSet, Glyph> {
        switch self {
        case .progressFill: \.progressFill
        case .progressEmpty: \.progressEmpty
        case .horizontal: \.horizontal
        case .vertical: \.vertical
        case .scrollThumb: \.scrollThumb
        case .scrollTrack: \.scrollTrack
        }
    }
}
