import CNcurses
import OperatorConsole

extension TerminalAbilities {
    /// What a terminal of that name may be shown under that locale.
    ///
    /// Without a UTF-8 locale most terminals of today still are UTF-8; the Linux console and the DEC ones may not be.
    static func glyphs(term: String, codeset: Int) -> GlyphSet.Kind {
        if codeset == CN_CODESET_OTHER { return .ascii }
        if term.hasPrefix("vt") || term.hasPrefix("ansi") || term.hasPrefix("sun") { return .ascii }
        guard term.hasPrefix("linux") || term.hasPrefix("cons25") else { return .unicode }
        return codeset == CN_CODESET_UTF8 ? .block : .ascii
    }

    /// Terminals that know bracketed paste and focus reports, or do nothing on them.
    static func hasExtensions(term: String) -> Bool {
        let families = [
            "xterm", "tmux", "screen", "rxvt", "foot", "alacritty", "kitty", "st-", "wezterm", "konsole", "vte",
            "gnome",
            "contour", "ghostty", "iterm", "mintty",
        ]
        return families.contains { term.hasPrefix($0) }
    }
}
