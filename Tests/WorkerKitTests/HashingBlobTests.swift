import BackupModel
import Testing
import WorkerKit

@Suite("Blob hasher")
struct HashingBlobTests {
    @Test("SHA-256 against sha256sum", .enabled(if: HashingOracle.sha256sum.isUsable))
    func sha256() throws {
        let lengths = Array(0...300) + [4_095, 4_096, 4_097, 65_537, 1_048_576, 3_000_000]
        let expected = try HashingOracle.sha256sum.hashes(ofPatternsOf: lengths)
        let hasher = try BlobHasher(.sha256)
        for (length, hash) in zip(lengths, expected) {
            HashingPattern.stream(0..<length, largest: 1 + length / 3, to: hasher.update)
            #expect(try hasher.finish() == hash, "\(length) bytes")
        }
    }

    @Test("BLAKE3 against b3sum, one hasher for many blobs", .enabled(if: HashingOracle.b3sum.isUsable))
    func blake3() throws {
        let lengths = [0, 1, 1_024, 1_025, 3_000_000, 65_536, 0, 7]
        let expected = try HashingOracle.b3sum.hashes(ofPatternsOf: lengths)
        let hasher = try BlobHasher(.blake3)
        for (length, hash) in zip(lengths, expected) {
            HashingPattern.stream(0..<length, to: hasher.update)
            #expect(try hasher.finish() == hash, "\(length) bytes")
        }
    }

    @Test("An abandoned blob leaves no trace in the next one", arguments: HashKind.allCases)
    func reset(kind: HashKind) throws {
        let hasher = try BlobHasher(kind)
        HashingPattern.stream(0..<10_000, to: hasher.update)
        let first = try hasher.finish()
        HashingPattern.stream(0..<3_333, to: hasher.update)
        hasher.reset()
        HashingPattern.stream(0..<10_000, to: hasher.update)
        #expect(try hasher.finish() == first)
    }

    @Test("The empty blob", arguments: HashKind.allCases)
    func emptyBlob(kind: HashKind) throws {
        let hasher = try BlobHasher(kind)
        hasher.update(UnsafeRawBufferPointer(start: nil, count: 0))
        let hash = try hasher.finish()
        #expect((hash == .emptySHA256) == (kind == .sha256))
        #expect(hash.matches(id: hash, size: 0))
        #expect(hash.matches(id: .emptySHA256, size: 0), "valid in every store")
    }

    @Test("sha256(\"\") names nothing but the empty blob")
    func onlyTheEmptyBlob() throws {
        let hasher = try BlobHasher(.blake3)
        HashingPattern.stream(0..<1, to: hasher.update)
        let hash = try hasher.finish()
        #expect(!hash.matches(id: .emptySHA256, size: 1))
        #expect(hash.matches(id: hash, size: 1))
        let other = BlobID(words: (hash.words.0, hash.words.1, hash.words.2, hash.words.3 ^ 1))
        #expect(!hash.matches(id: other, size: 1))
        #expect(!other.matches(id: hash, size: 0))
    }
}
