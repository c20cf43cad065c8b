import BackupModel
import Glibc
import Synchronization
import WorkerKit

extension SourceScan {
    /// Which of all folders are there: a store of few blobs has few of the 65,536.
    func folders() async throws(Failure) -> [Bool] {
        let fanOut = source.fanOut
        let isDeep = fanOut.digits.count == 2
        let parents = isDeep ? fanOut.bucketCount >> (4 * fanOut.digits[1]) : 1
        let width = fanOut.bucketCount / parents
        let answers = Answers([Result<[Int], FileError>?](repeating: nil, count: parents))
        await pool.perform(parents) { parent, _ in
            // The folder of a parent's first bucket begins with the parent's own name.
            let name = isDeep ? fanOut.path(of: parent * width).prefix(fanOut.digits[0]) : "."
            answers.set(parent, self.persist { () throws(FileError) in try self.children(of: PathBytes(String(name))) })
        }
        var isThere = [Bool](repeating: false, count: fanOut.bucketCount)
        for (parent, answer) in answers.all.enumerated() {
            switch answer {
            case nil: throw .interrupted("scan")
            case .failure(let error): throw error.failure
            case .success(let children):
                for child in children where child < width { isThere[parent * width + child] = true }
            }
        }
        return isThere
    }

    /// The numbers that a folder's entries are, read as hex digits.
    private func children(of folder: PathBytes) throws(FileError) -> [Int] {
        var children: [Int] = []
        do throws(FileError) {
            let opened = try source.files.open(folder, beneath: source.root, .directory)
            defer { try? source.files.close(opened) }
            try source.files.list(opened) { entry throws(FileError) in
                if let number = Int(String(decoding: entry.name.bytes, as: UTF8.self), radix: 16), number >= 0 {
                    children.append(number)
                }
            }
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
        return children
    }

    /// Looks at a page of folders.
    func look(at range: Range<Int>, of folders: [Bool], stamps: [Int: BucketStamp]) async -> [Look] {
        let answers = Answers(range.map { folders[$0] ? Look.pending : .absent })
        let wanted = range.filter { folders[$0] }
        await pool.perform(wanted.count, lanes: lanes) { number, _ in
            let bucket = wanted[number]
            let look = self.persist { () throws(FileError) in try self.look(at: bucket, known: stamps[bucket]) }
            switch look {
            case nil: break
            case .success(let look): answers.set(bucket - range.lowerBound, look)
            case .failure(let error): answers.set(bucket - range.lowerBound, .failed(error))
            }
        }
        return answers.all
    }

    /// Transient errors are tried again; any other error is an error, never an empty folder (I7). Nil when the run ends.
    private func persist<T>(_ body: () throws(FileError) -> T) -> Result<T, FileError>? {
        let retry = RetryPolicy(retries: settings.retries, base: pace.retryBase)
        var attempt = 1
        while true {
            if control.isStopping { return nil }
            do throws(FileError) { return .success(try body()) } catch {
                attempt += 1
                guard error.failure.isTransient, let pause = retry.pause(before: attempt, random: time.random()),
                    control.rest(seconds: pause)
                else { return .failure(error) }
                gauges.retries.add(1, ordering: .relaxed)
            }
        }
    }

    private func look(at bucket: Int, known: BucketStamp?) throws(FileError) -> Look {
        let folder: Descriptor
        do throws(FileError) {
            folder = try source.files.open(PathBytes(source.fanOut.path(of: bucket)), beneath: source.root, .directory)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return .absent
        }
        defer { try? source.files.close(folder) }
        let status = try source.files.status(of: folder)
        if let known, known.isSettled, known.modified == status.modified.nanoseconds,
            known.changed == status.changed.nanoseconds
        {
            return .unchanged
        }
        return .listed(try list(bucket, folder, status))
    }

    private func list(
        _ bucket: Int, _ folder: Descriptor, _ status: FileStatus
    ) throws(FileError) -> ScannedBucket {
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
        let folders = try await folders()
        var new = Amount()
        var seen = 0
        var bucket = 0
        while bucket < source.fanOut.bucketCount {
            if control.isStopping { throw .interrupted("dry run") }
            let range = bucket..<min(source.fanOut.bucketCount, bucket + pageSize)
            let looks = await look(at: range, of: folders, stamps: isFull ? [:] : stamps)
            for (number, look) in looks.enumerated() {
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
