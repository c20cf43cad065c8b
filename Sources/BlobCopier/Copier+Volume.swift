import BackupModel
import Synchronization
import WorkerKit

extension Copier {
    /// The volume at the target as the index knows it; the newest one when nothing recognisable is there, so that the
    /// guard can say what is wrong with it.
    func expectedVolume() async throws(Failure) -> IndexedVolume {
        let known = try await index.volumes()
        let facts = try? await facts()
        if case .found(let marker) = facts?.marker {
            if let volume = known.first(where: { $0.identity.uuid == marker.identity.uuid }) { return volume }
            if known.isEmpty { throw .notEnrolled(settings) }
        }
        guard let newest = known.first else { throw .notEnrolled(settings) }
        return newest
    }

    /// What is at the target; writes nothing.
    func facts() async throws(Failure) -> VolumeFacts {
        let (path, files) = (PathBytes(settings.target), targetFiles)
        return try await blockingThrowing("volume") { () throws(Failure) -> VolumeFacts in
            let volume = try PinnedVolume(path, files: files)
            defer { volume.close() }
            return try volume.facts()
        }
    }

    /// Takes the volume: guard, lock and lease, and the folders on it.
    func open(_ volume: IndexedVolume, as worker: WorkerIdentity) async throws(Failure) -> OpenTarget {
        let (path, files, time) = (PathBytes(settings.target), targetFiles, time)
        return try await blockingThrowing("volume") { [self] () throws(Failure) -> OpenTarget in
            let gate = try watch.withLock { (watch) throws(Failure) in
                try VolumeGuard(path: path, files: files, expecting: volume, as: worker, watch: &watch, time: time)
            }
            do throws(FileError) { return try OpenTarget(gate, volume: volume, files: files) } catch {
                gate.close()
                throw error.failure
            }
        }
    }

    /// A new generation: intended, written to the marker, confirmed (A14). A clone made from here on disagrees.
    func stampGeneration(_ volume: IndexedVolume, _ target: OpenTarget) async throws(Failure) {
        let number = max(volume.confirmed.number, target.gate.marker.generation.number) + 1
        let next = VolumeGeneration(number: number, nonce: time.randomHex(digits: 16))
        try await index.intend(next, volume: target.uuid)
        try await blockingThrowing("volume") { () throws(Failure) in try target.gate.stamp(next) }
        try await index.confirm(next, volume: target.uuid)
    }

    /// Refuses a target inside the source (A29); returns what is worth a warning.
    func checkPlacement() async throws(Failure) -> [String] {
        let (settings, state) = (settings, PathBytes(stateFolder))
        return try await blockingThrowing("placement") { () throws(Failure) -> [String] in
            guard let source = PathPlace(observing: PathBytes(settings.source)),
                let target = PathPlace(observing: PathBytes(settings.target))
            else { return [] }
            let place = PathPlace(observing: state)
            if let refusal = Placement.refusal(source: source, target: target, state: place) { throw refusal }
            return Placement.warnings(
                source: source, target: target, state: place, targetIsRemote: false, stateIsRemote: false)
        }
    }
}

extension Failure {
    static func notEnrolled(_ settings: MirrorSettings) -> Failure {
        Failure(
            code: "VOLUME_NOT_ENROLLED", side: .destination,
            message: "\(printable(settings.target.utf8)) is not enrolled for mirror \(settings.name)",
            subject: Array(settings.target.utf8), operation: "volume",
            hint: "Run: holdfast mirror enrol \(settings.name)")
    }
}
