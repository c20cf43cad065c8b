import BackupModel
import WorkerKit

/// Judges the demo's target by reading it, without asking the engine or its index.
struct DemoJudge {
    var target: String
    var fanOut: FanOut

    struct Verdict {
        var good = 0
        var missing: [BlobID] = []
        var wrong: [BlobID] = []
    }

    func judge(_ ids: [BlobID], _ files: some FileCalls) throws -> Verdict {
        let root = try files.openRoot(PathBytes(target + "/by-hash"))
        defer { try? files.close(root) }
        var verdict = Verdict()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        for id in ids {
            let path = PathBytes(fanOut.path(of: fanOut.bucket(of: id))) / PathBytes(id.hex)
            guard let file = try? files.open(path, beneath: root, .read) else {
                verdict.missing.append(id)
                continue
            }
            defer { try? files.close(file) }
            if try hash(file, files, buffer, isEmptyName: id == .emptySHA256) == id {
                verdict.good += 1
            } else {
                verdict.wrong.append(id)
            }
        }
        return verdict
    }

    private func hash(
        _ file: Descriptor, _ files: some FileCalls, _ buffer: UnsafeMutableRawBufferPointer, isEmptyName: Bool
    ) throws -> BlobID {
        let hasher = try BlobHasher(.blake3)
        var total = 0
        while true {
            let count = try files.read(file, into: buffer)
            if count == 0 { break }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            total += count
        }
        return total == 0 && isEmptyName ? .emptySHA256 : try hasher.finish()
    }
}
