import BackupModel
import Settings

/// All that `doctor` found out about the machine; nil: it could not be found out.
struct DoctorFacts: Hashable {
    /// A folder of ours.
    struct Folder: Hashable {
        var path: String
        var exists = true
        var isWritable = true
        /// Others may read or change what lies in it.
        var isOpenToOthers = false
    }

    /// Both ends of a mirror.
    struct Mirror: Hashable {
        /// Nil: no answer in time.
        var sourceIsReadable: Bool? = true
        var target: Target? = Target()
    }

    struct Target: Hashable {
        var exists = true
        var isMountRoot = true
        var isWritable = true
        var isEnrolled = true
        var free: Int64 = 1 << 40
    }

    struct Memory: Hashable {
        var total: Int64 = 8 << 30
        var available: Int64 = 4 << 30
        /// The smallest limit of the control groups above us, version 1 or 2.
        var groupLimit: Int64?
        var swap: Int64 = 0
    }

    enum Program: Hashable { case found, missing, notExecutable, changeableByOthers }

    var user: UInt32 = 0
    var state = Folder(path: "/var/lib/holdfast")
    var runtime = Folder(path: "/run/holdfast")
    var mirrors: [String: Mirror] = [:]
    /// What the hashes said of known texts.
    var blake3IsRight = true
    var sha256IsRight = true
    /// The instructions that BLAKE3 uses here.
    var instructions = "avx2"
    /// Versions by library: `libcrypto`, `sqlite`, `ncurses`.
    var libraries: [String: String] = [:]
    var kernel = "6.12"
    /// By system call: `openat2`, `renameat2`, `syncfs`.
    var calls: [String: Bool] = [:]
    var openFiles: UInt64 = 65_536
    var memory = Memory()
    var clockIsSynchronised: Bool? = true
    var zone = "UTC"
    var now = WallTime(milliseconds: 1_763_640_000_000)
    /// Somebody sits before this command, who may want the console.
    var hasTerminal = true
    var term = "xterm-256color"
    var termIsKnown: Bool? = true
    var localeIsUTF8 = true
    var hasSystemd = true
    /// Nil for root, whose services need none.
    var lingers: Bool?
    /// By absolute path, or by name for those looked for in PATH.
    var programs: [String: Program] = [:]
    /// By `file:` or `credential:`, why it cannot be read; nil: it can.
    var secrets: [String: String?] = [:]
    /// Whether a server's name leads to an address.
    var hosts: [String: Bool] = [:]
    /// Bytes of a core dump; a dump of the engine would hold the secrets.
    var coreLimit: UInt64 = 0
    var stopFile: Bool = false
}

/// What the settings make necessary.
struct DoctorNeeds: Hashable {
    /// Programs and who needs them.
    var programs: [(path: String, owner: String)] { pairs.map { ($0.path, $0.owner) } }
    var secrets: [String: String]
    /// Mail servers by name, and which channel needs them.
    var hosts: [String: String]
    private var pairs: [Pair]

    private struct Pair: Hashable {
        var path: String
        var owner: String
    }

    init(_ settings: HoldfastSettings) {
        pairs = []
        secrets = [:]
        hosts = [:]
        for job in settings.jobs {
            let commands = [
                ("command", job.command), ("before_hook", job.beforeHook), ("after_hook", job.afterHook),
                ("stop", job.stopCommand), ("start", job.startCommand), ("check", job.checkCommand),
            ]
            for (key, command) in commands { need(command.first, "job.\(job.name).\(key)") }
        }
        for channel in settings.voice.channels {
            let owner = "channel.\(channel.name)"
            if let secret = channel.secret { secrets[secret.text] = owner }
            switch channel.kind {
            case .mail(let mail): hosts[mail.host] = owner
            case .webhook: break
            case .command(let command): need(command.arguments.first, owner)
            case .desktop: need("notify-send", owner)
            }
        }
        for (owner, token) in [
            ("ping", settings.voice.ping?.token), ("metrics", settings.metrics.token), ("api", settings.api.token),
        ] {
            if let token { secrets[token.text] = owner }
        }
        let hasChildren = settings.jobs.contains {
            !$0.command.isEmpty || !$0.beforeHook.isEmpty || !$0.afterHook.isEmpty
        }
        if hasChildren { need("setpriv", "children") }
    }

    private mutating func need(_ path: String?, _ owner: String) {
        if let path { pairs.append(Pair(path: path, owner: owner)) }
    }
}
