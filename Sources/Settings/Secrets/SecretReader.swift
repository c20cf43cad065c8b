package import BackupModel

/// Reads secrets from where the settings say they are; never from the environment.
package struct SecretReader: Hashable, Sendable {
    /// systemd's `CREDENTIALS_DIRECTORY`; nil when it gave none. It names a folder and holds no secret.
    package var credentials: String?
    /// The effective uid that must own the files, if root does not.
    package var user: UInt32

    /// Enough for a private key; whatever is larger is no password.
    package static let limit = 16 << 10

    package init(credentials: String?, user: UInt32) {
        self.credentials = credentials
        self.user = user
    }

    /// The secret without its line end. Blocks on the file. Fails with `SECRET_UNREADABLE`, and never tells what it
    /// read (J6, J13).
    package func read(_ source: SecretReference) throws(Failure) -> Secret {
        let (found, path) = try self.found(source)
        var bytes = found
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw failure(path, "the secret's file is empty") }
        guard !bytes.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else {
            throw failure(path, "the secret's file holds more than one line, or a NUL")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(path, "the secret's file is not UTF-8")
        }
        return Secret(text)
    }

    /// A secret of several lines, as a key's file is; the same care is taken with its file.
    package func readLines(_ source: SecretReference) throws(Failure) -> Secret {
        let (bytes, path) = try found(source)
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(path, "the secret's file is no text")
        }
        return Secret(text)
    }

    private func found(_ source: SecretReference) throws(Failure) -> (bytes: [UInt8], path: String) {
        let (path, trust) = try place(of: source)
        do throws(FileRefusal) {
            return (try TextSource.read(path, atMost: Self.limit, trust: trust), path)
        } catch {
            let reason =
                switch error {
                case .missing: "does not exist"
                case .refused(let reason): reason
                }
            throw failure(path, "the secret's file " + reason)
        }
    }

    private func place(of source: SecretReference) throws(Failure) -> (path: String, trust: FileTrust) {
        switch source {
        case .file(let path): return (path, .onlyReadableBy(user))
        case .credential(let name):
            guard let credentials, let folder = try? PlainPath.parse(credentials) else {
                throw failure(
                    name, "systemd gave no credentials", "Add LoadCredential=\(name):/path to the unit, or use file:.")
            }
            return (folder + "/" + name, .credential(user))
        }
    }

    private func failure(_ subject: String, _ message: String, _ hint: String = "") -> Failure {
        Failure(
            code: "SECRET_UNREADABLE", side: .settings, message: message, subject: Array(subject.utf8),
            hint: hint.isEmpty ? "One line, mode 0600 or 0400, owned by you or root, no symbolic link." : hint)
    }
}
