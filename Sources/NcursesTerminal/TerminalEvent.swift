package import OperatorConsole

/// What the terminal tells the console.
package enum TerminalEvent: Hashable, Sendable {
    case key(Key)
    /// Pasted text, cut after 65,536 bytes; it is never taken for keys.
    case paste(String)
    case resized(Size)
    case focus(Bool)
    /// After a stop: the screen is back and drawn again.
    case resumed
    /// The terminal is gone. Nothing follows.
    case hangUp
    /// INT, TERM, HUP or QUIT came. The screen is left already; nothing follows.
    case signal(Int32)
}

/// Why there is no full screen.
package enum TerminalFailure: Error, Hashable, Sendable {
    /// Neither standard input and output nor `/dev/tty` is a terminal.
    case noTerminal
    /// TERM is unset, empty or `dumb`, or its terminal cannot place the cursor.
    case cannotPlaceCursor(term: String)
    /// No entry for TERM, nor for the terminals tried instead.
    case unknownTerminal(term: String)
    /// One screen at a time.
    case inUse
    case system(operation: String, errno: Int32)
}

/// How to open the screen.
package struct TerminalOptions: Sendable {
    /// TERM; nil when unset.
    package var term: String?
    /// NO_COLOR is set and not empty.
    package var isColourless: Bool
    /// Where descriptors 1 and 2 lead while the screen is open; nil for nowhere.
    package var log: String?

    package init(term: String?, isColourless: Bool, log: String?) {
        self.term = term
        self.isColourless = isColourless
        self.log = log
    }

    /// From the process's own environment.
    package init(environment: [String: String], log: String?) {
        self.init(
            term: environment["TERM"], isColourless: !(environment["NO_COLOR"] ?? "").isEmpty, log: log)
    }

    /// The names to try, best first; empty when a full screen makes no sense.
    var candidates: [String] {
        guard let term, !term.isEmpty, term != "dumb" else { return [] }
        var names = [term]
        for name in ["xterm-256color", "xterm", "vt100"] where !names.contains(name) { names.append(name) }
        return names
    }
}

/// What the terminal that was opened can do.
package struct TerminalAbilities: Hashable, Sendable {
    /// The terminfo entry in use; not TERM's own where that is unknown.
    package var term: String
    package var depth: ColourDepth
    package var glyphs: GlyphSet.Kind
}
