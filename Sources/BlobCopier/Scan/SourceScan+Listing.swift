import BackupModel
import Glibc
import Synchronization
import WorkerKit

extension SourceScan {
    /// Looks at a page of folders with all workers.
    func look(at range: Range<Int>, stamps: [Int: BucketStamp]) async -> [Look] {
        let answers = Answers([Look](repeating: .pending, count: range.count))
        await pool.perform(range.count) { number, _ in
            let bucket = range.lowerBound + number
            answers.set(number, self.look(at: bucket, known: stamps[bucket]))
        }
        return answers.all
    }

    /// Transient errors are tried again; any other error is an error, never an empty folder (I7).
    private func look(at bucket: Int, known: BucketStamp?) -> Look {
        let retry = RetryPolicy(retries: settings.retries, base: pace.retryBase)
        var attempt = 1
        while true {
            if control.isStopping { return .pending }
            do throws(FileError) { return try once(bucket, known) } catch {
                attempt += 1
                guard error.failure.isTransient, let pause = retry.pause(before: attempt, random: time.random()),
                    control.rest(seconds: pause)
                else { return .failed(error) }
                gauges.retries.add(1, ordering: .relaxed)
            }
        }
    }

    private func once(_ bucket: Int, _ known: BucketStamp?) throws(FileError) -> Look {
        let folder = PathBytes(source.fanOut.path(of: bucket))
        let status: FileStatus
        do throws(FileError) { status = try source.files.status(at: folder, beneath: source.root) } catch {
            guard error.errno == ENOENT else { throw error }
            return .absent
        }
        if let known, known.isSettled, known.modified == status.modified.nanoseconds,
            known.changed == status.changed.nanoseconds
        {
            return .unchanged
        }
        return .listed(try list(bucket, folder, status))
    }

    private func list(
        _ bucket: Int, _ path: PathBytes, _ status: FileStatus
    ) throws(FileError) -> ScannedBucket {
        let folder = try source.files.open(path, beneath: source.root, .directory)
        defer { try? source.files.close(folder) }
        let now = time.wall().milliseconds * 1_000_000
        var blobs: [(id: BlobID, size: Int64)] = []
        var foreign = 0
        try source.files.list(folder) { entry throws(FileError) in
            guard let id = BlobID(hex: entry.name.bytes), source.fanOut.bucket(of: id) == bucket,
                let size = try size(of: entry, in: folder)
            else {
                foreign += 1
                return
            }
            blobs.append((id, size))
        }
        blobs.sort { $0.id < $1.id }
        let newest = max(status.modified.nanoseconds, status.changed.nanoseconds)
        // Two seconds are the coarsest time stamp of any file system; a time in the future settles nothing.
        let stamp = BucketStamp(
            modified: status.modified.nanoseconds, changed: status.changed.nanoseconds,
            isSettled: now - newest > 2_000_000_000, count: blobs.count)
        return ScannedBucket(bucket: bucket, stamp: stamp, blobs: blobs, foreign: foreign)
    }

    /// Nil for what is no plain file; a name that went away since the listing is not there.
    private func size(of entry: DirectoryEntry, in folder: Descriptor) throws(FileError) -> Int64? {
        if let kind = entry.kind, kind != .file { return nil }
        do throws(FileError) {
            let status = try source.files.status(at: entry.name, beneath: folder)
            return status.kind == .file ? status.size : nil
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }
}

// MARK: Looking only

extension SourceScan {
    /// What a scan would add; the index stays as it is.
    func preview() async throws(Failure) -> Amount {
        let isFull = try await isFullDue(asked: false, now: time.wall())
        let stamps = try await index.stamps(volume: volume)
        var new = Amount()
        var seen = 0
        var bucket = 0
        while bucket < source.fanOut.bucketCount {
            if control.isStopping { throw .interrupted("dry run") }
            let range = bucket..<min(source.fanOut.bucketCount, bucket + pageSize)
            for (number, look) in await look(at: range, stamps: isFull ? [:] : stamps).enumerated() {
                switch look {
                case .unchanged: seen += stamps[range.lowerBound + number]?.count ?? 0
                case .absent: break
                case .listed(let listing):
                    seen += listing.blobs.count
                    new += try await unknown(in: listing, wasListed: stamps[listing.bucket] != nil)
                case .failed(let error): throw error.failure
                case .pending: throw .interrupted("dry run")
                }
            }
            bucket = range.upperBound
        }
        if let refusal = shrink.refusal(known: 0, seen: seen, vanished: 0, source: source.path) { throw refusal }
        return new
    }

    private func unknown(in listing: ScannedBucket, wasListed: Bool) async throws(Failure) -> Amount {
        var new = Amount()
        for blob in listing.blobs {
            if wasListed, try await index.record(of: blob.id, volume: volume) != nil { continue }
            new += Amount(count: 1, bytes: blob.size)
        }
        return new
    }
}
