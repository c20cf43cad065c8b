import BackupModel

extension DryRunReport {
    var text: String {
        let time = seconds.map { Quantity.duration($0) + ", at the last run's rate" } ?? "unknown, no run to go by"
        return [
            "dry run: nothing was written",
            "  safe       \(amount(safe))",
            "  to copy    \(amount(wanted)), of them new \(amount(new))",
            "  failed     \(amount(failed))",
            "  time       \(time)",
            "  space      \(Quantity.bytes(free)) free"
                + (shortOf > 0 ? ", short of \(Quantity.bytes(shortOf))" : ", it fits"),
        ].joined(separator: "\n")
    }
}

extension EnrolReport {
    func text(_ name: String) -> String {
        let lines = [
            wasKnown
                ? "mirror \(name): the volume was enrolled already"
                : adopted ? "mirror \(name): a volume with a marker was taken over" : "mirror \(name): enrolled",
            "  volume       \(identity.uuid)",
            "  file system  \(identity.fileSystem), \(identity.root == .mountRoot ? "mount root" : "plain folder")",
            "  compression  \(capabilities.compression ?? "none known")",
            "  duplicates   \(capabilities.deduplication ?? "kept")",
            "  folders      \(Quantity.count(folders))",
        ]
        return (lines + warnings.map { "  warning      " + $0 }).joined(separator: "\n")
    }
}

private func amount(_ amount: Amount) -> String {
    Quantity.count(amount.count) + " files, " + Quantity.bytes(amount.bytes)
}
