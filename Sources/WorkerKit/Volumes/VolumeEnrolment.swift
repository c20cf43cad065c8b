package import BackupModel
import Glibc
import Synchronization

/// Makes a folder or file system ours: looks, probes, and writes the marker last.
///
/// Until `finish` the volume is not enrolled, so an enrolment that dies is begun again without a question. Between
/// `begin` and `finish` the caller makes the folders and records `indexed`.
package final class VolumeEnrolment: Sendable {
    package let volume: PinnedVolume
    package let indexed: IndexedVolume
    package let facts: VolumeFacts
    private let lock: InstanceLock
    private let isClosed = Atomic(false)

    package struct Request: Sendable {
        package var fanOut: FanOut
        package var hash: HashKind
        /// Takes a volume that is enrolled already under its old identity, for an index that was lost (I2).
        package var adoptsEnrolled: Bool
        /// Nil for `FreeSpace.reserveBytes` of the volume's capacity.
        package var reserveBytes: Int64?

        package init(
            fanOut: FanOut = .standard, hash: HashKind, adoptsEnrolled: Bool = false, reserveBytes: Int64? = nil
        ) {
            self.fanOut = fanOut
            self.hash = hash
            self.adoptsEnrolled = adoptsEnrolled
            self.reserveBytes = reserveBytes
        }
    }

    /// Throws why the folder cannot be enrolled. All calls block.
    package init(
        path: PathBytes, files: any FileCalls, _ request: Request, as worker: WorkerIdentity, time: SystemTime
    ) throws(Failure) {
        let volume = try PinnedVolume(path, files: files)
        do throws(Failure) {
            let facts = try volume.facts()
            let old = try Self.adopted(facts, request)
            try volume.makeFolder()
            lock = try VolumeGuard.locked(volume, worker.holder(since: time.wall()))
            let capabilities = try CapabilityProbe(volume: volume, nonce: worker.instance).run()
            try volume.makeReserve(bytes: request.reserveBytes)
            let found = VolumeIdentity(
                uuid: old?.identity.uuid ?? time.randomHex(digits: 32), root: facts.root,
                fileSystem: facts.fileSystem, fileSystemID: facts.fileSystemID, fanOut: request.fanOut,
                hash: request.hash, enrolledAt: old?.identity.enrolledAt ?? time.wall())
            indexed = IndexedVolume(
                identity: found, capabilities: capabilities,
                confirmed: VolumeGeneration(
                    number: (old?.generation.number ?? 0) + 1, nonce: time.randomHex(digits: 16)))
            self.facts = facts
            self.volume = volume
        } catch {
            volume.close()
            throw error
        }
    }

    /// Writes the marker: from here on the volume is enrolled.
    package func finish() throws(Failure) {
        try volume.checkAttached()
        try volume.write(
            VolumeMarker(
                identity: indexed.identity, generation: indexed.confirmed, capabilities: indexed.capabilities))
        close()
    }

    /// Gives up without a marker.
    package func close() {
        if isClosed.exchange(true, ordering: .relaxed) { return }
        lock.release()
        volume.close()
    }

    deinit { close() }

    private static func adopted(_ facts: VolumeFacts, _ request: Request) throws(Failure) -> VolumeMarker? {
        if request.adoptsEnrolled, case .found(let marker) = facts.marker, !facts.isReadOnly {
            guard marker.identity.hash == request.hash, marker.identity.fanOut == request.fanOut else {
                throw Failure(
                    code: "VOLUME_OTHER_HASH", side: .settings,
                    message: "\(facts.path) holds \(marker.identity.hash.rawValue) names, not \(request.hash.rawValue)",
                    subject: facts.path.bytes, hint: "Set the mirror's hash to the volume's.")
            }
            return marker
        }
        if let refusal = facts.enrolmentRefusal { throw refusal }
        return nil
    }
}

// MARK: The reserve

extension PinnedVolume {
    /// Writes the file that is given up when deleting needs room (A7). Its bytes do not compress.
    package func makeReserve(bytes: Int64? = nil) throws(Failure) {
        do throws(FileError) {
            let folder = try files.open(VolumeFolder.name, beneath: root, .directory)
            defer { try? files.close(folder) }
            let capacity = try files.space(of: root).capacity
            let size = bytes ?? FreeSpace.reserveBytes(capacity: capacity)
            do throws(FileError) {
                if try files.status(at: VolumeFolder.reserve, beneath: folder).size == size { return }
                try files.unlink(VolumeFolder.reserve, in: folder)
            } catch  where error.errno == ENOENT {} catch { throw error }
            try files.withFile(VolumeFolder.reserve, beneath: folder, .create(mode: 0o600)) { file throws(FileError) in
                var noise = NoiseBlocks()
                var rest = size
                while rest > 0 {
                    let block = noise.next().prefix(Int(min(rest, Int64(NoiseBlocks.size))))
                    try files.writeAll(Array(block), to: file)
                    rest -= Int64(block.count)
                }
                try files.sync(file)
            }
            try files.sync(folder)
        } catch { throw error.failure }
    }

    /// Gives the reserve's bytes back to the file system; only deletion may ask for it.
    package func releaseReserve() throws(Failure) {
        do throws(FileError) {
            let folder = try files.open(VolumeFolder.name, beneath: root, .directory)
            defer { try? files.close(folder) }
            try files.unlink(VolumeFolder.reserve, in: folder)
            try files.sync(folder)
        } catch  where error.errno == ENOENT {} catch { throw error.failure }
    }
}

/// Blocks that neither compression nor deduplication can shrink: a counter through splitmix64.
private struct NoiseBlocks {
    static let size = 256 << 10
    private var counter: UInt64 = 0x686f_6c64_6661_7374

    mutating func next() -> [UInt8] {
        var words: [UInt64] = []
        words.reserveCapacity(Self.size / 8)
        for _ in 0..<(Self.size / 8) {
            counter &+= 0x9e37_79b9_7f4a_7c15
            var word = counter
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            words.append(word ^ (word >> 31))
        }
        return words.withUnsafeBytes { Array($0) }
    }
}
