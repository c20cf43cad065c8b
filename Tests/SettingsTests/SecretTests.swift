import BackupModel
import Foundation
import Glibc
import Settings
import Testing

@Suite struct SecretTests {
    private func reader(_ credentials: String? = nil) -> SecretReader {
        SecretReader(credentials: credentials, user: geteuid())
    }

    /// What is said of the source, or the secret itself where it was read.
    private func outcome(_ source: SecretReference, credentials: String? = nil) -> String {
        do throws(Failure) {
            return "read " + (try reader(credentials).read(source).revealed)
        } catch {
            #expect(error.code == "SECRET_UNREADABLE")
            return error.message
        }
    }

    @Test(
        "J6 only files that nobody else can read are secrets",
        arguments: [
            (0o600, "read hunter2"), (0o400, "read hunter2"),
            (0o640, "the secret's file can be read by others; run: chmod 600"),
            (0o604, "the secret's file can be read by others; run: chmod 600"),
            (0o620, "the secret's file can be changed by others; run: chmod go-w"),
        ])
    func modes(mode: Int, expected: String) throws {
        try withFolder { folder in
            try write("hunter2\n", to: folder + "/s", mode: mode)
            #expect(outcome(.file(folder + "/s")) == expected)
        }
    }

    @Test(
        "J9 what is no secret is told without repeating it",
        arguments: [
            ("", "the secret's file is empty"), ("\n", "the secret's file is empty"),
            ("hunter2\nhunter3\n", "the secret's file holds more than one line, or a NUL"),
            ("hunter2\0", "the secret's file holds more than one line, or a NUL"),
            ("hunter2\r\n", "read hunter2"), ("hunter 2", "read hunter 2"),
            (String(repeating: "h", count: 17_000), "the secret's file is larger than 16.0 KiB"),
        ])
    func contents(text: String, expected: String) throws {
        try withFolder { folder in
            try write(text, to: folder + "/s")
            #expect(outcome(.file(folder + "/s")) == expected)
        }
    }

    @Test("J7 links, pipes and missing files are refused") func places() throws {
        try withFolder { folder in
            try write("hunter2", to: folder + "/s")
            #expect(symlink(folder + "/s", folder + "/link") == 0)
            #expect(mkfifo(folder + "/pipe", 0o600) == 0)
            #expect(
                outcome(.file(folder + "/link"))
                    == "the secret's file is a symbolic link; secrets must be a plain file")
            #expect(outcome(.file(folder + "/pipe")) == "the secret's file is not a plain file")
            #expect(outcome(.file(folder + "/none")) == "the secret's file does not exist")
        }
    }

    @Test("J6 a stranger's secret is refused", .enabled(if: geteuid() == 0, "only root can give files away"))
    func foreign() throws {
        try withFolder { folder in
            try write("hunter2", to: folder + "/s")
            #expect(chown(folder + "/s", 4711, 4711) == 0)
            #expect(outcome(.file(folder + "/s")).contains("belongs to user 4711"))
        }
    }

    @Test("J13 credentials come from the folder that systemd names") func credentials() throws {
        try withFolder { folder in
            try write("hunter2\n", to: folder + "/mail", mode: 0o440)
            #expect(outcome(.credential("mail"), credentials: folder) == "read hunter2")
            #expect(outcome(.credential("mail")) == "systemd gave no credentials")
            #expect(outcome(.credential("mail"), credentials: "run/x") == "systemd gave no credentials")
            try write("hunter2\n", to: folder + "/open", mode: 0o444)
            #expect(outcome(.credential("open"), credentials: folder).contains("can be read by others"))
        }
    }

    @Test("J13 a secret shows itself to nobody") func hidden() throws {
        try withFolder { folder in
            try write("hunter2\n", to: folder + "/s")
            let secret = try reader().read(.file(folder + "/s"))
            var dumped = ""
            Swift.dump(secret, to: &dumped)
            let shown = "\(secret) \(String(reflecting: secret)) \([secret]) " + dumped
            #expect(!shown.contains("hunter2"))
        }
    }
}
