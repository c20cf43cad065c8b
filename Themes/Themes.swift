/// The built-in theme files, embedded in the binary so that one file installs.
package enum Themes {
    /// Name and TOML text of every built-in theme; the first is what all others stand on.
    package static let builtIn: [(name: String, text: [UInt8])] = [
        ("terminal", PackageResources.terminal_toml),
        ("dark", PackageResources.dark_toml),
        ("light", PackageResources.light_toml),
        ("mono", PackageResources.mono_toml),
        ("deuter", PackageResources.deuter_toml),
        ("high-contrast", PackageResources.high_contrast_toml),
    ]
}
