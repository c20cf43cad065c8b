package import BackupModel

/// Settings written back with every default filled in and values as they were understood (J4).
package enum SettingsEcho {
    /// TOML lines that read back as the same mirror.
    package static func lines(_ mirror: MirrorSettings) -> [String] {
        table("mirror.\(mirror.name)", KeyTables.mirrorRules, mirror)
    }

    /// TOML lines that read back as the same job.
    package static func lines(_ job: JobSettings) -> [String] {
        table("job.\(job.name)", KeyTables.jobRules, job)
    }

    /// TOML lines that read back as the same set.
    package static func lines(_ set: RecoverySetSettings) -> [String] {
        table("set.\(set.name)", KeyTables.setRules, set)
    }

    private static func table<Subject>(
        _ name: String, _ rules: [KeyRule<Subject>], _ subject: Subject
    ) -> [String] {
        ["[\(name)]"] + rules.compactMap { rule in rule.write(subject).map { "\(rule.key.name) = \($0)" } }
    }
}
