/// Who may import what: the one table, as data. A folder in `Sources` without a row here fails.
///
/// To move a wall, change the row, `Docs/Architecture.md` and the code in one commit and say why.
struct ModuleRow {
    var module: String
    /// Modules of this package.
    var own: Set<String>
    /// Modules of other packages.
    var foreign: Set<String>
    /// Modules of the toolchain.
    var system: Set<String>

    var allowed: Set<String> { own.union(foreign).union(system) }
}

private let ordinary: Set<String> = ["Foundation", "Glibc", "Dispatch", "Synchronization"]
private let copying: Set<String> = ["BackupModel", "WorkerKit", "BackupCatalog"]

let moduleTable: [ModuleRow] = [
    ModuleRow(module: "CLinux", own: [], foreign: [], system: []),
    ModuleRow(module: "CBlake3", own: [], foreign: [], system: []),
    ModuleRow(module: "CCrypto", own: [], foreign: [], system: []),
    ModuleRow(module: "CTLS", own: [], foreign: [], system: []),
    ModuleRow(module: "CNcurses", own: [], foreign: [], system: []),
    ModuleRow(module: "CTape", own: [], foreign: [], system: []),
    ModuleRow(module: "BackupModel", own: [], foreign: [], system: ["Foundation"]),
    ModuleRow(
        module: "WorkerKit", own: ["BackupModel", "CLinux", "CBlake3", "CCrypto"],
        foreign: [], system: ordinary),
    ModuleRow(
        module: "BackupCatalog", own: ["BackupModel"], foreign: ["GRDB", "GRDBSQLite"], system: ordinary),
    ModuleRow(module: "BlobCopier", own: copying, foreign: [], system: ordinary),
    ModuleRow(module: "TapeArchive", own: copying.union(["CTape"]), foreign: [], system: ordinary),
    ModuleRow(
        module: "BackupEngine", own: copying.union(["BlobCopier", "TapeArchive"]), foreign: [], system: ordinary),
    // Pure: not even Foundation.
    ModuleRow(module: "OperatorConsole", own: ["BackupModel"], foreign: [], system: []),
    ModuleRow(
        module: "NcursesTerminal", own: ["BackupModel", "OperatorConsole", "CNcurses"], foreign: ["SystemPackage"],
        system: ordinary),
    ModuleRow(module: "Settings", own: ["BackupModel"], foreign: ["TOMLKit"], system: ordinary),
    ModuleRow(
        module: "EngineLink", own: ["BackupModel", "CLinux"],
        foreign: ["NIOCore", "NIOPosix", "NIOHTTP1"], system: ordinary),
    ModuleRow(
        module: "AlertDelivery", own: ["BackupModel", "CTLS"],
        foreign: ["NIOCore", "NIOPosix", "NIOHTTP1"], system: ordinary),
    ModuleRow(module: "Themes", own: [], foreign: [], system: []),
    ModuleRow(
        module: "holdfast",
        own: copying.union([
            "BlobCopier", "TapeArchive", "BackupEngine", "OperatorConsole", "NcursesTerminal", "Settings", "Themes",
            "EngineLink", "AlertDelivery",
        ]),
        foreign: ["ArgumentParser"], system: ordinary),
]

/// Headers that only these C modules may include, by how they begin.
let ownedHeaders: [(prefix: String, modules: Set<String>)] = [
    ("openssl/", ["CCrypto", "CTLS"]), ("ncurses", ["CNcurses"]), ("curses", ["CNcurses"]), ("term.h", ["CNcurses"]),
    ("sys/mtio", ["CTape"]), ("scsi/", ["CTape"]), ("linux/", ["CLinux"]), ("immintrin", ["CBlake3"]),
]

/// Who may name files by path; everybody else goes through the seam for file calls.
let pathUsers: [(folder: String, reason: String)] = [
    ("Sources/WorkerKit/Files/", "is the seam"),
    ("Sources/CLinux/", "is beneath the seam"),
    ("Sources/CTape/", "opens devices by the names that people and the kernel give"),
    ("Sources/TapeArchive/Scsi/Drive/", "reads what sysfs and procfs say of a device"),
    ("Sources/Settings/", "reads small text files before any volume is known"),
    ("Sources/BackupCatalog/", "SQLite opens its files by path; they lie in our own state folder"),
    ("Sources/BackupEngine/StateFolderKeys.swift", "makes our own state folder; what lies in it is opened at the seam"),
    ("Sources/EngineLink/HTTP/Server/HTTPService.swift", "makes and removes its own Unix socket"),
    ("Sources/EngineLink/Server/PollDescriptors.swift", "lists the process's own descriptors in /proc"),
    ("Sources/BackupEngine/JSONLinesFile.swift", "appends to the log file that the settings name"),
    ("Sources/NcursesTerminal/Streams.swift", "opens the terminal, /dev/null and the log that stray output goes to"),
    ("Sources/holdfast/", "wires the parts: state folder, lock and the demo's scratch folder"),
]

/// What may stand at the top beside dotfiles.
let topLevel: Set<String> = ["Package.swift", "Sources", "Tests", "Themes", "Docs", "README.md"]

/// Longest file and longest function, in lines.
let longestFile = 500
let longestFunction = 60
/// `@unchecked Sendable` and `nonisolated(unsafe)` in all sources together.
let mostUnsafeEscapes = 15
