/// What may be done with what was read from a medium.
package struct LabelVerdict: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// As it was meant: append, or read.
        case use
        /// Write a label, once a person has typed what is asked for.
        case label(Confirmation)
        /// Nothing is written. Give it back and ask for another.
        case refuse
    }

    package enum Confirmation: Hashable, Sendable {
        /// The rules allow it by themselves: nothing is lost.
        case none
        /// The new label.
        case typeLabel
        /// The barcode, or the label where it has none: data of somebody goes.
        case typeBarcode
    }

    /// Beside the action: what is to be written down.
    package enum Note: Hashable, Sendable {
        /// The label wins over the barcode; the slot is mis-filed (F18).
        case misfiled(expected: String, found: String)
        /// The tape has the label that was about to be written: what the volume held before is gone (F12).
        case relabelled
        /// A second cartridge with the name of one of ours (F13).
        case quarantine
    }

    package var action: Action
    package var reason: LabelReason
    /// One line for people.
    package var words: String
    package var notes: [Note] = []

    /// The first rule of the table that applies.
    package static func judge(_ question: LabelQuestion) -> LabelVerdict {
        for rule in LabelRule.table {
            guard var verdict = rule.verdict(question) else { continue }
            if question.sight.nonce != nil { verdict.notes += question.notes }
            return verdict
        }
        return LabelVerdict(action: .refuse, reason: .unknownData, words: "nothing is known of the medium")
    }
}

/// Why, for logs and tests.
package enum LabelReason: String, Hashable, Codable, Sendable, CaseIterable {
    case fits, blank, recyclable
    case cleaningCartridge = "cleaning_cartridge"
    case notOurs = "not_ours"
    case wrongGeneration = "wrong_generation"
    case writeProtected = "write_protected"
    case unreadable
    case halfLabel = "half_label"
    case newerLabel = "newer_label"
    case foreignData = "foreign_data"
    case unknownData = "unknown_data"
    case blankUnproven = "blank_unproven"
    /// Blank, and the catalog says it holds something: erased, or another cartridge.
    case blankButKnown = "blank_but_known"
    /// The name of one of ours, and another nonce: an old cycle's tape, or a second one (F13, F29).
    case namesake
    case unknownVolume = "unknown_volume"
    case quarantined
    case wrongVolume = "wrong_volume"
    case unexpired
    case notAppendable = "not_appendable"
    case worn
}

extension LabelQuestion {
    /// What stands beside the verdict where a label of ours was read.
    fileprivate var notes: [LabelVerdict.Note] {
        var notes: [LabelVerdict.Note] = []
        guard let known else { return notes }
        if sight.nonce == known.intendedNonce, !known.intendedNonce.isEmpty { notes.append(.relabelled) }
        let expected = known.barcode
        if !expected.isEmpty, !sight.barcode.text.isEmpty, expected != sight.barcode.text {
            notes.append(.misfiled(expected: expected, found: sight.barcode.text))
        }
        return notes
    }
}
