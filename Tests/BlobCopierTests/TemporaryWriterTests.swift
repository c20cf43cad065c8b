import BackupModel
import Foundation
import Glibc
import Testing
import WorkerKit

@testable import BlobCopier

/// Large blobs go past the page cache; whatever the pieces and the faults, the bytes are the same.
@Suite struct TemporaryWriterTests {
    @Test(
        "every size in every piece arrives whole",
        arguments: [0, 1, 4095, 262_144, 300_001, 1_048_576, 1_048_577], [4096, 65_536, 10_000])
    func whole(size: Int, piece: Int) throws { try check(size: size, piece: piece, []) }

    static let faults: [FaultRule] = [
        FaultRule(.short(1000), [.write], times: nil), FaultRule(.short(8192), [.write], times: nil),
        FaultRule(.fail(EINVAL), [.write]), FaultRule(.fail(EINVAL), [.setDirect]),
        FaultRule(.fail(EINVAL), [.write], from: 2),
    ]

    @Test("A18 short, refused and unaligned writes are finished through the cache", arguments: faults.indices)
    func finished(rule: Int) throws { try check(size: 1_048_577, piece: 262_144, [Self.faults[rule]]) }

    @Test("an error of the disk is not taken for a want of alignment")
    func failing() {
        #expect(throws: FileError.self) {
            try check(size: 1_048_577, piece: 262_144, [FaultRule(.fail(EIO), [.write], from: 2)])
        }
    }

    private func check(size: Int, piece: Int, _ rules: [FaultRule]) throws {
        let folder = NSTemporaryDirectory() + "writer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = FaultyFiles(LinuxFiles(side: .destination), FaultPlan(rules))
        let root = try files.openRoot(PathBytes(folder))
        defer { try? files.close(root) }
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 12) }
        let file = try files.open("blob", beneath: root, .create(mode: 0o600))
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 4096)
        defer { page.deallocate() }
        var writer = TemporaryWriter(files: files, file: file, size: Int64(size))
        for start in stride(from: 0, to: size, by: piece) {
            let part = bytes[start..<min(size, start + piece)]
            page.copyBytes(from: part)
            try writer.write(UnsafeRawBufferPointer(rebasing: page[..<part.count]))
        }
        try files.close(file)
        #expect(FileManager.default.contents(atPath: folder + "/blob") == Data(bytes))
    }
}
