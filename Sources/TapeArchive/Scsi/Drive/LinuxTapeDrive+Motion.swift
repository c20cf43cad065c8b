import BackupModel
import CTape
import Glibc

extension LinuxTapeDrive {
    package func position() throws(TapeFault) -> TapePosition {
        try held("position", .position) { (session) throws(TapeFault) in
            if let report = readiness(&session) {
                throw TapeFault(operation: "position", sense: report, errno: EIO)
            }
            guard let found = asked(&session) else {
                throw TapeFault(.positionLost, operation: "position", detail: "the drive does not know where it is")
            }
            session.block = found.block
            return found
        }
    }

    package func rewind() throws(TapeFault) {
        try held("rewind", .medium) { (session) throws(TapeFault) in
            try move("rewind", ctape_rewind, 1, &session)
            (session.block, session.standing) = (0, nil)
        }
    }

    package func locate(_ block: Int64) throws(TapeFault) {
        guard let count = Int32(exactly: block), count >= 0 else {
            throw TapeFault(.system, operation: "locate", detail: "no block \(block)", errno: EINVAL)
        }
        try held("locate", .medium) { (session) throws(TapeFault) in
            // Blank check behind the end: the drive stands at the end of data.
            do throws(TapeFault) { try move("locate", ctape_seek, count, &session) } catch {
                if error.kind == .mediumError, let now = asked(&session), now.block < block {
                    session.block = now.block
                    throw TapeFault(
                        .endOfData, operation: "locate", detail: "the data end at block \(now.block)",
                        errno: error.errno)
                }
                throw error
            }
            guard let now = asked(&session), now.block == block else {
                throw TapeFault(.positionLost, operation: "locate", detail: "the drive is not at block \(block)")
            }
            (session.block, session.standing) = (block, nil)
        }
    }

    package func spaceFilemarks(_ count: Int) throws(TapeFault) {
        try space("space filemarks", count, forward: ctape_fsf, back: ctape_bsf)
    }

    package func spaceBlocks(_ count: Int) throws(TapeFault) {
        try space("space blocks", count, forward: ctape_fsr, back: ctape_bsr)
    }

    package func toEndOfData() throws(TapeFault) {
        try held("end of data", .position) { (session) throws(TapeFault) in
            try move("end of data", ctape_end_of_data, 1, &session)
        }
    }

    package func retension() throws(TapeFault) {
        try held("retension", .medium) { (session) throws(TapeFault) in
            try move("retension", ctape_retension, 1, &session)
            (session.block, session.standing) = (0, nil)
        }
    }

    package func eject() throws(TapeFault) {
        try held("eject", .nothing) { (session) throws(TapeFault) in
            _ = ctape_operate(session.descriptor, ctape_unlock, 1)
            session.holdsDoor = false
            try move("eject", ctape_offline, 1, &session)
            session.standing = nil
        }
    }

    /// Asks the drive to take the cartridge in, waits until it is ready and opens the device anew, so that the driver
    /// looks at the cartridge as a new one.
    package func load() throws(TapeFault) {
        try held("load", .nothing) { (session) throws(TapeFault) in
            // A drive that has taken it in by itself may refuse; what counts is that it becomes ready.
            for _ in 0..<4 {
                do throws(TapeFault) {
                    try wire.order("load", [0x1b, 0, 0, 0, 1, 0], timeout: Self.loadSeconds)
                    break
                } catch  where error.sense.map(SenseMeaning.isAttention) ?? false {} catch {
                    if [.gone, .noMedium, .incompatibleMedium, .hardware].contains(error.kind) { throw error }
                    break
                }
            }
            try waitUntilReady(&session)
            _ = ctape_close(session.descriptor)
            session.descriptor = -1
            session = Session(descriptor: try Self.open(node))
            try setBlocks(session.descriptor)
            // The driver met an attention of before: it has rewound nothing.
            try move("load", ctape_rewind, 1, &session)
            session.block = 0
        }
    }

    /// Two hours for the first load of an LTO-9 cartridge, and some for the loading itself.
    private static let loadSeconds: UInt32 = 7800

    private func waitUntilReady(_ session: inout Session) throws(TapeFault) {
        var waited: UInt32 = 0
        while let report = readiness(&session) {
            let fault = TapeFault(operation: "load", sense: report, errno: EIO)
            guard fault.kind == .notReady || fault.kind == .initialising, waited < Self.loadSeconds else { throw fault }
            sleep(1)
            waited += 1
        }
        session.attentions = []
    }

    private func space(
        _ operation: String, _ count: Int, forward: ctape_operation, back: ctape_operation
    ) throws(TapeFault) {
        guard count != 0 else { return }
        guard let steps = Int32(exactly: count.magnitude) else {
            throw TapeFault(.system, operation: operation, detail: "too many: \(count)", errno: EINVAL)
        }
        try held(operation, .position) { (session) throws(TapeFault) in
            if session.block == nil { session.block = asked(&session)?.block }
            try move(operation, count > 0 ? forward : back, steps, &session, direction: count.signum())
        }
    }

    /// A call that moves the tape. Where it stands afterwards is to be asked.
    private func move(
        _ operation: String, _ call: ctape_operation, _ count: Int32, _ session: inout Session, direction: Int = 0
    ) throws(TapeFault) {
        session.isWarned = false
        let result = ctape_operate(session.descriptor, call, count)
        if result < 0 {
            if direction == 0 { session.block = nil }
            throw fault(operation, result, &session, direction: direction)
        }
        session.block = nil
    }
}
