package import BackupModel

/// The person who changes tapes, as the station knows them. The engine makes a durable request of each question.
package protocol TapeOperator: Sendable {
    /// Asks, and waits for an answer; one question a drive at a time. Asked again with the reason when what was loaded
    /// will not do; the deadline of the first stays. A question that is still open when the same drive asks again is
    /// taken over by the new one: its own call ends with `.cancel`, whenever, and means nothing any more. A cancelled
    /// task withdraws the question, if no newer one has taken it over: the tape came by itself.
    func ask(_ question: TapeQuestion) async -> TapeReply
}

/// A drive waits for a tape.
package struct TapeQuestion: Hashable, Sendable {
    package var drive: String
    package var job: String
    package var run: RunID?
    /// Why a tape is wanted: `NX0004 is full`; and, asked again, what is wrong with the one that was loaded.
    package var why: String
    /// What to load: labels or barcodes with their places, the best first; empty: a blank tape.
    package var wanted: [Wanted]
    /// Whether a blank one, or one that may be written anew, will do too, and for which pool.
    package var takesScratch: Bool
    package var pool: String
    /// `LTO-9` or empty.
    package var generation: String
    package var part: Int
    package var isScheduled: Bool

    package struct Wanted: Hashable, Sendable {
        package var name: String
        package var place: String

        package init(name: String, place: String) {
            self.name = name
            self.place = place
        }
    }

    package init(drive: String, job: String, why: String, pool: String) {
        self.drive = drive
        self.job = job
        self.why = why
        self.pool = pool
        wanted = []
        takesScratch = false
        generation = ""
        part = 1
        isScheduled = false
    }
}

/// What was answered.
package enum TapeReply: Hashable, Sendable {
    /// It lies in the drive: look now.
    case loaded
    /// Another volume will do, by its label or barcode; it is loaded, or in the library.
    case use(String)
    /// A blank one lies in the drive: label it so.
    case blank(label: String)
    case cancel
    /// Nobody came in time.
    case expired
}
