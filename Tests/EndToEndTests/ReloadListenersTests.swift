import Foundation
import Testing

/// A reload reaches the addresses where the engine answers HTTP, and the mirrors.
@Suite(.timeLimit(.minutes(2))) struct ReloadListenersTests {
    @Test("a reload opens what the settings want now and closes the rest, and a bad file changes nothing")
    func listeners() throws {
        let program = try Program(blobs: 0)
        defer { program.remove() }
        let text = try String(contentsOf: program.settings, encoding: .utf8)
        let runtime = ["XDG_RUNTIME_DIR": program.folder.path]
        func socket(_ name: String) -> String { program.folder.appending(path: name).path }
        func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: socket(name)) }
        func listen(at name: String) throws {
            try program.write(settings: text + "\n[metrics]\nlisten = \"unix:\(socket(name))\"\n")
        }
        try listen(at: "one")
        let engine = try program.start(
            ["engine", "run", "--config", program.settings.path], environment: runtime)
        defer { engine.process.terminate() }
        #expect(engine.wait { isThere("one") })

        func reload() throws -> Program.Result {
            try program.run(["config", "reload", "--config", program.settings.path], environment: runtime)
        }
        try listen(at: "two")
        #expect(try reload().status == 0)
        #expect(engine.wait { isThere("two") && !isThere("one") })

        try program.write(settings: text + "\n[metrics]\nlisten = \"everywhere\"\n")
        #expect(try reload().status != 0)
        #expect(isThere("two"))

        try program.write(settings: text)
        #expect(try reload().status == 0)
        #expect(engine.wait { !isThere("two") })

        engine.process.terminate()
        #expect(try engine.finish().status == 0)
    }
}
