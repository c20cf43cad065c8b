import BackupModel
import Settings

/// Judges facts against settings; pure.
struct DoctorRules {
    var settings: HoldfastSettings
    var facts: DoctorFacts

    var checks: [DoctorCheck] {
        folders + mirrors + hashes + kernel + limits + time + terminal + service + programs + secrets + hosts
    }

    private var folders: [DoctorCheck] {
        [("state", facts.state), ("runtime", facts.runtime)].map { id, folder in
            let path = printable(folder.path.utf8)
            if !folder.exists {
                return folder.isWritable
                    ? .ok("folder." + id, "\(path) is not there yet and can be made")
                    : .missing("folder." + id, "\(path) is not there and cannot be made", "mkdir -m 0700 \(path)")
            }
            if !folder.isWritable {
                return .bad(
                    "folder." + id, "\(path) cannot be written by user \(facts.user)", "chown, or run as its owner")
            }
            if folder.isOpenToOthers {
                return .bad("folder." + id, "\(path) can be changed by others", "chmod go-w \(path)")
            }
            return .ok("folder." + id, path)
        }
            + (facts.stopFile
                ? [
                    .warning(
                        "folder.stop", "the stop file forbids all work",
                        "Remove STOP in the state folder when the reason is gone.")
                ]
                : [])
    }

    private var hashes: [DoctorCheck] {
        var checks: [DoctorCheck] = []
        let version = facts.libraries["libcrypto"] ?? "of unknown version"
        checks.append(
            facts.blake3IsRight
                ? .ok("hash.blake3", "right, with \(facts.instructions)")
                : .bad(
                    "hash.blake3", "gives wrong hashes on this processor", "Run nothing; report it with /proc/cpuinfo.")
        )
        checks.append(
            facts.sha256IsRight
                ? .ok("hash.sha256", "right, libcrypto \(version)")
                : .bad("hash.sha256", "libcrypto \(version) gives none or wrong ones", "Install libssl3 anew."))
        for (id, name) in [("library.sqlite", "sqlite"), ("library.ncurses", "ncurses")] {
            checks.append(.ok(id, facts.libraries[name] ?? "version unknown"))
        }
        return checks
    }

    private var kernel: [DoctorCheck] {
        [("openat2", "5.6"), ("renameat2", "3.15"), ("syncfs", "2.6.39")].map { call, since in
            facts.calls[call] == true
                ? .ok("kernel." + call, "Linux \(printable(facts.kernel.utf8))")
                : .missing(
                    "kernel." + call, "Linux \(printable(facts.kernel.utf8)) refuses \(call)",
                    "Use Linux \(since) or later, or let the container's seccomp profile allow it.")
        }
    }

    private var limits: [DoctorCheck] {
        let memory = facts.memory
        let room = min(memory.available, memory.groupLimit ?? .max)
        let words =
            Quantity.bytes(memory.available) + " of " + Quantity.bytes(memory.total) + " free"
            + (memory.groupLimit.map { ", group limit " + Quantity.bytes($0) } ?? "")
        var checks: [DoctorCheck] = [
            facts.openFiles >= 1024
                ? .ok("limit.files", "\(facts.openFiles) open files")
                : .warning("limit.files", "only \(facts.openFiles) open files", "ulimit -n 4096, or LimitNOFILE=4096"),
            room >= 256 << 20
                ? .ok("limit.memory", words)
                : .warning("limit.memory", words, "Leave the engine 256 MiB, or lower workers."),
        ]
        checks.append(
            memory.swap > 0
                ? .warning(
                    "limit.swap", Quantity.bytes(memory.swap) + " of swap may hold secrets and slow the engine",
                    "Encrypt it, or set MemorySwapMax=0 in the unit.")
                : .ok("limit.swap", "none"))
        checks.append(
            facts.coreLimit == 0
                ? .ok("limit.core", "no core dumps")
                : .warning("limit.core", "a core dump would hold secrets", "ulimit -c 0, or LimitCORE=0 in the unit."))
        return checks
    }

    private var time: [DoctorCheck] {
        // The program is younger than that.
        let isPlausible = facts.now.milliseconds >= 1_735_689_600_000
        let clock: DoctorCheck =
            if !isPlausible {
                .bad(
                    "time.clock", "says " + facts.now.iso8601(),
                    "Set it: nothing is planned or removed by a wrong clock.")
            } else {
                switch facts.clockIsSynchronised {
                case true?: .ok("time.clock", "synchronised")
                case false?:
                    .warning("time.clock", "is not synchronised", "timedatectl set-ntp true, or start chrony.")
                case nil: .warning("time.clock", "nobody knows whether it is synchronised", "Install chrony.")
                }
            }
        return [clock, .ok("time.zone", printable(facts.zone.utf8))]
    }

    private var terminal: [DoctorCheck] {
        guard facts.hasTerminal else {
            return [.ok("terminal.term", "none here: commands and reports work, the console wants one")]
        }
        let term = printable(facts.term.utf8)
        let known: DoctorCheck =
            if facts.term.isEmpty || facts.term == "dumb" {
                .warning(
                    "terminal.term", "TERM is \(term.isEmpty ? "not set" : term): no full screen", "Use a terminal.")
            } else if facts.termIsKnown == false {
                .warning("terminal.term", "\(term) is not in the terminal database", "Install ncurses-term.")
            } else {
                .ok("terminal.term", term)
            }
        return [
            known,
            facts.localeIsUTF8
                ? .ok("terminal.locale", "UTF-8")
                : .warning("terminal.locale", "is not UTF-8: boxes are drawn in ASCII", "export LANG=C.UTF-8"),
        ]
    }

    private var service: [DoctorCheck] {
        guard facts.hasSystemd else {
            return [
                .warning("service.systemd", "is not running here", "Let another supervisor run: holdfast engine run")
            ]
        }
        var checks: [DoctorCheck] = [.ok("service.systemd", "running")]
        if facts.lingers == false {
            checks.append(
                .warning("service.linger", "the engine ends when you log out", "loginctl enable-linger"))
        }
        return checks
    }
}
