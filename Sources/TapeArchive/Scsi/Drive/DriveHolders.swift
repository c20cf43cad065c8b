/// A process that holds a drive or robot open.
package struct DriveHolder: Hashable, Codable, Sendable {
    package var pid: Int32
    /// Its name and arguments, foreign bytes escaped.
    package var command: String

    package var words: String { "process \(pid) (\(command))" }
}

extension DriveHolder {
    /// Who holds any of the drive's device files open. Without root only one's own processes are seen.
    package static func all(of device: String) throws(TapeFault) -> [DriveHolder] {
        let node = try ScsiNode(device)
        return all(siblings: node.siblings)
    }

    static func all(siblings: Set<String>, processes: String = "/proc") -> [DriveHolder] {
        ScsiNode.entries(processes).compactMap { name in
            guard let pid = Int32(name) else { return nil }
            let folder = processes + "/" + name + "/fd"
            let isHolder = ScsiNode.entries(folder).contains { descriptor in
                ScsiNode.link(folder + "/" + descriptor).map(siblings.contains) ?? false
            }
            return isHolder ? DriveHolder(pid: pid, command: command(processes + "/" + name)) : nil
        }.sorted { $0.pid < $1.pid }
    }

    /// In words for a person; nil when nobody does.
    package static func words(_ holders: [DriveHolder]) -> String? {
        holders.isEmpty ? nil : "held by " + holders.map(\.words).joined(separator: " and ")
    }

    /// At most 200 bytes of the command line, or the thread's name for one without.
    private static func command(_ folder: String) -> String {
        let line = ScsiNode.bytes(folder + "/cmdline") ?? []
        if line.isEmpty { return ScsiNode.text(folder + "/comm") ?? "?" }
        return trimmedText(line.prefix(200).map { $0 == 0 ? 0x20 : $0 })
    }
}
