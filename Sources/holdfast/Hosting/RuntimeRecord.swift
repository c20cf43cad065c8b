import BackupModel
import Foundation

/// Where the engine that has a state folder serves: one path in a file beside the engine's lock.
///
/// It stays when the engine ends: an old path leads to no socket, or to the engine that serves there now, which refuses
/// those who mean another state folder.
struct RuntimeRecord {
    private let file: String

    init(stateFolder: String) { file = stateFolder + "/engine.runtime" }

    /// The runtime folder; nil when none was written, or by somebody who is no engine.
    var folder: String? {
        guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
        defer { try? handle.close() }
        guard let bytes = try? handle.read(upToCount: 4096) else { return nil }
        let path = String(decoding: bytes, as: UTF8.self)
        return path.hasPrefix("/") && printable(path.utf8) == path ? path : nil
    }

    /// Without it an engine still serves those who look where it is.
    func write(_ folder: String) {
        try? Data(folder.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    }
}
