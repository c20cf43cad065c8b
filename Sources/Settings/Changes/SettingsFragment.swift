package import BackupModel
import Glibc

/// A new table in a file of its own in the include folder; existing files are never touched.
package enum SettingsFragment {
    /// `[job.NAME]` with what differs from the defaults.
    package static func text(_ job: JobSettings) -> String {
        let standard = JobSettings(name: job.name, kind: job.kind)
        let pairs = KeyTables.jobRules.compactMap { rule -> String? in
            guard let value = rule.write(job), rule.isRequired || value != rule.write(standard) else { return nil }
            return "\(rule.key.name) = \(value)"
        }
        return (["[job.\(job.name)]"] + pairs).joined(separator: "\n") + "\n"
    }

    /// Judges the job together with all settings and then puts it in place, whole or not at all; returns the new
    /// file's path. Blocks.
    ///
    /// Fails with `SETTINGS_INVALID` where the settings are wrong, with it or without; with `FRAGMENT_EXISTS` where a
    /// file of that name is; with `FRAGMENT_UNWRITTEN` where the system refuses.
    package static func write(_ job: JobSettings, settings path: String, user: UInt32) throws(Failure) -> String {
        guard MirrorName.isValid(job.name) else {
            throw refusal(
                "JOB_NAME_INVALID", job.name,
                "cannot name a job: 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit")
        }
        let text = text(job)
        let loaded = try load(path, user)
        let folder = loaded.includeFolder
        let file = folder + "/job-\(job.name).toml"
        guard !loaded.files.contains(file) else { throw exists(file) }
        let fragment = SettingsText(file: file, bytes: Array(text.utf8))
        let together = try load(path, user, adding: fragment)
        guard together.settings.jobs.contains(job) else {
            throw refusal("FRAGMENT_DIFFERS", job.name, "the job would not be read back as it was meant")
        }
        try place(text, in: folder, as: "job-\(job.name).toml")
        return file
    }

    private static func load(
        _ path: String, _ user: UInt32, adding fragment: SettingsText? = nil
    ) throws(Failure) -> LoadedSettings {
        do throws(SettingsError) {
            return try SettingsFile.load(path, user: user, adding: fragment)
        } catch {
            throw error.failure
        }
    }

    /// Under a hidden name first, which no reader takes; the link to the final name never replaces one.
    private static func place(_ text: String, in folder: String, as name: String) throws(Failure) {
        if mkdir(folder, 0o755) != 0, errno != EEXIST { throw unwritten(folder, "mkdir") }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw unwritten(folder, "open") }
        defer { close(directory) }
        let hidden = ".\(name).\(getpid()).tmp"
        let file = openat(directory, hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw unwritten(folder + "/" + hidden, "open") }
        defer {
            close(file)
            unlinkat(directory, hidden, 0)
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { throw unwritten(name, "write") }
        }
        guard fsync(file) == 0 else { throw unwritten(name, "fsync") }
        guard linkat(directory, hidden, directory, name, 0) == 0 else {
            guard errno == EEXIST else { throw unwritten(folder + "/" + name, "link") }
            throw exists(folder + "/" + name)
        }
        guard fsync(directory) == 0 else { throw unwritten(folder, "fsync") }
    }

    private static func exists(_ file: String) -> Failure {
        refusal("FRAGMENT_EXISTS", file, "there is such a file already")
    }

    private static func unwritten(_ subject: String, _ operation: String) -> Failure {
        let number = errno
        return Failure(
            code: "FRAGMENT_UNWRITTEN", side: .settings, message: "the new settings could not be written",
            subject: Array(subject.utf8), errno: number, operation: operation, hint: "Nothing was changed.")
    }

    private static func refusal(_ code: String, _ subject: String, _ message: String) -> Failure {
        Failure(
            code: code, side: .settings, message: message, subject: Array(subject.utf8), hint: "Nothing was changed.")
    }
}
