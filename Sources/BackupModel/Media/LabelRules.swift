/// One row of the table: what must hold, and what follows. The first that applies decides.
struct LabelRule: Sendable {
    /// Cases of failure it answers.
    let cases: String
    let verdict: @Sendable (LabelQuestion) -> LabelVerdict?

    static let table: [LabelRule] = medium + contents + volume

    /// What the medium is, whatever is on it.
    private static let medium: [LabelRule] = [
        LabelRule(cases: "F5") { question in
            question.sight.isCleaning
                ? .refuse(.cleaningCartridge, question, "is a cleaning cartridge") : nil
        },
        LabelRule(cases: "F9") { question in
            question.writes && !question.isOurs
                ? .refuse(.notOurs, question, "has a barcode that is not among ours") : nil
        },
        LabelRule(cases: "") { question in
            guard let drive = question.drive, let medium = question.sight.generation else { return nil }
            let fit = drive.fit(medium)
            if fit == .writes || (fit == .readsOnly && !question.writes) { return nil }
            let verb = question.writes ? "write" : "read"
            return .refuse(
                .wrongGeneration, question, "is \(medium.rawValue), which an \(drive.rawValue) drive does not \(verb)")
        },
        LabelRule(cases: "") { question in
            question.writes && !question.pool.takes(question.sight.generation)
                ? .refuse(.wrongGeneration, question, "is no medium for pool \(question.pool.name)") : nil
        },
        LabelRule(cases: "F10") { question in
            question.writes && question.sight.isWriteProtected
                ? .refuse(.writeProtected, question, "is write-protected; push the slider back and load it again") : nil
        },
    ]

    /// What is on it, where that is no label of ours.
    private static let contents: [LabelRule] = [
        LabelRule(cases: "") { question in
            guard case .unreadable(let words) = question.sight.contents else { return nil }
            return .refuse(.unreadable, question, "cannot be read (\(words)); nothing is known of what it holds")
        },
        LabelRule(cases: "") { question in
            guard case .newerLabel(let format) = question.sight.contents else { return nil }
            return .refuse(
                .newerLabel, question, "has a label of format \(format); use the newer program that wrote it")
        },
        LabelRule(cases: "F8") { question in
            question.sight.contents == .halfLabel
                ? .overwritten(.halfLabel, question, "has half a label; that is not blank") : nil
        },
        LabelRule(cases: "F9") { question in
            guard case .foreign(let name) = question.sight.contents else { return nil }
            return .overwritten(.foreignData, question, "holds data of another program: \(name)")
        },
        LabelRule(cases: "F9") { question in
            question.sight.contents == .unknown
                ? .overwritten(.unknownData, question, "holds data that nobody here knows") : nil
        },
        LabelRule(cases: "F7") { question in
            guard case .blank(let isProven) = question.sight.contents else { return nil }
            return blank(question, isProven: isProven)
        },
    ]

    private static func blank(_ question: LabelQuestion, isProven: Bool) -> LabelVerdict {
        guard isProven else {
            return .refuse(.blankUnproven, question, "may be blank, but reading did not prove it")
        }
        if let lost = question.namesakes.first(where: { !$0.nonce.isEmpty }) {
            return .overwritten(.blankButKnown, question, "is blank, and \(lost.name) should be there")
        }
        guard question.writes else { return .refuse(.blank, question, "is blank") }
        return LabelVerdict(
            action: .label(.typeLabel), reason: .blank, words: "\(question.found) is blank, proven by reading")
    }

    /// A label of ours, and what the catalog says of it.
    private static let volume: [LabelRule] = [
        LabelRule(cases: "F13 F29") { question in
            guard question.known == nil, question.purpose != .read(nil), let other = question.namesakes.first else {
                return nil
            }
            var verdict = LabelVerdict.refuse(
                .namesake, question,
                "bears the name of \(other.name) and is another cartridge or an older labelling; the first one counts")
            verdict.notes = [.quarantine]
            return verdict
        },
        LabelRule(cases: "F13") { question in
            question.writes && question.known?.state == .quarantined
                ? .refuse(.quarantined, question, "is in quarantine: " + (question.known?.reason ?? "")) : nil
        },
        LabelRule(cases: "F9") { question in
            question.known == nil && question.writes
                ? .refuse(
                    .unknownVolume, question, "has a label of ours that the catalog does not know; catalogue it first")
                : nil
        },
        LabelRule(cases: "F11 F33") { $0.purpose == .label ? relabelling($0) : nil },
        LabelRule(cases: "F6") { question in
            guard let wanted = question.wanted.first else { return nil }
            let isWanted = question.wanted.contains { $0.answers(to: question.sight.nonce) }
            return isWanted
                ? nil : .refuse(.wrongVolume, question, "is not the one that is wanted, \(wanted.called)")
        },
        LabelRule(cases: "F34") { question in
            question.writes && question.known?.isWorn == true
                ? .refuse(.worn, question, "is worn and written no more; copy off what it holds") : nil
        },
        LabelRule(cases: "F3") { question in
            guard question.writes, let state = question.known?.state, state != .appendable, state != .empty else {
                return nil
            }
            return .refuse(.notAppendable, question, "is \(state.rawValue); nothing is appended to it")
        },
        LabelRule(cases: "") { question in
            LabelVerdict(action: .use, reason: .fits, words: "\(question.found) is the right one")
        },
    ]

    private static func relabelling(_ question: LabelQuestion) -> LabelVerdict? {
        guard var known = question.known else { return nil }
        known.isWORM = known.isWORM || question.sight.isWORM
        if known.state == .retired { return .refuse(.notAppendable, question, "is retired") }
        if known.isWorn { return .refuse(.worn, question, "is worn and written no more") }
        let recycling = Recycling.judge(
            known, question.contents, pool: question.pool, clockIsDoubted: question.clockIsDoubted)
        guard recycling == .allowed else { return .refuse(.unexpired, question, recycling.words) }
        return LabelVerdict(
            action: .label(.none), reason: .recyclable, words: "\(question.found) holds nothing that is still needed")
    }
}

extension LabelVerdict {
    fileprivate static func refuse(_ reason: LabelReason, _ question: LabelQuestion, _ words: String) -> LabelVerdict {
        LabelVerdict(action: .refuse, reason: reason, words: "\(question.found) \(words)")
    }

    /// Refused, but where somebody labels it: then by typing its barcode.
    fileprivate static func overwritten(
        _ reason: LabelReason, _ question: LabelQuestion, _ words: String
    ) -> LabelVerdict {
        guard question.purpose == .label, !question.sight.isWORM else { return refuse(reason, question, words) }
        return LabelVerdict(action: .label(.typeBarcode), reason: reason, words: "\(question.found) \(words)")
    }
}

extension LabelQuestion {
    /// What is in the drive, as people can tell it: label and barcode, foreign bytes escaped.
    fileprivate var found: String {
        let barcode = printable(sight.barcode.text.utf8)
        guard case .ours(let label, _, _) = sight.contents else { return barcode.isEmpty ? "the tape" : barcode }
        let name = printable(label.utf8)
        return barcode.isEmpty || sight.barcode.name == label || barcode == name ? name : "\(name) (barcode \(barcode))"
    }

    fileprivate var wanted: [Volume] {
        switch purpose {
        case .append(let volumes): volumes
        case .read(let volume): volume.map { [$0] } ?? []
        case .label: []
        }
    }
}

extension Volume {
    fileprivate func answers(to nonce: String?) -> Bool {
        guard let nonce, !nonce.isEmpty else { return false }
        return nonce == self.nonce || nonce == intendedNonce
    }

    fileprivate var called: String {
        barcode.isEmpty || barcode == label || Barcode(barcode).name == label
            ? name : "\(name) (barcode \(printable(barcode.utf8)))"
    }
}
