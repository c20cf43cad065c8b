package import BackupModel
import Glibc
import Synchronization

/// Who we are to others who look at a volume or a lock.
package struct WorkerIdentity: Hashable, Sendable {
    /// The machine's id.
    package var host: String
    package var hostName: String
    /// Random for each run.
    package var instance: String
    package var pid: Int32
    package var command: String

    package init(host: String, hostName: String, instance: String, pid: Int32, command: String) {
        self.host = host
        self.hostName = hostName
        self.instance = instance
        self.pid = pid
        self.command = command
    }

    /// This process on this machine.
    package static func current(command: String, time: SystemTime) -> WorkerIdentity {
        var name = [CChar](repeating: 0, count: 256)
        _ = gethostname(&name, name.count - 1)
        let hostName = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return WorkerIdentity(
            host: machineID() ?? hostName, hostName: hostName, instance: time.randomHex(digits: 16), pid: getpid(),
            command: command)
    }

    private static func machineID() -> String? {
        let files = LinuxFiles(side: .engine)
        guard let folder = try? files.openRoot("/etc") else { return nil }
        defer { try? files.close(folder) }
        let bytes = try? files.withFile("machine-id", beneath: folder, .read) { file throws(FileError) in
            try files.readAll(file, limit: 256)
        }
        let id = String(decoding: (bytes ?? []).prefix { $0 > 32 }, as: UTF8.self)
        return id.isEmpty ? nil : id
    }

    package func holder(since: WallTime) -> InstanceLock.Holder {
        InstanceLock.Holder(pid: pid, since: since, command: command)
    }
}

/// Stands between a worker and its volume: nothing is written to one whose identity was not checked (I4).
///
/// Taking it pins the root, judges what is there, takes the volume's lock and its lease. All calls block.
package final class VolumeGuard: Sendable {
    package let volume: PinnedVolume
    private let time: SystemTime
    private let lock: InstanceLock
    private struct State {
        var expected: IndexedVolume
        var marker: VolumeMarker
    }
    private let state: Mutex<State>
    private let isClosed = Atomic(false)

    /// Seconds between two calls of `renew`.
    package static let renewInterval: Double = 60

    /// The root everything on the volume is opened beneath.
    package var root: Descriptor { volume.root }
    /// As it stands on the volume.
    package var marker: VolumeMarker { state.withLock { $0.marker } }

    /// Throws the refusal of `VolumeFacts`, or `BUSY` naming who holds the volume.
    ///
    /// Keep `watch` between tries: it learns whether the holder on another host is alive.
    package init(
        path: PathBytes, files: any FileCalls, expecting expected: IndexedVolume, as worker: WorkerIdentity,
        watch: inout LeaseWatch, time: SystemTime
    ) throws(Failure) {
        let volume = try PinnedVolume(path, files: files)
        do throws(Failure) {
            var marker = try Self.judged(volume, expected)
            let now = time.wall()
            lock = try Self.locked(volume, worker.holder(since: now))
            // Another run may have written between our look and our lock.
            marker = try Self.judged(volume, expected)
            if case .held(let lease) = watch.judge(marker.lease, host: worker.host, now: time.monotonic()) {
                throw lease.busy(path: path)
            }
            marker.lease = VolumeLease(
                host: worker.host, hostName: worker.hostName, instance: worker.instance, since: now, pid: worker.pid,
                command: worker.command)
            try volume.write(marker)
            self.volume = volume
            self.time = time
            state = Mutex(State(expected: expected, marker: marker))
        } catch {
            volume.close()
            throw error
        }
    }

    /// Before each batch is committed: the path still names the pinned root, the lock is ours, writing is possible.
    package func check() throws(Failure) {
        try volume.checkAttached()
        try lock.checkHeld()
        let isReadOnly: Bool
        do throws(FileError) { isReadOnly = try volume.files.space(of: root).isReadOnly } catch { throw error.failure }
        if isReadOnly {
            throw FileError(side: volume.files.side, operation: "check", errno: EROFS, path: volume.path).failure
        }
    }

    /// Every 60 s, and after a stall or suspend (A28): all checks again, and a sign of life in the lease.
    package func renew() throws(Failure) {
        try check()
        try update { marker in marker.lease?.sequence += 1 }
    }

    /// Writes a new generation to the marker; the index intends it before and confirms it afterwards (A14).
    package func stamp(_ generation: VolumeGeneration) throws(Failure) {
        try check()
        try update { marker in marker.generation = generation }
    }

    /// Gives the volume up for whoever comes next, here or on another host. Best effort: it may be gone.
    package func release() {
        try? update { marker in marker.lease = nil }
        close()
    }

    /// Closes without writing, when the volume is lost.
    package func close() {
        if isClosed.exchange(true, ordering: .relaxed) { return }
        lock.release()
        volume.close()
    }

    deinit { close() }

    private func update(_ change: (inout VolumeMarker) -> Void) throws(Failure) {
        try state.withLock { (state) throws(Failure) in
            let found = try Self.judged(volume, state.expected)
            guard found.lease?.instance == state.marker.lease?.instance else {
                throw found.lease?.busy(path: volume.path)
                    ?? Failure(code: "BUSY", side: .destination, message: "the volume's lease was taken away")
            }
            var marker = found
            change(&marker)
            try volume.write(marker)
            state.marker = marker
            state.expected.confirmed = marker.generation
            state.expected.intended = nil
        }
    }

    private static func judged(
        _ volume: PinnedVolume, _ expected: IndexedVolume
    ) throws(Failure) -> VolumeMarker {
        let facts = try volume.facts()
        if let refusal = facts.refusal(expecting: expected) { throw refusal }
        guard case .found(let marker) = facts.marker else {
            throw Failure(code: "VOLUME_MARKER_MISSING", side: .destination, message: "the volume has no marker")
        }
        return marker
    }

    /// On the volume itself, so that two configurations, or two state folders, cannot write to it at once.
    static func locked(
        _ volume: PinnedVolume, _ holder: InstanceLock.Holder
    ) throws(Failure) -> InstanceLock {
        try InstanceLock(VolumeFolder.name / VolumeFolder.lock, in: volume.root, files: volume.files, holder: holder)
    }
}

extension VolumeGuard {
    /// Reads the marker past the page cache: a dead device still answers `stat` and `statfs` from memory (A10).
    package func mediumAnswers() -> Bool {
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)
        defer { page.deallocate() }
        do throws(FileError) {
            return try volume.files.withFile(VolumeFolder.name / VolumeFolder.marker, beneath: root, .readDirect) {
                file throws(FileError) in try volume.files.read(file, into: page) > 0
            }
        } catch {
            // Where direct reads are not to be had, that alone says nothing about the device.
            return !error.suggestsLostVolume
        }
    }
}
