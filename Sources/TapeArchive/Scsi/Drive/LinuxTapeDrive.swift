package import BackupModel
import CTape
import Glibc
import Synchronization

/// A real drive: the tape driver's `/dev/nstN` for everything that moves the tape, sg for what is asked.
///
/// Two ways lead to one drive, so a unit attention may be heard on the other way than the one it concerns. Whoever
/// hears that the cartridge was changed or the drive reset makes it stand: nothing is read or written until the tape
/// was loaded, or after a reset positioned, anew (F14, F32).
package final class LinuxTapeDrive: TapeDrive {
    package let identity: DriveIdentity
    /// The tape device: `/dev/nst0`.
    package let path: String
    let node: ScsiNode
    let wire: ScsiWire
    let session: Mutex<Session>

    /// What holds between two calls.
    struct Session: Sendable {
        /// -1: closed.
        var descriptor: Int32
        /// The next logical block as far as the calls tell; nil: to be asked.
        var block: Int64?
        /// Early warning was told for where the tape stands.
        var isWarned = false
        /// Stands in the way of everything but `load`, or after a reset also `rewind` and `locate`.
        var standing: TapeFault?
        /// What was heard since the last call of the driver.
        var attentions: [SenseReport] = []
        var hardErrors: Int64?
        var holdsDoor = false
    }

    /// By any name of the device that does not rewind (F15): `/dev/nst0` or a link to it. Sets variable blocks and the
    /// driver's options and reads them back.
    ///
    /// Throws `.busy` with who holds it, `.optionRefused` for a device that rewinds.
    package init(_ name: String) throws(TapeFault) {
        node = try ScsiNode(name)
        guard node.isTape else {
            throw TapeFault(.system, operation: "open", detail: printable(name.utf8) + " is not a tape device")
        }
        if node.rewindsOnClose {
            throw TapeFault(
                .optionRefused, operation: "open",
                detail: printable(name.utf8)
                    + " rewinds when it is closed and would be written over: use /dev/n\(node.name)")
        }
        path = "/dev/" + node.name
        wire = try ScsiWire(node.generic)
        var heard: [SenseReport] = []
        let inquiry = try wire.ask("inquiry", Inquiry.command, count: 96) { heard.append($0) }
        let serial = try? wire.ask("inquiry", Inquiry.pageCommand(0x80), count: 252) { heard.append($0) }
        guard Inquiry.deviceType(inquiry) == 1, let identity = Inquiry.identity(inquiry, serial: serial) else {
            throw TapeFault(.system, operation: "open", detail: path + " is not a tape drive")
        }
        self.identity = identity
        session = Mutex(Session(descriptor: try Self.open(node)))
        try setDriver()
        try session.withLock { (session) throws(TapeFault) in try setBlocks(session.descriptor) }
    }

    deinit { close() }

    package func close() {
        session.withLock { session in
            if session.descriptor < 0 { return }
            if session.holdsDoor { _ = ctape_operate(session.descriptor, ctape_unlock, 1) }
            _ = ctape_close(session.descriptor)
            session.descriptor = -1
        }
        wire.close()
    }

    static func open(_ node: ScsiNode) throws(TapeFault) -> Int32 {
        let path = "/dev/" + node.name
        let descriptor = ctape_open(path)
        if descriptor >= 0 { return descriptor }
        var fault = TapeFault(opening: path, errno: -descriptor)
        if fault.kind == .busy, let holders = DriveHolder.words(DriveHolder.all(siblings: node.siblings)) {
            fault.detail += ", " + holders
        }
        throw fault
    }

    /// Errors told at once, nothing written behind our back, the end of data found fast, logical block numbers.
    private func setDriver() throws(TapeFault) {
        let on = UInt32(
            ctape_option_can_bsr.rawValue | ctape_option_scsi2logical.rawValue | ctape_option_fast_end_of_data.rawValue)
        let off = UInt32(
            ctape_option_buffer_writes.rawValue | ctape_option_async_writes.rawValue | ctape_option_read_ahead.rawValue
                | ctape_option_two_filemarks.rawValue | ctape_option_auto_lock.rawValue | ctape_option_sysv.rawValue
                | ctape_option_nowait.rawValue | ctape_option_nowait_filemark.rawValue)
        let descriptor = session.withLock { $0.descriptor }
        let results = [
            ctape_operate(descriptor, ctape_set_options, Int32(on)),
            ctape_operate(descriptor, ctape_clear_options, Int32(off)),
        ]
        // Only root may; what counts is what stands there.
        if let options = ScsiNode.options(of: node.name), UInt32(options) & (on | off) != on {
            let cause = results.contains { $0 < 0 } ? " (only root may set them)" : ""
            throw TapeFault(
                .optionRefused, operation: "set options",
                detail: "the options of \(path) are not ours\(cause): run `mt -f \(path) stclearoptions"
                    + " buffer-writes async-writes read-ahead two-fms auto-lock sysv no-wait` and"
                    + " `mt -f \(path) stsetoptions can-bsr scsi2logical fast-eod` as root")
        }
    }

    /// Variable blocks, set and read back (F21). Without a cartridge there is nothing to set yet.
    func setBlocks(_ descriptor: Int32) throws(TapeFault) {
        var state = ctape_state()
        guard ctape_state_of(descriptor, &state) == 0, state.is_online != 0 else { return }
        if state.block_size != 0 { _ = ctape_operate(descriptor, ctape_set_block, 0) }
        guard ctape_state_of(descriptor, &state) == 0, state.block_size == 0 else {
            throw TapeFault(
                .optionRefused, operation: "set block size",
                detail: "\(path) stays at blocks of \(state.block_size) bytes, not variable ones")
        }
    }
}

// MARK: Calls of the driver

extension LinuxTapeDrive {
    enum Need { case nothing, medium, position }

    /// Makes a call with the descriptor unless something stands in the way.
    func held<T>(
        _ operation: String, _ need: Need, _ body: (inout Session) throws(TapeFault) -> T
    ) throws(TapeFault) -> T {
        try session.withLock { (session) throws(TapeFault) in
            if session.descriptor < 0 { throw TapeFault(.gone, operation: operation, detail: "\(path) is closed") }
            settle(&session)
            if need != .nothing, var standing = session.standing,
                need == .position || standing.kind != .positionLost
            {
                standing.operation = operation
                throw standing
            }
            return try body(&session)
        }
    }

    /// What was heard of a changed cartridge or a reset comes to stand.
    private func settle(_ session: inout Session) {
        for report in session.attentions {
            let fault = TapeFault(operation: "", sense: report, errno: EIO)
            if fault.kind == .mediumChanged || fault.kind == .gone { stand(fault, &session) }
        }
        session.attentions = []
    }

    private func stand(_ fault: TapeFault, _ session: inout Session) {
        var fault = fault
        // After a reset the drive is there, its position is not known.
        if fault.kind == .gone, fault.sense != nil { fault.kind = .positionLost }
        // The driver would end a file it believes to be open with a filemark, wherever the tape stands now: over the
        // label after a reset. This call makes it forget that.
        _ = ctape_operate(session.descriptor, session.holdsDoor ? ctape_lock : ctape_unlock, 1)
        session.block = nil
        if session.standing?.kind != .mediumChanged { session.standing = fault }
    }

    /// The fault for an errno of the driver, with the drive asked for the cause.
    func fault(_ operation: String, _ result: Int32, _ session: inout Session, direction: Int = 0) -> TapeFault {
        var evidence = FailureEvidence(operation: operation, errno: -result)
        evidence.direction = direction
        evidence.attentions = session.attentions
        if [ENODEV, ENXIO].contains(-result) { return evidence.fault }
        let hadMedium = session.block != nil || session.isWarned
        evidence.readiness = readiness(&session)
        evidence.attentions = session.attentions
        var state = ctape_state()
        if ctape_state_of(session.descriptor, &state) == 0 {
            evidence.isWriteProtected = state.is_write_protected != 0
            evidence.isAtFilemark = state.is_at_filemark != 0
        }
        if evidence.readiness == nil {
            let now = asked(&session)
            evidence.isAtBeginning = now?.isBeginning ?? false
            evidence.isAtEndOfData = state.is_end_of_data != 0
            if let now, let block = session.block { evidence.hasMoved = now.block != block }
            lookForErrors(&evidence, &session)
        }
        var fault = evidence.fault
        // The cartridge that was there is gone: somebody took it.
        if fault.kind == .noMedium, hadMedium {
            fault.kind = .mediumChanged
            fault.detail = "the cartridge was ejected by somebody else: " + fault.detail
        }
        session.attentions = []
        if [.mediumChanged, .gone, .positionLost].contains(fault.kind) { stand(fault, &session) }
        if direction != 0 { session.block = nil }
        return fault
    }

    /// The sense of a drive that is not ready; attentions on the way are remembered.
    func readiness(_ session: inout Session) -> SenseReport? {
        for _ in 0..<8 {
            guard let report = try? wire.ready() else { return nil }
            if !SenseMeaning.isAttention(report.data) { return report }
            session.attentions.append(report)
        }
        return nil
    }

    /// Where the drive says the tape stands.
    func asked(_ session: inout Session) -> TapePosition? {
        var heard: [SenseReport] = []
        let bytes = try? wire.ask("read position", LongPosition.command, count: 32) { heard.append($0) }
        session.attentions += heard
        if let bytes { return LongPosition(bytes)?.position }
        var block: Int64 = 0
        guard ctape_position(session.descriptor, &block) == 0 else { return nil }
        return TapePosition(file: nil, block: block, isBeginning: block == 0)
    }

    private func lookForErrors(_ evidence: inout FailureEvidence, _ session: inout Session) {
        let health = pages(&session)
        let errors = health.hardWriteErrors &+ health.hardReadErrors
        evidence.hasNewHardError = errors > session.hardErrors ?? 0
        session.hardErrors = errors
        evidence.hasHardwareAlert = health.alerts.contains {
            TapeAlert($0).map { [30, 31].contains($0.flag) } ?? false
        }
    }

    func pages(_ session: inout Session) -> DriveHealth {
        var heard: [SenseReport] = []
        func page(_ code: UInt8) -> [UInt8]? {
            try? wire.ask("log sense", LogPage.command(code, count: 4096), count: 4096) { heard.append($0) }
        }
        let found = HealthPages.all.compactMap { code in page(code).flatMap { LogPage(code, $0) } }
        let alerts = page(0x12)
        session.attentions += heard
        return HealthPages.health(found, alerts: alerts)
    }
}
