// swift-tools-version: 6.2
import PackageDescription

// The house, bottom up. Imports point down only; Tests/ArchitectureTests holds the one table of who may import what.

let package = Package(
    name: "holdfast",
    products: [.executable(name: "holdfast", targets: ["holdfast"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    ],
    targets: [
        // C: macros, system calls, SIMD, OpenSSL. No policy.
        .target(name: "CLinux"),
        .target(name: "CBlake3"),
        .target(name: "CTape"),
        .target(name: "CCrypto", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "CTLS", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(
            name: "CNcurses",
            cSettings: [.define("_XOPEN_SOURCE", to: "700"), .define("NCURSES_WIDECHAR", to: "1")],
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),

        // Values and pure rules.
        .target(name: "BackupModel"),

        // What every worker stands on: executors, files, volumes, children, hashes.
        .target(
            name: "WorkerKit",
            dependencies: ["BackupModel", "CLinux", "CBlake3", "CCrypto"]),

        // What is where: the SQLite catalog and the blob index files.
        .target(
            name: "BackupCatalog",
            dependencies: [
                "BackupModel", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),

        // The mirror: scan, copy, prove.
        .target(
            name: "BlobCopier",
            dependencies: ["BackupModel", "WorkerKit", "BackupCatalog"]),

        // Tape: drives and changers, buffer and flow, the format on the medium.
        .target(
            name: "TapeArchive",
            dependencies: ["BackupModel", "WorkerKit", "BackupCatalog", "CTape"],
            resources: [.embedInCode("Format/Cipher/holdfast-decrypt.py")]),

        // Runs the workers, takes intents, publishes the state.
        .target(
            name: "BackupEngine",
            dependencies: ["BackupModel", "WorkerKit", "BackupCatalog", "BlobCopier", "TapeArchive"]),

        // The console: a pure function of state, size, theme and time.
        .target(name: "OperatorConsole", dependencies: ["BackupModel"]),
        .target(
            name: "NcursesTerminal",
            dependencies: [
                "BackupModel", "OperatorConsole", "CNcurses",
                .product(name: "SystemPackage", package: "swift-system"),
            ]),

        // Engine and consoles in processes of their own: the socket, and HTTP for other programs.
        .target(
            name: "EngineLink",
            dependencies: [
                "BackupModel", "CLinux", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        // One message delivered, or the reason why not.
        .target(
            name: "AlertDelivery",
            dependencies: [
                "BackupModel", "CTLS", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),

        .target(
            name: "Settings", dependencies: ["BackupModel", .product(name: "TOMLKit", package: "TOMLKit")]),
        .target(
            name: "Themes", path: "Themes",
            resources: ["terminal", "dark", "light", "mono", "deuter", "high-contrast"].map {
                .embedInCode($0 + ".toml")
            }),

        .executableTarget(
            name: "holdfast",
            dependencies: [
                "BackupModel", "WorkerKit", "BackupCatalog", "BlobCopier", "TapeArchive", "BackupEngine",
                "OperatorConsole", "NcursesTerminal", "Settings", "Themes", "EngineLink", "AlertDelivery",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Proofs. Each folder proves the module it is named after; the last two look at the whole.
        .testTarget(name: "BackupModelTests", dependencies: ["BackupModel"]),
        .testTarget(name: "WorkerKitTests", dependencies: ["WorkerKit", "BackupModel", "CBlake3"]),
        .testTarget(
            name: "BackupCatalogTests",
            dependencies: ["BackupCatalog", "BackupModel", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(
            name: "BlobCopierTests", dependencies: ["BlobCopier", "WorkerKit", "BackupCatalog", "BackupModel"]),
        .testTarget(
            name: "TapeArchiveTests",
            dependencies: ["TapeArchive", "TapeContract", "WorkerKit", "BackupCatalog", "BackupModel"],
            exclude: ["Contract", "Probe"]),
        // What every drive and changer must do, as plain functions: for the tests, and for a program beside real ones.
        .target(
            name: "TapeContract", dependencies: ["TapeArchive", "WorkerKit", "BackupModel"],
            path: "Tests/TapeArchiveTests/Contract"
        ),
        // The same beside the kernel's drivers, in the guest of Tests/Lab.
        .executableTarget(
            name: "LabProbe", dependencies: ["TapeArchive", "TapeContract", "WorkerKit", "BackupModel"],
            path: "Tests/Lab/Probe"),
        .executableTarget(
            name: "TapeProbe", dependencies: ["TapeArchive", "TapeContract", "WorkerKit", "BackupModel"],
            path: "Tests/TapeArchiveTests/Probe"),
        .testTarget(
            name: "BackupEngineTests",
            dependencies: ["BackupEngine", "BlobCopier", "TapeArchive", "WorkerKit", "BackupCatalog", "BackupModel"]),
        .testTarget(
            name: "OperatorConsoleTests", dependencies: ["OperatorConsole", "BackupModel", "Themes"],
            exclude: ["Frames"]),
        .testTarget(
            name: "NcursesTerminalTests",
            dependencies: ["NcursesTerminal", "OperatorConsole", "BackupModel", "CNcurses"]),
        .executableTarget(
            name: "TerminalProbe", dependencies: ["NcursesTerminal", "OperatorConsole"], path: "Tests/Terminal/Probe"),
        .testTarget(name: "EngineLinkTests", dependencies: ["EngineLink", "BackupModel"]),
        .testTarget(
            name: "AlertDeliveryTests",
            dependencies: ["AlertDelivery", "BackupModel", .product(name: "NIOCore", package: "swift-nio")],
            exclude: ["Servers"]),
        .testTarget(name: "SettingsTests", dependencies: ["Settings", "BackupModel", "Themes"]),
        .testTarget(
            name: "EndToEndTests", dependencies: ["BackupModel", "OperatorConsole", "Settings", "Themes", "holdfast"]),
        .testTarget(name: "ArchitectureTests"),

        // What the programs in Tests/Benchmarks measure from inside.
        .executableTarget(
            name: "benchmark",
            dependencies: [
                "BackupModel", "WorkerKit", "BackupCatalog", "TapeArchive",
                .product(name: "SystemPackage", package: "swift-system"),
            ], path: "Tests/Benchmarks/InProcess"),
    ],
    cLanguageStandard: .gnu11
)

let cTargets: Set<String> = ["CLinux", "CBlake3", "CCrypto", "CTLS", "CNcurses", "CTape"]
for target in package.targets where !cTargets.contains(target.name) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .swiftLanguageMode(.v6),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .treatAllWarnings(as: .error),
        ]
}
