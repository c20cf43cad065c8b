import BackupModel
import Glibc
import Synchronization
import WorkerKit

/// The enrolled volume held open: its guard, the folder of blobs, the quarantine.
final class OpenTarget: Sendable {
    static let blobFolder: PathBytes = "by-hash"
    static let quarantineFolder: PathBytes = "quarantine"

    let gate: VolumeGuard
    let files: any FileCalls
    let fanOut: FanOut
    let uuid: String
    let blobs: Descriptor
    private let quarantine: Descriptor
    /// Cleared when the file system refuses `O_DIRECT`; reads then drop the cache first.
    private let readsDirectly: Atomic<Bool>
    private let isClosed = Atomic(false)

    init(_ gate: VolumeGuard, volume: IndexedVolume, files: any FileCalls) throws(FileError) {
        self.gate = gate
        self.files = files
        fanOut = volume.identity.fanOut
        uuid = volume.identity.uuid
        readsDirectly = Atomic(volume.capabilities.directReads)
        let blobs = try files.open(Self.blobFolder, beneath: gate.root, .directory)
        do throws(FileError) {
            quarantine = try Self.makeAndOpen(VolumeFolder.name / Self.quarantineFolder, gate.root, files)
        } catch {
            try? files.close(blobs)
            throw error
        }
        self.blobs = blobs
    }

    /// Closes what was opened here; the guard is its owner's.
    func close() {
        if isClosed.exchange(true, ordering: .relaxed) { return }
        try? files.close(blobs)
        try? files.close(quarantine)
    }

    deinit { close() }

    var usesDirectReads: Bool { readsDirectly.load(ordering: .relaxed) }
    /// True for the one who noticed first.
    func giveUpDirectReads() -> Bool { readsDirectly.exchange(false, ordering: .relaxed) }

    func bucketPath(of blob: BlobID) -> PathBytes { PathBytes(fanOut.path(of: fanOut.bucket(of: blob))) }
    func path(of blob: BlobID) -> PathBytes { bucketPath(of: blob) / PathBytes(blob.hex) }

    static func temporary(_ run: RunID, _ blob: BlobID) -> PathBytes {
        PathBytes(Array(".tmp-".utf8) + Array(run.text.utf8) + [45] + blob.hex)
    }

    /// Opens a blob's folder for `body`, making it anew when somebody took it away.
    func inBucket<T>(of blob: BlobID, _ body: (Descriptor) throws(FileError) -> T) throws(FileError) -> T {
        let folder = try openBucket(bucketPath(of: blob))
        do throws(FileError) {
            let value = try body(folder)
            // Nothing was written through it, so its close can lose nothing.
            try? files.close(folder)
            return value
        } catch {
            try? files.close(folder)
            throw error
        }
    }

    private func openBucket(_ path: PathBytes) throws(FileError) -> Descriptor {
        do throws(FileError) { return try files.open(path, beneath: blobs, .directory) } catch {
            guard error.errno == ENOENT else { throw error }
        }
        if let slash = path.bytes.firstIndex(of: 47) { try make(PathBytes(path.bytes[..<slash])) }
        try make(path)
        return try files.open(path, beneath: blobs, .directory)
    }

    private func make(_ path: PathBytes) throws(FileError) {
        do throws(FileError) { try files.makeDirectory(path, beneath: blobs, mode: 0o755) } catch {
            guard error.errno == EEXIST else { throw error }
        }
    }

    private static func makeAndOpen(
        _ path: PathBytes, _ root: Descriptor, _ files: any FileCalls
    ) throws(FileError) -> Descriptor {
        do throws(FileError) { try files.makeDirectory(path, beneath: root, mode: 0o755) } catch {
            guard error.errno == EEXIST else { throw error }
        }
        return try files.open(path, beneath: root, .directory)
    }

    /// Bytes of the file that bears the name, or nil when there is none.
    func size(of blob: BlobID) throws(FileError) -> Int64? {
        do throws(FileError) { return try files.status(at: path(of: blob), beneath: blobs).size } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }

    /// Whether something bears the name in the blob's folder.
    func has(_ blob: BlobID, in folder: Descriptor) throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try files.status(at: PathBytes(blob.hex), beneath: folder)
            return true
        } catch {
            guard error.errno == ENOENT else { throw error }
            return false
        }
    }

    /// Removes a temporary of ours; true when it is certainly gone.
    func removeTemporary(_ run: RunID, _ blob: BlobID, in folder: Descriptor) -> Bool {
        // A second try: an unlink that failed once leaves a file that nobody else will look for soon.
        for _ in 0..<2 {
            do throws(FileError) {
                try files.unlink(Self.temporary(run, blob), in: folder)
                return true
            } catch  where error.errno == ENOENT { return true } catch {}
        }
        return false
    }

    func removeTemporary(_ run: RunID, _ blob: BlobID) -> Bool {
        for _ in 0..<2 {
            do throws(FileError) {
                return try inBucket(of: blob) { folder throws(FileError) in removeTemporary(run, blob, in: folder) }
            } catch {}
        }
        return false
    }

    /// Moves what bears the name out of the good area; its bytes are kept. The next barrier makes it durable.
    func quarantine(_ blob: BlobID) throws(FileError) {
        try inBucket(of: blob) { folder throws(FileError) in
            for number in 1...10_000 {
                let kept = PathBytes(blob.hex + Array(".\(number).bad".utf8))
                do throws(FileError) {
                    return try files.move(PathBytes(blob.hex), from: folder, to: kept, in: quarantine)
                } catch {
                    guard error.errno == EEXIST else { throw error }
                }
            }
            throw FileError(side: files.side, operation: "rename", errno: EEXIST, path: PathBytes(blob.hex))
        }
    }
}
