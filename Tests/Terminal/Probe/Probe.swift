import Glibc
import NcursesTerminal
import OperatorConsole

/// A small console for the terminal drivers beside it: hostile names on the screen, the last keys, and a clock.
///
/// `q` ends, `x` crashes, `e` prints to standard error, ^Z suspends, ^L redraws, `y` copies, `b` rings.
@main
struct Probe {
    static func main() async {
        let environment = ["TERM", "NO_COLOR"].reduce(into: [String: String]()) { all, name in
            if let value = getenv(name) { all[name] = String(cString: value) }
        }
        let log = getenv("PROBE_LOG").map { String(cString: $0) }
        do {
            let terminal = try await NcursesTerminal.open(TerminalOptions(environment: environment, log: log))
            let status = await Probe(terminal).run()
            await terminal.close()
            exit(status)
        } catch {
            print("no full screen: \(error)")
            exit(2)
        }
    }

    private let terminal: NcursesTerminal
    private let theme: ResolvedTheme
    private var last: SafeText = "-"
    private var scroll = 0
    private var events = 0

    private init(_ terminal: NcursesTerminal) {
        self.terminal = terminal
        var theme = Theme.bare
        theme.styles[.progressFill] = RoleStyle(colour: "cyan")
        theme.styles[.stateFailed] = RoleStyle(colour: "red")
        self.theme = ResolvedTheme(theme, depth: terminal.abilities.depth, glyphs: terminal.abilities.glyphs)
    }

    private func run() async -> Int32 {
        var probe = self
        probe.draw()
        for await event in terminal.events {
            probe.events += 1
            switch event {
            case .key(.character("q")): return 0
            case .key(.character("x")): crash()
            case .key(let key): probe.take(key)
            case .paste(let text): probe.last = "paste \(text.unicodeScalars.count): \(text)"
            case .resized(let size): probe.last = "\(size.columns)x\(size.rows)"
            case .focus(let isIn): probe.last = isIn ? "in" : "out"
            case .resumed: probe.last = "resumed"
            case .hangUp: return 129
            case .signal(let number): return 128 + number
            }
            probe.draw()
        }
        return 1
    }

    private mutating func take(_ key: Key) {
        last = "key " + key.label
        switch key {
        case .down: scroll += 1
        case .up: scroll = max(0, scroll - 1)
        case .control("z"): terminal.suspend()
        case .control("l"): terminal.redraw()
        case .character("e"): _ = "noise on standard error\n".withCString { write(2, $0, 24) }
        case .character("y"): terminal.copyToClipboard(Array("copied".utf8))
        case .character("b"): terminal.bell()
        default: break
        }
    }

    private func crash() {
        let nothing: [Int] = []
        print(nothing[nothing.count + scroll])
    }

    private func draw() {
        var grid = Grid(size: terminal.size)
        let drawing = theme.drawing
        let (top, rest) = grid.bounds.splitTop(2)
        grid.put("probe \(events) \(last)", x: 0, y: 0, role: .titleBar, maxWidth: top.width)
        drawing.progress(on: &grid, in: top.row(1), fraction: 0.37)
        let inner = drawing.box(on: &grid, in: rest, title: "Names", right: "\(Hostile.names.count)", focused: true)
        let table = Table(
            columns: [TableColumn("NAME", minimum: 10, flex: 1), TableColumn("LONG", minimum: 6, align: .right)],
            rowCount: Hostile.names.count, cursor: min(scroll, Hostile.names.count - 1)
        ) { index in
            [
                TableCell(SafeText(Hostile.names[index])),
                TableCell("\(Hostile.names[index].count)", role: .stateFailed),
            ]
        }
        drawing.table(on: &grid, in: inner, table)
        terminal.draw(grid, theme: theme)
    }
}

extension RoleStyle {
    init(colour name: String) {
        self.init()
        foreground = ThemeColour(word: name) ?? .standard
    }
}
