package import BackupModel
import CTape
import Glibc

extension LinuxTapeDrive {
    package func status() throws(TapeFault) -> DriveStatus {
        try held("status", .nothing) { (session) throws(TapeFault) in
            let report = readiness(&session)
            let kind = report.map { SenseMeaning($0.data).kind }
            var status = DriveStatus(hasMedium: kind != .noMedium, isReady: report == nil)
            status.isDoorOpen = report?.data == SenseData(key: 2, code: 0x3a, qualifier: 2)
            status.isInitialising = kind == .initialising
            let facts = mode(&session)
            status.isWriteProtected = facts?.isWriteProtected ?? false
            status.blockSize = facts?.blockSize ?? 0
            status.density = facts?.density ?? 0
            var state = ctape_state()
            if ctape_state_of(session.descriptor, &state) == 0 {
                status.wantsCleaning = state.wants_cleaning != 0
                if status.isReady && state.is_online != 0 { status.blockSize = Int(state.block_size) }
            }
            let alerts = pages(&session).alerts.compactMap { TapeAlert($0) }
            if alerts.contains(where: \.wantsCleaning) { status.wantsCleaning = true }
            return status
        }
    }

    package func health() throws(TapeFault) -> DriveHealth {
        try held("health", .nothing) { (session) throws(TapeFault) in
            let health = pages(&session)
            session.hardErrors = health.hardWriteErrors &+ health.hardReadErrors
            return health
        }
    }

    package func medium() throws(TapeFault) -> MediumFacts {
        try held("medium", .nothing) { (session) throws(TapeFault) in
            if let report = readiness(&session) { throw TapeFault(operation: "medium", sense: report, errno: EIO) }
            let memory = memory(&session)
            let volume = question(&session, LogPage.command(0x17, count: 4096), 4096).flatMap { LogPage(0x17, $0) }
                .map(VolumeStatistics.init)
            let mode = mode(&session)
            var facts = MediumFacts(
                barcode: memory?.barcode ?? "", serial: memory?.serial ?? "",
                generation: MediumMemory.generation(density: memory?.density ?? mode?.density ?? 0))
            facts.isWORM = memory?.isWORM ?? false
            facts.isCleaning = memory?.isCleaning ?? false
            facts.isWriteProtected = mode?.isWriteProtected ?? false
            facts.capacity = memory?.capacity ?? volume?.capacity
            facts.loads = memory?.loads ?? volume?.loads
            facts.lifetimeBytesWritten = memory?.lifetimeBytesWritten ?? volume?.lifetimeBytesWritten
            return facts
        }
    }

    package func lockDoor(_ isLocked: Bool) throws(TapeFault) {
        try held("lock door", .nothing) { (session) throws(TapeFault) in
            let result = ctape_operate(session.descriptor, isLocked ? ctape_lock : ctape_unlock, 1)
            if result < 0 { throw fault("lock door", result, &session) }
            session.holdsDoor = isLocked
        }
    }

    package func configure(_ options: DriveOptions) throws(TapeFault) {
        try held("configure", .medium) { (session) throws(TapeFault) in
            try setBlocks(session.descriptor)
            if mode(&session)?.compresses != options.compression {
                _ = ctape_operate(session.descriptor, ctape_compression, options.compression ? 1 : 0)
                let found = mode(&session)?.compresses
                // A drive without the page cannot compress.
                if let found, found != options.compression {
                    throw refused("compression stays \(found ? "on" : "off")")
                }
                if found == nil && options.compression { throw refused("the drive does not say that it compresses") }
            }
            let encryption = question(&session, EncryptionStatus.command, 64).flatMap { EncryptionStatus($0) }
            if options.expectsNoEncryption, let encryption, encryption.encrypts || encryption.decrypts {
                throw refused("the drive encrypts by itself: take its key away, or nobody else can read the tape")
            }
        }
    }

    private func refused(_ words: String) -> TapeFault {
        TapeFault(.optionRefused, operation: "configure", detail: "\(path): \(words)")
    }

    private func mode(_ session: inout Session) -> ModeFacts? {
        (question(&session, ModeFacts.command, 64) ?? question(&session, ModeFacts.plainCommand, 255))
            .flatMap { ModeFacts($0) }
    }

    private func memory(_ session: inout Session) -> MediumMemory? {
        question(&session, MediumMemory.command(from: 0, count: 4096), 4096).map(MediumMemory.init)
    }

    /// An answer, or nil where the drive has none; attentions on the way are remembered.
    private func question(_ session: inout Session, _ command: [UInt8], _ count: Int) -> [UInt8]? {
        var heard: [SenseReport] = []
        let bytes = try? wire.ask("ask", command, count: count) { heard.append($0) }
        session.attentions += heard
        return bytes
    }
}
