import BackupModel
import EngineLink
import Foundation
import NcursesTerminal
import OperatorConsole
import Settings
import WorkerKit

/// One console at work: the model, its looks, and what it waits for.
struct ConsoleLoop {
    private let session: ConsoleSession
    private let terminal: NcursesTerminal
    private let mailbox = Mailbox()
    private let shelf: ThemeShelf
    private var theme: Theme
    private var look: ResolvedTheme
    private var model: Model
    private var problems: [TextProblem]
    private var end: ConsoleSession.End?
    private var drawn: Grid?

    init(session: ConsoleSession, terminal: NcursesTerminal) {
        self.session = session
        self.terminal = terminal
        shelf = ThemeShelf(location: session.location)
        let themeProblems: [TextProblem]
        (theme, themeProblems) = shelf.theme(session.settings.theme)
        look = ConsoleLoop.resolve(theme, session.settings, terminal.abilities)
        let (keymap, keyProblems) = ConsoleLoop.keymap(session)
        model = Model(
            size: terminal.size, now: SystemTime.live.wall(), monotonic: ConsoleLoop.seconds, themeName: theme.name,
            themes: shelf.names, keymap: keymap, isAccessible: session.settings.a11y,
            utcOffset: session.settings.utcOffset)
        problems = themeProblems + keyProblems
    }

    /// Runs until the operator leaves or the terminal does.
    mutating func run() async -> ConsoleSession.End {
        let pictures = PictureSignal { [mailbox] in mailbox.putPicture() }
        let feeds = [followEngine(), followLink(), followTerminal(), tick()]
        defer { pictures.cancel() }
        defer { for feed in feeds { feed.cancel() } }
        if let first = problems.first {
            mailbox.put(.note(.warn, SafeText(first.text + (problems.count > 1 ? " (and more)" : ""))))
        }
        step()
        for await _ in mailbox.rings {
            step()
            if let end { return end }
        }
        return end ?? .quit
    }

    // MARK: Feeds

    private func followEngine() -> Task<Void, Never> {
        Task { [engine = session.engine, mailbox] in
            for await state in await engine.states() { mailbox.put(.state(state)) }
            if !Task.isCancelled { mailbox.put(.engineLost) }
        }
    }

    private func followLink() -> Task<Void, Never> {
        Task { [standings = session.standings, mailbox] in
            guard let standings else { return }
            for await standing in standings { mailbox.put(.standing(BackupModel.LinkStanding(standing))) }
        }
    }

    private func followTerminal() -> Task<Void, Never> {
        Task { [terminal, mailbox] in
            for await event in terminal.events { mailbox.put(terminal: event) }
            mailbox.close()
        }
    }

    /// One wake a second, for the clock and the age of the data.
    private func tick() -> Task<Void, Never> {
        Task { [mailbox] in
            while !Task.isCancelled {
                mailbox.put(.tick(now: SystemTime.live.wall(), monotonic: ConsoleLoop.seconds))
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    // MARK: Steps

    private mutating func step() {
        feed(.tick(now: SystemTime.live.wall(), monotonic: ConsoleLoop.seconds))
        for letter in mailbox.takeLetters() {
            switch letter {
            case .message(let message): feed(message)
            case .end(let end): self.end = end
            case .picture: takePicture()
            }
        }
        guard end == nil else { return }
        let grid = render(model, size: model.size, glyphs: look.drawing.glyphs, hasBorders: look.drawing.hasBorders)
        drawn = grid
        terminal.draw(grid, theme: look)
    }

    private mutating func feed(_ message: OperatorConsole.Message) {
        let (next, effects) = update(model, message)
        model = next
        for effect in effects { carryOut(effect) }
    }

    private mutating func carryOut(_ effect: Effect) {
        switch effect {
        case .send(let intent):
            Task { [engine = session.engine, mailbox] in
                mailbox.put(.intentResult(intent, await engine.send(intent)))
            }
        case .ask(let query):
            Task { [engine = session.engine, mailbox] in mailbox.put(.answer(query, await engine.ask(query))) }
        case .quit: end = .quit
        case .suspend: terminal.suspend()
        case .redraw: terminal.redraw()
        case .bell: terminal.bell()
        case .flushInput: mailbox.dropKeys()
        case .copy(let bytes):
            let isSent = terminal.copyToClipboard(bytes)
            mailbox.put(.note(isSent ? .info : .warn, isSent ? "copied" : "too long for the clipboard"))
        case .export(let text, let name): export(text, name)
        case .setTheme(let name): setTheme(name)
        }
    }

    private mutating func setTheme(_ name: String) {
        let problems: [TextProblem]
        (theme, problems) = shelf.theme(name)
        look = ConsoleLoop.resolve(theme, session.settings, terminal.abilities)
        if let first = problems.first { mailbox.put(.note(.warn, SafeText(first.text))) }
    }

    /// The screen as it is, as an SVG file in the working folder.
    private func takePicture() {
        guard let drawn else { return }
        export(SVGPicture(theme: theme).draw(drawn, label: "Holdfast"), "holdfast-screen.svg")
    }

    private func export(_ text: String, _ name: String) {
        Task { [mailbox] in
            let note = try? await runBlocking(name: "export") { ExportedFile.write(text, named: name) }
            mailbox.put(note ?? .note(.error, "cannot write: no thread"))
        }
    }

    // MARK: Looks

    private static var seconds: Double { Double(SystemTime.live.monotonic()) / 1e9 }

    private static func resolve(
        _ theme: Theme, _ settings: ConsoleSettings, _ abilities: TerminalAbilities
    ) -> ResolvedTheme {
        let wanted: GlyphSet.Kind? =
            switch settings.glyphs {
            case .auto: nil
            case .unicode: .unicode
            case .block: .block
            case .ascii: .ascii
            }
        return ResolvedTheme(theme, depth: abilities.depth, glyphs: wanted ?? abilities.glyphs)
    }

    private static func keymap(_ session: ConsoleSession) -> (Keymap, [TextProblem]) {
        let preset = KeyPreset(rawValue: session.settings.preset.rawValue) ?? .vi
        let file = session.settings.keys ?? session.location?.keysFile ?? ""
        guard session.settings.keys != nil || FileManager.default.fileExists(atPath: file) else {
            return Keymap.custom(preset: preset, entries: [], file: "")
        }
        let (entries, unread) = TextFile.read(file)
        let (keymap, problems) = Keymap.custom(preset: preset, entries: entries, file: file)
        return (keymap, unread + problems)
    }
}

extension BackupModel.LinkStanding {
    /// The link's standing as the console shows it.
    init(_ standing: EngineLink.LinkStanding) {
        switch standing {
        case .attached(let welcome): self = .attached(version: welcome.program, isReadOnly: welcome.isReadOnly)
        case .away(let since, let reason): self = .away(since: since, reason: reason.message)
        case .refused(let failure): self = .refused(failure)
        }
    }
}
