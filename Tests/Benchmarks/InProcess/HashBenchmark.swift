import BackupModel
import Glibc
import SystemPackage
import WorkerKit

enum HashBenchmark {
    /// The hash of a file read in pieces of 256 KiB, which stay in the processor's cache until they are hashed.
    static func hash(_ path: String, _ kind: HashKind) throws -> BlobID {
        let hasher = try BlobHasher(kind)
        let file = try FileDescriptor.open(FilePath(path), .readOnly)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { piece.deallocate() }
        try file.closeAfter {
            while true {
                let count = try file.read(into: piece)
                if count == 0 { return }
                hasher.update(UnsafeRawBufferPointer(rebasing: piece[0..<count]))
            }
        }
        return try hasher.finish()
    }

    /// The hash of a file mapped into memory.
    static func hashMapped(_ path: String, _ kind: HashKind) throws -> BlobID {
        let hasher = try BlobHasher(kind)
        let file = try FileDescriptor.open(FilePath(path), .readOnly)
        try file.closeAfter {
            let size = Int(try file.seek(offset: 0, from: .end))
            guard size > 0 else { return }
            guard let map = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.rawValue, 0), map != MAP_FAILED else {
                throw Errno(rawValue: errno)
            }
            hasher.update(UnsafeRawBufferPointer(start: map, count: size))
            munmap(map, size)
        }
        return try hasher.finish()
    }

    /// Prints MB/s of one hasher over blobs of several sizes that are in memory.
    static func measure() throws {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { bytes.deallocate() }
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        for kind in HashKind.allCases {
            let hasher = try BlobHasher(kind)
            for size in [1 << 10, 3 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20] {
                let blob = UnsafeRawBufferPointer(rebasing: bytes[0..<size])
                let times = try (0..<5).map { _ in
                    try Duration.of {
                        for _ in 0..<(64 << 20) / size {
                            hasher.update(blob)
                            _ = try hasher.finish()
                        }
                    }
                }
                let best = times.min()?.seconds ?? .infinity
                print(kind.rawValue, size, Int(Double((64 << 20) / size * size) / best / 1e6))
            }
        }
    }
}
