import BackupModel
import Foundation
import TapeArchive
import TapeContract
import Testing

/// A process that writes to a virtual drive dies at any moment: what it synchronised is there, and nothing lies.
@Suite struct KilledDriveTests {
    @Test("a writer killed at random leaves a sound tape", .timeLimit(.minutes(5)))
    func kills() throws {
        let shelf = try VirtualShelf(media: [MediumRecord(barcode: "TST001L9", generation: .lto9, capacity: 64 << 20)])
        try shelf.loaded().close()
        var dice = TapeDice(seed: 11)
        var end: Int64 = 0
        var killed = 0
        let kills = ProcessInfo.processInfo.environment["HOLDFAST_LONG"] != nil ? 100 : 20
        for epoch in 1...UInt64(kills) {
            // Mostly on from the end, sometimes over what is there.
            let start = dice.next() % 3 == 0 ? Int64(dice.next() % UInt64(end + 1)) : end
            let (synchronised, wasKilled) = try write(shelf, epoch, from: start, micros: dice.next() % 30_000)
            killed += wasKilled ? 1 : 0
            let drive = try VirtualDrive("one", of: shelf.library)
            let found = try TapeStream.check(drive, epochs: 1...epoch)
            drive.close()
            #expect(Int64(found.count) >= max(start, synchronised), "epoch \(epoch) from \(start)")
            if synchronised > start {
                let blocks = found[Int(start)..<Int(synchronised)].compactMap { $0 }
                #expect(blocks.allSatisfy { $0 == epoch }, "epoch \(epoch) from \(start)")
            }
            end = Int64(found.count) > 3000 ? 0 : Int64(found.count)
        }
        #expect(killed >= kills / 2)
    }

    /// The last synchronised end that the process told, and whether it was killed before it was done.
    private func write(
        _ shelf: VirtualShelf, _ epoch: UInt64, from start: Int64, micros: UInt64
    ) throws -> (Int64, Bool) {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appending(path: ".build/debug/TapeProbe")
        process.arguments = [
            "stream", shelf.path + "/library", "one", String(epoch), String(start), String(start + 2000),
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // From its first word on, a random time.
        var told = output.fileHandleForReading.availableData
        usleep(UInt32(micros))
        kill(process.processIdentifier, SIGKILL)
        told += output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let lines = String(decoding: told, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let ends = lines.dropLast().compactMap { $0.split(separator: " ").last.flatMap { Int64($0) } }
        return (ends.last ?? 0, process.terminationReason == .uncaughtSignal)
    }
}
