import ArgumentParser
import BackupModel
import Foundation

/// The main job on data of its own: makes a store, breaks a few things, and runs the real code on it.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Mirror a store and fill a tape, both made for the purpose, with planted faults, under the console.",
        discussion: """
            Everything happens in one temporary folder that is removed at the end. The code is the one that runs on \
            real stores and tapes; only the faults are planted, at the file calls. A job writes films to a small virtual \
            tape, fills it and asks for the next: answer with ! and L. With --headless, or without a terminal, it \
            prints instead and answers by itself, and ends with 0 only if every planted fault was found, on the right \
            side, every other blob was proved, and GNU tar read the tapes back.
            """)

    @Option(help: "How many blobs.")
    var blobs = 20_000

    @Option(help: "About how long the copy shall take; 0 for as fast as it goes. Default: 60, headless 0.")
    var seconds: Double?

    @Flag(help: "A slow target: ten times as long.")
    var slow = false

    @Flag(help: "No full screen: print, and end with a status.")
    var headless = false

    func validate() throws {
        guard (10...1_000_000).contains(blobs) else { throw ValidationError("--blobs must be 10 to 1000000") }
        if let seconds, !(0...86_400).contains(seconds) { throw ValidationError("--seconds must be 0 to 86400") }
    }

    func run() async throws {
        let isHeadless = headless || !ConsoleSession.canDraw
        let stage = try DemoStage(blobs: blobs, seconds: pace(isHeadless), isHeadless: isHeadless)
        defer { stage.clear() }
        try await stage.play()
    }

    private func pace(_ isHeadless: Bool) -> Double {
        let base = seconds ?? (isHeadless ? 0 : 60)
        return slow ? max(base, 60) * 10 : base
    }
}
