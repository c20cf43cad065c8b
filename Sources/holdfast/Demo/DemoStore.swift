import BackupModel
import Glibc
import WorkerKit

/// Makes a blob store with the size distribution of the NTT survey, the same for the same seed.
///
/// Median 3 KB, 75 % under 10 KB, a few large: log-normal with sigma = ln(10/3) / 0.6745, cut at 32 MiB. One blob is
/// empty and bears NTT's name for it, `sha256("")`.
struct DemoStore {
    static let fanOut = FanOut([2, 1]) ?? .standard

    var folder: String
    var blobCount: Int
    var seed: UInt64 = 20_251_013

    struct Made {
        var amount = Amount()
        /// In order of name.
        var ids: [BlobID] = []
    }

    /// Writes the blobs below `folder`; `progress` hears how many there are, every thousand.
    func make(_ files: some FileCalls, progress: (Int) -> Void) throws -> Made {
        let root = try files.openRoot(PathBytes(folder))
        defer { try? files.close(root) }
        var random = SplitMix(state: seed)
        var made = Made()
        var folders: Set<Int> = []
        for number in 0..<blobCount {
            let content = number == 0 ? [] : random.bytes(count: size(&random))
            let id = number == 0 ? BlobID.emptySHA256 : try name(of: content)
            try place(content, id, files, root, &folders)
            made.ids.append(id)
            made.amount += Amount(count: 1, bytes: Int64(content.count))
            if number % 1000 == 999 { progress(number + 1) }
        }
        made.ids.sort()
        return made
    }

    private func size(_ random: inout SplitMix) -> Int {
        let gaussian = sqrt(-2 * log(max(1e-12, random.unit()))) * cos(2 * .pi * random.unit())
        return max(1, Int(min(32 * 1024 * 1024, 3000 * exp(1.785 * gaussian))))
    }

    private func name(of content: [UInt8]) throws -> BlobID {
        let hasher = try BlobHasher(.blake3)
        content.withUnsafeBytes { hasher.update($0) }
        return try hasher.finish()
    }

    private func place(
        _ content: [UInt8], _ id: BlobID, _ files: some FileCalls, _ root: Descriptor, _ folders: inout Set<Int>
    ) throws {
        let bucket = DemoStore.fanOut.bucket(of: id)
        let path = DemoStore.fanOut.path(of: bucket)
        if folders.insert(bucket).inserted {
            let outer = PathBytes(path.split(separator: "/")[0].utf8)
            if (try? files.status(at: outer, beneath: root)) == nil {
                try files.makeDirectory(outer, beneath: root, mode: 0o755)
            }
            try files.makeDirectory(PathBytes(path), beneath: root, mode: 0o755)
        }
        let file = try files.open(PathBytes(path) / PathBytes(id.hex), beneath: root, .create(mode: 0o644))
        defer { try? files.close(file) }
        try files.writeAll(content, to: file)
    }
}

/// Sebastiano Vigna's SplitMix64: small, seedable and good enough to fill files.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Evenly spread over 0 to 1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    mutating func bytes(count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            var index = 0
            while index < count {
                let word = next()
                for shift in 0..<min(8, count - index) {
                    buffer[index + shift] = UInt8(truncatingIfNeeded: word >> UInt64(shift * 8))
                }
                index += 8
            }
            used = count
        }
    }
}
