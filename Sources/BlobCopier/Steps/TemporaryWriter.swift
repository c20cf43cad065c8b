import BackupModel
import Glibc
import WorkerKit

/// Writes a blob's bytes into its temporary: those of a large blob past the page cache.
///
/// So the disk is at work from the first piece on, the barrier finds little to flush, and the bytes are not copied once
/// more. What does not come in whole blocks, and everything where the file system has no `O_DIRECT`, goes through the
/// cache.
struct TemporaryWriter: ~Copyable {
    /// Below it a blob is quicker through the cache: measured, see `Docs/Benchmarks.md`.
    static let directFrom: Int64 = 256 << 10
    private static let block = 4096

    private let files: any FileCalls
    private let file: Descriptor
    private var isDirect: Bool

    init(files: any FileCalls, file: Descriptor, size: Int64) {
        self.files = files
        self.file = file
        // A convenience: whatever is wrong shows in the writing.
        isDirect = size >= Self.directFrom && (try? files.setDirect(file, true)) != nil
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes[...]
        while isDirect, rest.count >= Self.block {
            let blocks = UnsafeRawBufferPointer(rebasing: rest.prefix(rest.count & ~(Self.block - 1)))
            do throws(FileError) {
                let count = try files.write(file, from: blocks)
                rest = rest.dropFirst(count)
                if count == 0 || count % Self.block != 0 { try goThroughCache() }
            } catch {
                guard error.errno == EINVAL, isDirect else { throw error }
                try goThroughCache()
            }
        }
        if rest.isEmpty { return }
        if isDirect { try goThroughCache() }
        try files.writeAll(UnsafeRawBufferPointer(rebasing: rest), to: file)
    }

    private mutating func goThroughCache() throws(FileError) {
        try files.setDirect(file, false)
        isDirect = false
    }
}
