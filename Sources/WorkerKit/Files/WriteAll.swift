import Glibc

extension FileCalls {
    /// Writes everything: short writes are continued; three writes in a row without progress are EIO (A18).
    package func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Descriptor) throws(FileError) {
        var rest = bytes[...]
        var idle = 0
        while !rest.isEmpty {
            let count = try write(file, from: UnsafeRawBufferPointer(rebasing: rest))
            rest = rest.dropFirst(count)
            idle = count > 0 ? 0 : idle + 1
            if idle == 3 { throw FileError(side: side, operation: "write", errno: EIO, path: PathBytes([])) }
        }
    }

    /// Writes everything, for small buffers of our own.
    package func writeAll(_ bytes: [UInt8], to file: Descriptor) throws(FileError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try writeAll(buffer, to: file) }
        }
        try result.get()
    }

    /// Reads a small file of ours from its start; EFBIG when it holds more than `limit` bytes.
    package func readAll(_ file: Descriptor, limit: Int) throws(FileError) -> [UInt8] {
        var content: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(file, into: buffer)
            if count == 0 { return content }
            content.append(contentsOf: buffer[..<count])
            guard content.count <= limit else {
                throw FileError(side: side, operation: "read", errno: EFBIG, path: PathBytes([]))
            }
        }
    }

    /// Opens, calls and closes; a failing close is an error too (A17) unless `body` failed already.
    package func withFile<T>(
        _ path: PathBytes, beneath directory: Descriptor, _ how: OpenHow,
        _ body: (Descriptor) throws(FileError) -> T
    ) throws(FileError) -> T {
        let file = try open(path, beneath: directory, how)
        let value: T
        do throws(FileError) { value = try body(file) } catch {
            try? close(file)
            throw error
        }
        try close(file)
        return value
    }
}
