import BackupModel
import Synchronization
package import WorkerKit

/// Bytes on disk that have no name: appended, and read again as often as wanted. They are gone with the last reference,
/// or with the process. Calls block.
package final class Spool: Sendable {
    private let files: any FileCalls
    private let file: Descriptor
    /// Bytes so far. The lock guards the file's own offset as well.
    private let end = Mutex<Int64>(0)

    /// `folder`: an absolute path with room for all of it. Throws what its opening fails with.
    package init(
        in folder: PathBytes, files: any FileCalls = LinuxFiles(side: .engine), time: SystemTime = .live
    ) throws(FileError) {
        let root = try files.openRoot(folder)
        defer { try? files.close(root) }
        let name = PathBytes("holdfast-spool-\(time.randomHex(digits: 32))")
        file = try files.open(name, beneath: root, .readWrite(mode: 0o600))
        self.files = files
        try files.unlink(name, in: root)
    }

    deinit { try? files.close(file) }

    package var bytes: Int64 { end.withLock { $0 } }

    package func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try end.withLock { end throws(FileError) in
            try files.seek(file, to: end)
            try files.writeAll(bytes, to: file)
            end += Int64(bytes.count)
        }
    }

    /// Bytes read; 0 at the end.
    package func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        try end.withLock { _ throws(FileError) in
            try files.seek(file, to: offset)
            return try files.read(file, into: buffer)
        }
    }

    /// All of it, in pieces, to somebody's end.
    package func forEach(piece: Int = 256 << 10, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try read(at: offset, into: buffer)
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }
}
