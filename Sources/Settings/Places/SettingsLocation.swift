package import BackupModel

/// Where settings, state and runtime files live, decided from the environment as a value.
///
/// The XDG variables win for everybody, root included; relative and empty ones count as unset, as their specification
/// demands. Without them root has `/etc/holdfast`, `/var/lib/holdfast` and `/run/holdfast`, as the system's unit
/// has, others the folders below `HOME`.
package struct SettingsLocation: Hashable, Sendable {
    /// Holds `holdfast.toml`, `keys.toml` and `themes/`.
    package let settingsFolder: String
    /// Holds the catalog, the index of each mirror, the lock and the log.
    package let stateFolder: String
    /// Holds the sockets.
    package let runtimeFolder: String

    /// Fails with `HOME_UNSET` when nothing says where a user's files are.
    package init(environment: [String: String], uid: UInt32) throws(Failure) {
        func folder(_ variable: String) -> String? {
            guard let value = environment[variable], let path = try? PlainPath.parse(value) else { return nil }
            return path
        }
        func choose(_ variable: String, root: String, below: String) throws(Failure) -> String {
            if let base = folder(variable) { return base + "/holdfast" }
            if uid == 0 { return root }
            guard let home = folder("HOME") else {
                throw Failure(
                    code: "HOME_UNSET", side: .settings, message: "neither \(variable) nor HOME is an absolute path",
                    hint: "Set \(variable), or HOME.")
            }
            return home + below
        }
        settingsFolder = try choose("XDG_CONFIG_HOME", root: "/etc/holdfast", below: "/.config/holdfast")
        stateFolder = try choose("XDG_STATE_HOME", root: "/var/lib/holdfast", below: "/.local/state/holdfast")
        runtimeFolder =
            folder("XDG_RUNTIME_DIR").map { $0 + "/holdfast" } ?? (uid == 0 ? "/run/holdfast" : stateFolder + "/run")
    }

    package var settingsFile: String { settingsFolder + "/holdfast.toml" }
    package var keysFile: String { settingsFolder + "/keys.toml" }
    package var logFolder: String { stateFolder + "/log" }
    package var engineLock: String { stateFolder + "/engine.lock" }

    /// The index of a mirror; names are checked, so this stays inside the state folder.
    package func mirrorIndex(_ name: String) -> String { stateFolder + "/mirrors/\(name).sqlite" }

    /// Where a theme of one's own is looked for: an absolute path as it is, a name in `themes/`.
    package func themeFile(_ theme: String) -> String {
        theme.hasPrefix("/") ? theme : settingsFolder + "/themes/\(theme).toml"
    }
}
