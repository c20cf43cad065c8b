import BackupModel
import CBlake3
import Foundation
import Testing

/// Programs that share no code with ours and judge its hashes.
enum HashingOracle: String {
    case b3sum, sha256sum

    /// With `HOLDFAST_REQUIRE_ALL=1` a missing program is a failed test, not a skipped one.
    static var requiresAll: Bool { ProcessInfo.processInfo.environment["HOLDFAST_REQUIRE_ALL"] == "1" }

    var isUsable: Bool { Self.requiresAll || program != nil }

    private var program: String? {
        ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + rawValue }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The hashes of these files of a folder, in one run, in their order.
    func hashes(of names: [String], in folder: URL) throws -> [BlobID] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(program, "\(rawValue) is not installed"))
        process.arguments = names
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let hashes = text.split(separator: UInt8(ascii: "\n")).compactMap { BlobID(hex: $0.prefix(64)) }
        try #require(hashes.count == names.count)
        return hashes
    }

    /// The hashes of the pattern's beginnings of these lengths.
    func hashes(ofPatternsOf lengths: [Int]) throws -> [BlobID] {
        try HashingPattern.withFolder { folder in
            for length in lengths { try HashingPattern.write(length, to: folder.appending(path: "\(length)")) }
            return try hashes(of: lengths.map { "\($0)" }, in: folder)
        }
    }
}

/// The input of the published test vectors: 0, 1, ... 250, 0, 1, ...
enum HashingPattern {
    /// A whole number of periods, so that repeating it goes on with the pattern.
    static let piece: [UInt8] = {
        var bytes = (0..<251).map { UInt8($0) }
        while bytes.count < 1_000_000 { bytes += bytes }
        return bytes
    }()

    /// Gives the bytes `range` of the pattern, in pieces of at most `largest` bytes.
    static func stream(_ range: Range<Int>, largest: Int = .max, to take: (UnsafeRawBufferPointer) throws -> Void)
        rethrows
    {
        try piece.withUnsafeBytes { piece in
            var at = range.lowerBound
            while at < range.upperBound {
                let begin = at % piece.count
                let count = min(range.upperBound - at, piece.count - begin, largest)
                try take(UnsafeRawBufferPointer(rebasing: piece[begin..<begin + count]))
                at += count
            }
        }
    }

    static func write(_ length: Int, to file: URL) throws {
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try stream(0..<length) { try handle.write(contentsOf: Data($0)) }
    }

    static func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-hashing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}

/// A message under one kernel.
final class KernelHasher {
    private let hasher = UnsafeMutablePointer<cblake3_hasher>.allocate(capacity: 1)

    init(_ kernel: cblake3_kernel) throws { try #require(cblake3_init_with(hasher, kernel)) }

    deinit { hasher.deallocate() }

    func update(_ bytes: UnsafeRawBufferPointer) { cblake3_update(hasher, bytes.baseAddress, bytes.count) }

    var hash: BlobID? {
        BlobID(
            bytes: [UInt8](unsafeUninitializedCapacity: 32) { out, count in
                cblake3_finalize(hasher, out.baseAddress)
                count = 32
            })
    }

    static func hash(ofPatternOf length: Int, largest: Int = .max, kernel: cblake3_kernel) throws -> BlobID? {
        let hasher = try KernelHasher(kernel)
        HashingPattern.stream(0..<length, largest: largest, to: hasher.update)
        return hasher.hash
    }
}
