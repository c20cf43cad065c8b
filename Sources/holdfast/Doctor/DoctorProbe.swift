import BackupModel
import Foundation
import Settings
import Synchronization
import WorkerKit

/// Finds the facts out on this machine. Changes nothing but one empty folder of its own, removed at once. Blocks.
struct DoctorProbe {
    var settings: HoldfastSettings
    var location: SettingsLocation
    var environment: [String: String]

    /// A mount or name server that does not answer by then is told as such.
    private static let patience = 5.0

    func facts() -> DoctorFacts {
        var facts = DoctorFacts()
        facts.user = geteuid()
        facts.state = folder(location.stateFolder)
        facts.runtime = folder(settings.engine.runtimeFolder ?? location.runtimeFolder)
        facts.stopFile = access(location.stateFolder + "/STOP", F_OK) == 0
        for mirror in settings.mirrors { facts.mirrors[mirror.name] = ends(of: mirror) }
        facts.blake3IsRight = hash(.blake3, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")
        facts.sha256IsRight = hash(.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        facts.instructions = ProcFiles.instructions(ProcFiles.read("/proc/cpuinfo"))
        facts.libraries = LibraryVersions.all
        facts.kernel = ProcFiles.read("/proc/sys/kernel/osrelease").trimmed
        facts.calls = calls()
        facts.openFiles = limit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue))
        facts.coreLimit = limit(__rlimit_resource_t(RLIMIT_CORE.rawValue))
        facts.memory = ProcFiles.memory()
        facts.clockIsSynchronised = clock()
        facts.zone = TimeZone.current.identifier
        facts.now = WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        terminal(&facts)
        facts.hasSystemd = access("/run/systemd/system", F_OK) == 0
        facts.lingers = facts.user == 0 ? nil : access("/var/lib/systemd/linger/" + NSUserName(), F_OK) == 0
        needs(&facts)
        return facts
    }

    private func folder(_ path: String) -> DoctorFacts.Folder {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return DoctorFacts.Folder(path: path, exists: false, isWritable: canMake(path))
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        return DoctorFacts.Folder(
            path: path, isWritable: isFolder && access(path, W_OK | X_OK) == 0,
            isOpenToOthers: status.st_mode & 0o022 != 0)
    }

    /// Whether the nearest folder above that exists may be written.
    private func canMake(_ path: String) -> Bool {
        var above = path
        while above.count > 1, access(above, F_OK) != 0 { above = (above as NSString).deletingLastPathComponent }
        return access(above, W_OK | X_OK) == 0
    }

    private func ends(of mirror: MirrorSettings) -> DoctorFacts.Mirror {
        let source = mirror.source
        let readable = Bounded.run(seconds: Self.patience) { access(source, R_OK | X_OK) == 0 }
        let path = mirror.target
        let target = Bounded.run(seconds: Self.patience) { Self.target(path) }
        return DoctorFacts.Mirror(sourceIsReadable: readable, target: target)
    }

    private static func target(_ path: String) -> DoctorFacts.Target {
        var (here, above) = (stat(), stat())
        guard stat(path, &here) == 0 else { return DoctorFacts.Target(exists: false) }
        let isRoot = stat(path + "/..", &above) == 0 && (here.st_dev != above.st_dev || here.st_ino == above.st_ino)
        var space = statvfs()
        let free = statvfs(path, &space) == 0 ? Int64(space.f_bavail) * Int64(space.f_frsize) : 0
        return DoctorFacts.Target(
            exists: true, isMountRoot: isRoot, isWritable: access(path, W_OK | X_OK) == 0,
            isEnrolled: access(path + "/.holdfast/volume.json", F_OK) == 0, free: free)
    }

    /// The hash of nothing, as the specifications give it.
    private func hash(_ kind: HashKind, _ expected: String) -> Bool {
        guard let hasher = try? BlobHasher(kind), let id = try? hasher.finish() else { return false }
        return "\(id)" == expected
    }

    private func calls() -> [String: Bool] {
        let files = LinuxFiles(side: .engine)
        let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-doctor-\(getpid())").path
        guard mkdir(folder, 0o700) == 0, let root = try? files.openRoot(PathBytes(folder)) else { return [:] }
        defer {
            for name in ["a", "b"] { _ = rmdir(folder + "/" + name) }
            _ = rmdir(folder)
            try? files.close(root)
        }
        let made = mkdir(folder + "/a", 0o700) == 0
        return [
            "openat2": made && (try? files.status(at: "a", beneath: root)) != nil,
            "renameat2": (try? files.rename("a", to: "b", in: root)) != nil,
            "syncfs": (try? files.syncFileSystem(root)) != nil,
        ]
    }

    private func limit(_ resource: __rlimit_resource_t) -> UInt64 {
        var value = rlimit()
        return getrlimit(resource, &value) == 0 ? UInt64(value.rlim_cur) : 0
    }

    private func clock() -> Bool? {
        if access("/run/systemd/timesync/synchronized", F_OK) == 0 { return true }
        return LibraryVersions.clockIsSynchronised
    }

    private func terminal(_ facts: inout DoctorFacts) {
        facts.hasTerminal = isatty(STDIN_FILENO) == 1 || isatty(STDOUT_FILENO) == 1
        facts.term = environment["TERM"] ?? ""
        let first = facts.term.prefix(1)
        let folders = [
            "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", (environment["HOME"] ?? "") + "/.terminfo",
        ]
        facts.termIsKnown =
            !first.isEmpty && !facts.term.contains("/")
            && folders.contains { access("\($0)/\(first)/\(facts.term)", R_OK) == 0 }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        facts.localeIsUTF8 = ["utf-8", "utf8"].contains { locale.lowercased().contains($0) }
    }

    private func needs(_ facts: inout DoctorFacts) {
        let needs = DoctorNeeds(settings)
        for (path, _) in needs.programs { facts.programs[path] = program(path) }
        let reader = SecretReader(credentials: environment["CREDENTIALS_DIRECTORY"], user: facts.user)
        for text in needs.secrets.keys {
            guard let reference = SecretReference(text) else { continue }
            do throws(Failure) {
                _ = try reader.read(reference)
                facts.secrets[text] = .some(nil)
            } catch {
                facts.secrets[text] = error.message
            }
        }
        for host in needs.hosts.keys {
            facts.hosts[host] = Bounded.run(seconds: Self.patience) { Self.resolves(host) } ?? false
        }
    }

    private func program(_ path: String) -> DoctorFacts.Program {
        let candidates =
            path.hasPrefix("/")
            ? [path] : (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { $0 + "/" + path }
        var status = stat()
        guard let found = candidates.first(where: { stat($0, &status) == 0 }) else { return .missing }
        guard status.st_mode & S_IFMT == S_IFREG, access(found, X_OK) == 0 else { return .notExecutable }
        return status.st_mode & 0o022 != 0 ? .changeableByOthers : .found
    }

    private static func resolves(_ host: String) -> Bool {
        var list: UnsafeMutablePointer<addrinfo>?
        defer { if let list { freeaddrinfo(list) } }
        return getaddrinfo(host, nil, nil, &list) == 0
    }
}

/// Runs what may hang on a thread of its own and waits for so long; a thread that hangs is left behind.
enum Bounded {
    static func run<Value: Sendable>(seconds: Double, _ body: @escaping @Sendable () -> Value) -> Value? {
        let box = Mutex<Value?>(nil)
        let shared = Shared(box: box)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            let value = body()
            shared.box.withLock { $0 = value }
            done.signal()
        }
        thread.start()
        _ = done.wait(timeout: .now() + seconds)
        return shared.box.withLock { $0 }
    }

    private final class Shared<Value: Sendable>: Sendable {
        let box: Mutex<Value?>

        init(box: consuming Mutex<Value?>) { self.box = box }
    }
}
