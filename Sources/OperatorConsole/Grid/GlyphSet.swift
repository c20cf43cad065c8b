/// The characters the console draws its own shapes with. Marks of states are ASCII in every set.
package struct GlyphSet: Hashable, Sendable {
    package enum Kind: String, Hashable, CaseIterable, Sendable {
        /// Lines, eighth blocks and braille.
        case unicode
        /// Lines and blocks, for fonts without braille.
        case block = "blocks"
        /// Seven bits.
        case ascii
    }

    package enum GraphStyle: String, Hashable, CaseIterable, Sendable {
        case braille
        case block
        case ascii
    }

    package var kind: Kind
    package var graph: GraphStyle
    package var horizontal: Glyph
    package var vertical: Glyph
    package var topLeft: Glyph
    package var topRight: Glyph
    package var bottomLeft: Glyph
    package var bottomRight: Glyph
    package var progressFill: Glyph
    package var progressEmpty: Glyph
    /// A cell filled by 1/n, 2/n, ... (n-1)/n from the left; empty where there are none.
    package var progressParts: [Glyph]
    package var scrollTrack: Glyph
    package var scrollThumb: Glyph
    package var axis: Glyph
    package var axisCorner: Glyph

    package static let unicode = GlyphSet(
        kind: .unicode, graph: .braille, horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└",
        bottomRight: "┘", progressFill: "█", progressEmpty: "░",
        progressParts: ["▏", "▎", "▍", "▌", "▋", "▊", "▉"], scrollTrack: "│", scrollThumb: "█", axis: "─",
        axisCorner: "└")

    package static let block = GlyphSet(
        kind: .block, graph: .block, horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└",
        bottomRight: "┘", progressFill: "█", progressEmpty: "░", progressParts: [], scrollTrack: "│",
        scrollThumb: "█", axis: "─", axisCorner: "└")

    package static let ascii = GlyphSet(
        kind: .ascii, graph: .ascii, horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+",
        bottomRight: "+", progressFill: "#", progressEmpty: ".", progressParts: [], scrollTrack: "|",
        scrollThumb: "#", axis: "-", axisCorner: "+")

    package init(_ kind: Kind) {
        switch kind {
        case .unicode: self = .unicode
        case .block: self = .block
        case .ascii: self = .ascii
        }
    }

    private init(
        kind: Kind, graph: GraphStyle, horizontal: Glyph, vertical: Glyph, topLeft: Glyph, topRight: Glyph,
        bottomLeft: Glyph, bottomRight: Glyph, progressFill: Glyph, progressEmpty: Glyph, progressParts: [Glyph],
        scrollTrack: Glyph, scrollThumb: Glyph, axis: Glyph, axisCorner: Glyph
    ) {
        self.kind = kind
        self.graph = graph
        self.horizontal = horizontal
        self.vertical = vertical
        self.topLeft = topLeft
        self.topRight = topRight
        self.bottomLeft = bottomLeft
        self.bottomRight = bottomRight
        self.progressFill = progressFill
        self.progressEmpty = progressEmpty
        self.progressParts = progressParts
        self.scrollTrack = scrollTrack
        self.scrollThumb = scrollThumb
        self.axis = axis
        self.axisCorner = axisCorner
    }
}

/// The two-letter word for a state; colour only repeats it (H17).
package enum StateMark: String, Hashable, CaseIterable, Sendable {
    case running = ">>"
    case waiting = "~~"
    case queued = ".."
    case ok = "ok"
    case failed = "xx"
    case disabled = "--"
    case attention = "!!"

    package var text: SafeText { SafeText(rawValue) }

    package var role: StyleRole {
        switch self {
        case .running: .stateRunning
        case .waiting: .stateWaiting
        case .queued: .statePlanned
        case .ok: .stateOK
        case .failed: .stateFailed
        case .disabled: .stateDisabled
        case .attention: .stateWarn
        }
    }
}
