import BackupModel
import Settings

/// What the settings name must be there.
extension DoctorRules {
    var mirrors: [DoctorCheck] {
        settings.mirrors.flatMap { mirror -> [DoctorCheck] in
            guard let found = facts.mirrors[mirror.name] else { return [] }
            return [source(mirror, found), target(mirror, found)]
        }
    }

    private func source(_ mirror: MirrorSettings, _ found: DoctorFacts.Mirror) -> DoctorCheck {
        let id = "mirror.\(mirror.name).source"
        let path = printable(mirror.source.utf8)
        return switch found.sourceIsReadable {
        case true?: .ok(id, path)
        case false?:
            .missing(
                id, "\(path) is not there, or user \(facts.user) may not read it", "Mount it, or let this user read it."
            )
        case nil: .bad(id, "\(path) does not answer", "Look at the mount: dmesg, mount, the network.")
        }
    }

    private func target(_ mirror: MirrorSettings, _ found: DoctorFacts.Mirror) -> DoctorCheck {
        let id = "mirror.\(mirror.name).target"
        let path = printable(mirror.target.utf8)
        guard let target = found.target else {
            return .bad(id, "\(path) does not answer", "Look at the mount: dmesg, mount, the cable.")
        }
        if !target.exists { return .missing(id, "\(path) is not there", "Mount the volume.") }
        if !target.isWritable {
            return .bad(
                id, "\(path) cannot be written by user \(facts.user)", "Mount it read-write, or change its owner.")
        }
        if !target.isEnrolled {
            return .missing(
                id, "\(path) is no enrolled volume" + (target.isMountRoot ? "" : "; nothing is mounted there"),
                target.isMountRoot ? "holdfast mirror enrol \(mirror.name)" : "Mount the volume, or enrol it.")
        }
        let free = Quantity.bytes(target.free) + " free"
        guard target.free > mirror.keepFree else {
            return .bad(id, "\(path): \(free), less than keep_free", "Make room, or use a larger volume.")
        }
        return .ok(id, "\(path), \(free)")
    }

    var programs: [DoctorCheck] {
        var told: Set<String> = []
        return DoctorNeeds(settings).programs.compactMap { path, owner in
            guard told.insert(path + owner).inserted else { return nil }
            let words = printable(path.utf8)
            let id = "program." + owner
            return switch facts.programs[path] ?? .missing {
            case .found: .ok(id, words)
            case .missing where path == "setpriv":
                .warning(id, "setpriv is not there: children outlive a killed engine", "Install util-linux.")
            case .missing: .missing(id, words + " is not there", "Install it, or change " + owner + ".")
            case .notExecutable: .bad(id, words + " cannot be executed", "chmod +x " + words)
            case .changeableByOthers: .bad(id, words + " can be changed by others", "chmod go-w " + words)
            }
        }
    }

    var secrets: [DoctorCheck] {
        DoctorNeeds(settings).secrets.sorted { $0.value < $1.value }.map { reference, owner in
            let id = "secret." + owner
            let words = printable(reference.utf8)
            guard let reason = facts.secrets[reference] ?? "was not looked at" else { return .ok(id, words) }
            return .bad(id, words + ": " + reason, "One line, mode 0600, owned by user \(facts.user) or root.")
        }
    }

    var hosts: [DoctorCheck] {
        DoctorNeeds(settings).hosts.sorted { $0.value < $1.value }.map { host, owner in
            let words = printable(host.utf8)
            return facts.hosts[host] == true
                ? .ok("host." + owner, words)
                : .bad("host." + owner, words + " has no address", "Look at the name, and at the name servers.")
        }
    }
}
