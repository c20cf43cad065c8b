import BackupModel
import Foundation
import Settings
import Testing

/// The smallest mirror that is whole.
let coldMirror = """
    [mirror.cold]
    source = "/data/cold/by-hash"
    target = "/mnt/backup"

    """

func parse(_ text: String) throws -> HoldfastSettings {
    try SettingsFile.parse(Array(text.utf8), file: "holdfast.toml")
}

/// The problems as the operator reads them; empty when the text was taken.
func complaints(_ text: String) -> [String] { complaints(Array(text.utf8)) }

func complaints(_ bytes: [UInt8]) -> [String] {
    do throws(SettingsError) {
        _ = try SettingsFile.parse(bytes, file: "holdfast.toml")
        return []
    } catch {
        return error.lines
    }
}

/// Runs `body` in a folder of its own, which is removed afterwards.
func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-settings-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.resolvingSymlinksInPath().path)
}

func write(_ text: String, to path: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}
