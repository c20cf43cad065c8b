import BackupModel
import Glibc
import Synchronization
import WorkerKit

/// What reading a blob from the medium found.
struct BlobProof: Hashable, Sendable {
    var verdict: BlobVerdict
    var size: Int64
    /// Past the page cache for certain.
    var isDirect: Bool
    /// This reading was the one that noticed that the volume has no `O_DIRECT`.
    var foundNoDirect = false
}

extension OpenTarget {
    /// Hashes a blob as it is on the medium: past the page cache, or with the cache dropped where that is refused.
    func prove(_ blob: BlobID, bench: Bench, keepGoing: () -> Bool) throws(FileError) -> BlobProof? {
        if usesDirectReads {
            do throws(FileError) {
                return try hash(blob, .readDirect, bench: bench, keepGoing: keepGoing)
            } catch {
                guard [EINVAL, EOPNOTSUPP].contains(error.errno) else { throw error }
            }
        }
        let isFirst = giveUpDirectReads()
        var proof = try hash(blob, .read, bench: bench, keepGoing: keepGoing)
        proof?.foundNoDirect = isFirst
        return proof
    }

    private func hash(
        _ blob: BlobID, _ how: OpenHow, bench: Bench, keepGoing: () -> Bool
    ) throws(FileError) -> BlobProof? {
        let file = try files.open(path(of: blob), beneath: blobs, how)
        defer { try? files.close(file) }
        if how == .read { files.dropCache(file) }
        bench.hasher.reset()
        var size: Int64 = 0
        while true {
            guard keepGoing() else { return nil }
            let count = try files.read(file, into: bench.buffer)
            if count == 0 { break }
            bench.hasher.update(UnsafeRawBufferPointer(rebasing: bench.buffer[..<count]))
            size += Int64(count)
            bench.slot.moved(count, at: bench.gauges.now())
            bench.gauges.bytesProved.add(Int64(count), ordering: .relaxed)
            // O_DIRECT gives a partial block only at the end, and reading on from there is not aligned.
            if how == .readDirect, count % 4096 != 0 { break }
        }
        // The pages of the write are not needed any more.
        files.dropCache(file)
        guard let actual = try? bench.hasher.finish() else {
            throw FileError(side: .engine, operation: "hash", errno: EIO, path: path(of: blob))
        }
        return BlobProof(
            verdict: BlobVerdict(expected: blob, actual: actual, size: size), size: size, isDirect: how == .readDirect)
    }
}
