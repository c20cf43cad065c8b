import BackupModel
import Glibc
import TapeArchive
import TapeContract
import WorkerKit

/// Runs the tape contract outside of the tests, and writes until it is killed.
///
///     TapeProbe contract FOLDER              every rule on the virtual library, made below the folder
///     TapeProbe stream LIBRARY DRIVE EPOCH START LIMIT
///                                            writes the stream of an epoch from block START on; prints each
///                                            synchronised end
///     TapeProbe set FOLDER TREE BLOCK COMPRESSION KEYFILE|- ROOM,...
///                                            a tree on small cartridges and back: see SetProbe
///     TapeProbe make LIBRARY BLOCK ROOM,...
///     TapeProbe keep LIBRARY STATE BLOCK TREE COMPRESSION ARCHIVES
///     TapeProbe judge LIBRARY STATE BLOCK
///                                            a writer that is to be killed, and its judge: see KeepProbe
@main struct TapeProbe {
    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            switch words.first {
            case "contract" where words.count == 2: exit(try contract(in: words[1]))
            case "stream" where words.count == 6: try stream(words)
            case "set" where words.count == 7: print(try await SetProbe.run(setOrder(words)))
            case "make" where words.count == 4:
                try KeepProbe.make(words[1], rooms: numbers(words[3]), blockSize: Int(words[2]) ?? 2048)
            case "keep" where words.count == 7:
                let probe = try KeepProbe(library: words[1], state: words[2], blockSize: Int(words[3]) ?? 2048)
                let compression = Compression(rawValue: words[5]) ?? .none
                try await probe.keep(words[4], compression, archives: Int(words[6]) ?? 1)
            case "judge" where words.count == 4:
                try await KeepProbe(library: words[1], state: words[2], blockSize: Int(words[3]) ?? 2048).judge()
            default:
                print(
                    "usage: TapeProbe contract FOLDER | stream LIBRARY DRIVE EPOCH START LIMIT\n    or TapeProbe set FOLDER TREE BLOCK COMPRESSION KEYFILE|- ROOM,..."
                )
                exit(2)
            }
        } catch {
            print("failed: \(error)")
            exit(1)
        }
    }

    private static func contract(in folder: String) throws -> Int32 {
        let bench = VirtualBench(folder: folder)
        var failures: Int32 = 0
        let cases =
            DriveContract.all.map { rule in (rule.name, { try rule.run(bench) }) }
            + ChangerContract.all.map { rule in (rule.name, { try rule.run(bench) }) }
        for (name, run) in cases {
            do {
                try run()
                print("ok      \(name)")
            } catch {
                failures = 1
                print("BROKEN  \(name): \(error)")
            }
        }
        return failures
    }

    private static func setOrder(_ words: [String]) throws -> SetProbe.Order {
        guard let size = Int(words[3]), let compression = Compression(rawValue: words[4]) else {
            throw ProbeFailure("BLOCK is bytes, COMPRESSION none, gzip, zstd or lz4")
        }
        var key: ArchiveKey?
        if words[5] != "-" {
            let files = LinuxFiles(side: .settings)
            let file = try files.openFile(PathBytes(words[5]))
            defer { try? files.close(file) }
            key = try PaperKey.key(String(decoding: files.readAll(file, limit: 4096), as: UTF8.self))
        }
        return SetProbe.Order(
            folder: words[1], tree: words[2], blockSize: size, compression: compression, key: key,
            rooms: numbers(words[6]))
    }

    private static func numbers(_ text: String) -> [Int] { text.split(separator: ",").compactMap { Int($0) } }

    private static func stream(_ words: [String]) throws {
        let library = try VirtualLibrary(opening: PathBytes(words[1]), clock: .off)
        let drive = try VirtualDrive(words[2], of: library)
        guard let epoch = UInt64(words[3]), let start = Int64(words[4]), let limit = Int64(words[5]) else { return }
        try drive.locate(start)
        try TapeStream(epoch: epoch).write(to: drive, until: limit) { end in
            let line = "synchronised \(end)\n"
            _ = write(STDOUT_FILENO, line, line.utf8.count)
        }
        drive.close()
    }
}
