package import BackupModel
import CLinux
import Glibc

/// The real file calls: thin over the kernel, nothing allocated but the errors and the names that `list` gives.
///
/// A FIFO planted in a store does not hang its reader: files are opened without blocking. `syncFileSystem` reports
/// write-back errors since its descriptor was opened, so give it the root that was held from the start.
package struct LinuxFiles: FileCalls {
    package let side: Side

    package init(side: Side) { self.side = side }

    package func openRoot(_ path: PathBytes) throws(FileError) -> Descriptor {
        guard path.bytes.first == UInt8(ascii: "/") else { throw failure("open root", EINVAL, path) }
        return Descriptor(raw: try check("open root", path) { clinux_open_root($0) })
    }

    package func open(
        _ path: PathBytes, beneath directory: Descriptor, _ how: OpenHow
    ) throws(FileError) -> Descriptor {
        switch how {
        case .read:
            // Only the owner and root may leave the access time alone.
            do throws(FileError) {
                return try open(path, directory, clinux_open_read_noatime, 0)
            } catch  where error.errno == EPERM {
                return try open(path, directory, clinux_open_read, 0)
            } catch { throw error }
        case .readDirect: return try open(path, directory, clinux_open_read_direct, 0)
        case .create(let mode): return try open(path, directory, clinux_open_create, mode)
        case .readWrite(let mode): return try open(path, directory, clinux_open_read_write, mode)
        case .directory: return try open(path, directory, clinux_open_directory, 0)
        case .readAcross: return try open(path, directory, clinux_open_read_across, 0)
        case .directoryAcross: return try open(path, directory, clinux_open_directory_across, 0)
        case .unnamed(let mode): return try open(path, directory, clinux_open_unnamed, mode)
        }
    }

    package func close(_ file: Descriptor) throws(FileError) {
        // Linux frees the descriptor even when it answers EINTR or EIO: never again, always told (A17).
        try check("close", clinux_close(file.raw))
    }

    package func read(_ file: Descriptor, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        while true {
            let count = clinux_read(file.raw, base, buffer.count)
            if count >= 0 { return count }
            if count != -Int(EINTR) { throw failure("read", Int32(-count)) }
        }
    }

    package func write(_ file: Descriptor, from buffer: UnsafeRawBufferPointer) throws(FileError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        while true {
            let count = clinux_write(file.raw, base, buffer.count)
            if count >= 0 { return count }
            if count != -Int(EINTR) { throw failure("write", Int32(-count)) }
        }
    }

    package func allocate(_ file: Descriptor, bytes: Int64) throws(FileError) {
        try check("fallocate", again { clinux_allocate(file.raw, bytes) })
    }

    package func setDirect(_ file: Descriptor, _ isDirect: Bool) throws(FileError) {
        try check("fcntl", clinux_set_direct(file.raw, isDirect ? 1 : 0))
    }

    package func setModified(_ file: Descriptor, _ time: FileTime) throws(FileError) {
        try check("futimens", again { clinux_set_modified(file.raw, time.nanoseconds) })
    }

    package func sync(_ file: Descriptor) throws(FileError) { try check("fsync", clinux_fsync(file.raw)) }

    package func syncFileSystem(_ file: Descriptor) throws(FileError) {
        try check("syncfs", clinux_syncfs(file.raw))
    }

    package func dropCache(_ file: Descriptor) { clinux_drop_cache(file.raw) }

    package func space(of file: Descriptor) throws(FileError) -> VolumeSpace {
        var found = clinux_space()
        try check("statfs", again { clinux_space_of(file.raw, &found) })
        return VolumeSpace(
            free: found.free_bytes, capacity: found.capacity_bytes, freeInodes: found.free_inodes,
            isReadOnly: found.read_only != 0)
    }

    package func lock(_ file: Descriptor) throws(FileError) -> Bool {
        let result = again { clinux_lock_exclusive(file.raw) }
        if result == -EWOULDBLOCK { return false }
        try check("flock", result)
        return true
    }

    package func list(
        _ directory: Descriptor, _ body: (DirectoryEntry) throws(FileError) -> Void
    ) throws(FileError) {
        try check("list", clinux_rewind(directory.raw))
        // One buffer, whatever the size of the directory.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let count = clinux_entries(directory.raw, buffer.baseAddress, buffer.count)
            if count == -Int(EINTR) { continue }
            guard count >= 0 else { throw failure("list", Int32(-count)) }
            if count == 0 { return }
            var records = DirectoryRecords(bytes: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            while let entry = records.next() { try body(entry) }
        }
    }
}

// MARK: Errors

extension LinuxFiles {
    func failure(_ operation: String, _ errno: Int32, _ path: PathBytes = PathBytes([])) -> FileError {
        FileError(side: side, operation: operation, errno: errno, path: path)
    }

    @discardableResult
    func check(
        _ operation: String, _ result: Int32, _ path: @autoclosure () -> PathBytes = PathBytes([])
    ) throws(FileError) -> Int32 {
        guard result >= 0 else { throw failure(operation, -result, path()) }
        return result
    }

    /// Calls with the path as a C string, again when a signal came between.
    @discardableResult
    func check(
        _ operation: String, _ path: PathBytes, _ call: (UnsafePointer<CChar>) -> Int32
    ) throws(FileError) -> Int32 {
        try check(operation, path.withCString { name in again { call(name) } }, path)
    }

    func again(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            if result != -EINTR { return result }
        }
    }
}
