package import BackupModel
import Glibc
import WorkerKit

extension Copier {
    /// Makes the target a volume of this mirror: probe, folders, marker, reserve. Again is harmless; a volume whose
    /// index was lost is taken over, and its blobs are adopted by hash when a run meets them. `reserveBytes` is for tests.
    package func enrol(fanOut: FanOut = .standard, reserveBytes: Int64? = nil) async throws(Failure) -> EnrolReport {
        try begin("enrol", limits(RunOverrides()))
        defer { end() }
        var warnings = try await checkPlacement()
        let facts = try await facts()
        let known = try await index.volumes()
        var adopts = false
        if case .found(let marker) = facts.marker {
            adopts = true
            let ours = known.first { $0.identity.uuid == marker.identity.uuid }
            if let ours, facts.refusal(expecting: ours) == nil {
                return try await renew(ours, warnings: warnings)
            }
            warnings.append(
                ours == nil
                    ? "the volume was enrolled before: its blobs are adopted by their hash"
                    : "the volume is not as the index left it: run verify after the next run")
        }
        let report = try await make(fanOut, reserveBytes, adopts: adopts, warnings: warnings)
        journal.write(
            .info, "VOLUME_ENROLLED",
            "volume \(report.identity.uuid.prefix(8)) on \(report.identity.fileSystem), \(report.folders) folders")
        return report
    }

    private func make(
        _ fanOut: FanOut, _ reserveBytes: Int64?, adopts: Bool, warnings: [String]
    ) async throws(Failure) -> EnrolReport {
        let (settings, files, time) = (settings, targetFiles, time)
        let worker = WorkerIdentity.current(command: command, time: time)
        let enrolment = try await blockingThrowing("enrol") { () throws(Failure) -> VolumeEnrolment in
            let path = PathBytes(settings.target)
            let request = VolumeEnrolment.Request(
                fanOut: fanOut, hash: settings.hash, adoptsEnrolled: adopts, reserveBytes: reserveBytes)
            return try VolumeEnrolment(path: path, files: files, request, as: worker, time: time)
        }
        do throws(Failure) {
            let identity = enrolment.indexed.identity
            let folders = try await makeFolders(beneath: enrolment.volume.root, identity.fanOut)
            try await index.enrol(enrolment.indexed)
            try await index.intend(enrolment.indexed.confirmed, volume: identity.uuid)
            try await blockingThrowing("enrol") { () throws(Failure) in try enrolment.finish() }
            try await index.confirm(enrolment.indexed.confirmed, volume: identity.uuid)
            var warnings = warnings
            if !enrolment.indexed.capabilities.directReads {
                warnings.append("no O_DIRECT there: read-back drops the cache first")
            }
            return EnrolReport(
                identity: identity, capabilities: enrolment.indexed.capabilities, adopted: adopts, wasKnown: false,
                folders: folders, warnings: warnings)
        } catch {
            enrolment.close()
            throw error
        }
    }

    private func renew(_ volume: IndexedVolume, warnings: [String]) async throws(Failure) -> EnrolReport {
        let target = try await open(volume, as: .current(command: command, time: time))
        let folders: Int
        do throws(Failure) {
            folders = try await makeFolders(beneath: target.gate.root, volume.identity.fanOut)
        } catch {
            await release(target)
            throw error
        }
        await release(target)
        return EnrolReport(
            identity: volume.identity, capabilities: volume.capabilities, adopted: false, wasKnown: true,
            folders: folders, warnings: warnings)
    }

    /// Gives the volume up for whoever comes next.
    func release(_ target: OpenTarget) async {
        _ = try? await blocking("volume") {
            target.close()
            target.gate.release()
        }
    }

    private func makeFolders(beneath root: Descriptor, _ fanOut: FanOut) async throws(Failure) -> Int {
        let files = targetFiles
        return try await blockingThrowing("enrol") { () throws(Failure) -> Int in
            do throws(FileError) {
                return try TargetFolders(files: files, root: root, fanOut: fanOut).make()
            } catch { throw error.failure }
        }
    }
}

/// All folders that blobs can need, made once.
struct TargetFolders {
    let files: any FileCalls
    let root: Descriptor
    let fanOut: FanOut

    /// Number of folders that hold blobs; durable when it returns.
    func make() throws(FileError) -> Int {
        try directory(OpenTarget.blobFolder, beneath: root)
        try directory(VolumeFolder.name / OpenTarget.quarantineFolder, beneath: root)
        let blobs = try files.open(OpenTarget.blobFolder, beneath: root, .directory)
        defer { try? files.close(blobs) }
        if fanOut.digits.count == 2 { try twoLevels(beneath: blobs) } else { try oneLevel(beneath: blobs) }
        try files.syncFileSystem(root)
        return fanOut.bucketCount
    }

    private func oneLevel(beneath blobs: Descriptor) throws(FileError) {
        for bucket in 0..<fanOut.bucketCount { try directory(PathBytes(fanOut.path(of: bucket)), beneath: blobs) }
    }

    private func twoLevels(beneath blobs: Descriptor) throws(FileError) {
        let perFolder = 1 << (4 * fanOut.digits[1])
        for first in stride(from: 0, to: fanOut.bucketCount, by: perFolder) {
            let path = Array(fanOut.path(of: first).utf8)
            let name = PathBytes(path.prefix { $0 != 47 })
            try directory(name, beneath: blobs)
            let folder = try files.open(name, beneath: blobs, .directory)
            defer { try? files.close(folder) }
            for bucket in first..<(first + perFolder) {
                try directory(PathBytes(fanOut.path(of: bucket).utf8.drop { $0 != 47 }.dropFirst()), beneath: folder)
            }
        }
    }

    private func directory(_ path: PathBytes, beneath folder: Descriptor) throws(FileError) {
        do throws(FileError) { try files.makeDirectory(path, beneath: folder, mode: 0o755) } catch {
            guard error.errno == EEXIST else { throw error }
        }
    }
}
