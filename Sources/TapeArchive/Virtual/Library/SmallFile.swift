import BackupModel
import Foundation
import Glibc
import WorkerKit

/// A small file that is replaced as a whole, so that a power cut leaves the old one or the new one.
struct SmallFile {
    var name: PathBytes
    var folder: Descriptor
    var files: any FileCalls

    private static let limit = 64 << 20

    func write(_ bytes: [UInt8]) throws(FileError) {
        let new = PathBytes(name.bytes + Array(".new".utf8))
        do throws(FileError) { try files.unlink(new, in: folder) } catch  where error.errno == ENOENT {}
        try files.withFile(new, beneath: folder, .create(mode: 0o644)) { file throws(FileError) in
            try files.writeAll(bytes, to: file)
            try files.sync(file)
        }
        try files.replace(new, to: name, in: folder)
        try files.sync(folder)
    }

    func read() throws(FileError) -> [UInt8] {
        try files.withFile(name, beneath: folder, .read) { file throws(FileError) in
            try files.readAll(file, limit: Self.limit)
        }
    }

    func write(json value: some Encodable) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do { try write(Array(encoder.encode(value)) + [10]) } catch let error as FileError { throw error } catch {
            throw FileError(side: files.side, operation: "encode", errno: EINVAL, path: name)
        }
    }

    func read<T: Decodable>(_ type: T.Type) throws(FileError) -> T {
        let bytes = try read()
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw FileError(side: files.side, operation: "read JSON", errno: EUCLEAN, path: name)
        }
    }
}
