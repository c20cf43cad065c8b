package import BackupModel

/// The question in front of an act, as a value: keys go in, a decision comes out.
///
/// Enter is No. Keys in the first half second are not answers, because they were meant for the screen below (H11).
package struct Confirmation: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case intent(Intent)
        /// Several at once, for instance the end of all jobs that wait for one request.
        case all([Intent])
        /// End the console, and with it the engine in the same process.
        case quit
    }

    enum Outcome: Equatable {
        case open, no, yes
    }

    package let subject: Subject
    package let level: ConfirmationLevel
    let question: SafeText
    /// Consequences with counts, for the box of level 2 and 3.
    let consequences: [SafeText]
    /// What must be typed.
    let word: String
    let openedAt: Double
    private(set) var field = TextField()
    /// What was typed is not the word.
    private(set) var isWrong = false

    init(
        _ subject: Subject, level: ConfirmationLevel, question: SafeText, consequences: [SafeText] = [],
        word: String = "yes", openedAt: Double
    ) {
        self.subject = subject
        self.level = level
        self.question = question
        self.consequences = consequences
        self.word = word
        self.openedAt = openedAt
    }

    mutating func take(_ key: Key, at monotonic: Double) -> Outcome {
        if key == .escape || key == .control("c") { return .no }
        guard monotonic - openedAt >= Model.sleep else { return .open }
        guard level >= .word else {
            switch key {
            case .character("y"), .character("Y"): return .yes
            case .character("n"), .character("N"), .character("q"), .enter: return .no
            default: return .open
            }
        }
        guard key == .enter else {
            if field.take(key) { isWrong = false }
            return .open
        }
        if field.text.isEmpty { return .no }
        if field.text == word { return .yes }
        isWrong = true
        return .open
    }
}

extension Intent {
    /// How much it wants to be meant; every new intent has to say so here.
    package var confirmation: ConfirmationLevel {
        switch self {
        case .runMirror, .enrolMirror, .verifyMirror, .pauseMirror, .resumeMirror, .limitMirror, .requeue: .ask
        case .runJob, .pauseJob, .resumeJob, .enableJob, .skipNext: .ask
        case .maintenance, .drain, .reloadSettings: .ask
        case .tape(let order): order.confirmation
        case .stopMirror, .cancelJob, .acceptClock, .stopEngine: .word
        // What is chosen in the request's box, or typed in a prompt, was meant already; dangerous answers are asked
        // about again (`Model.level`).
        case .scanMirror, .acknowledge, .snooze, .answer, .claim, .postpone: .none
        }
    }
}

extension TapeOrder {
    fileprivate var confirmation: ConfirmationLevel {
        switch self {
        case .holdAfterTape, .setFlow, .inventory, .markOffsite, .archive, .verify: .none
        case .load, .unload, .eject, .rewind, .retension, .clean, .labelAll, .move, .importMedium, .exportMedium,
            .retire, .motion, .tune, .addCartridge:
            .ask
        case .label(_, _, _, let overwriting): overwriting == nil ? .ask : .name
        case .erase: .name
        case .cancel: .word
        }
    }
}

extension Intent {
    /// What must be typed where a word is asked for: what lies on the tape, where an order destroys it.
    var wordToType: String {
        switch self {
        case .tape(.label(_, _, _, let overwriting?)): overwriting
        case .tape(.erase(_, let typed, _)): typed
        default: "yes"
        }
    }
}
