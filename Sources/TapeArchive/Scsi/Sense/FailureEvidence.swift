import BackupModel
import Glibc

/// What is known after the tape driver has refused a call. It tells an errno only; the drive was asked for the rest.
struct FailureEvidence: Hashable, Sendable {
    var operation: String
    var errno: Int32
    /// What the drive's own state says now: nil when it is ready, `.unknown` when it was not asked.
    var readiness: SenseReport?
    /// Unit attentions met on the way: they belong to what happened, whoever heard them.
    var attentions: [SenseReport] = []
    /// By the driver, after the call.
    var isWriteProtected = false
    var isAtFilemark = false
    var isAtBeginning = false
    var isAtEndOfData = false
    /// The drive's position is not where the calls so far lead to; for a spacing call, not where it began.
    var hasMoved = false
    /// Error counters or TapeAlert tell of an unrecovered error since the last look.
    var hasNewHardError = false
    var hasHardwareAlert = false
    /// Which way a spacing call went; 0 for others.
    var direction = 0

    /// The fault to throw. Written for the errno of `st` (Documentation/scsi/st.rst).
    var fault: TapeFault {
        if [ENODEV, ENXIO].contains(errno) { return make(.gone, "the drive is gone") }
        if errno == EBUSY { return make(.busy, "the drive is busy, or the block is too large for the adapter") }
        if let attention = attentions.first(where: { [.mediumChanged, .gone].contains(SenseMeaning($0.data).kind) }) {
            return TapeFault(operation: operation, sense: attention, errno: errno)
        }
        if errno == ENOMEDIUM { return make(.noMedium, "no cartridge in the drive") }
        if let readiness {
            return TapeFault(operation: operation, sense: readiness, errno: errno)
        }
        switch errno {
        case EACCES, EROFS, EPERM:
            return isWriteProtected
                ? make(.writeProtected, "the cartridge is write-protected") : make(.accessDenied, words)
        case ENOSPC: return make(.endOfMedium, "the physical end of the tape")
        case EIO: return input
        default: return make(.system, words)
        }
    }

    private var input: TapeFault {
        // Spacing and locating end with these; they are no failures of the medium.
        if direction != 0 {
            if isAtEndOfData && direction > 0 { return make(.endOfData, "the end of the data") }
            if isAtBeginning && direction < 0 { return make(.beginningOfTape, "the beginning of the tape") }
            if isAtFilemark || hasMoved && operation == "space blocks" { return make(.filemark, "a filemark") }
        }
        if isWriteProtected && operation.hasPrefix("write") {
            return make(.writeProtected, "the cartridge is write-protected")
        }
        if hasHardwareAlert { return make(.hardware, "the drive tells of a hardware fault") }
        if hasNewHardError { return make(.mediumError, "an error that the drive could not repair") }
        if hasMoved {
            return make(.positionLost, "the tape is not where it was left: a reset, or another program moved it")
        }
        return make(.mediumError, "the drive gives no cause")
    }

    private var words: String { String(cString: strerror(errno)) }

    private func make(_ kind: TapeFault.Kind, _ detail: String) -> TapeFault {
        TapeFault(kind, operation: operation, detail: detail, errno: errno)
    }
}
