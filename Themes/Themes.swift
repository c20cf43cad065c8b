/// The built-in theme files, embedded in the binary so that one file installs.
package enum Themes {
    /// Name and TOML text of every built-in theme.
    package static let builtIn: [(name: String, text: [UInt8])] = [("terminal", PackageResources.terminal_toml)]
}
