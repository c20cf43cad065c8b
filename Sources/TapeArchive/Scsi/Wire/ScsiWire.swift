import BackupModel
import CTape
import Glibc
import Synchronization

/// One unit's sg device: sends commands, reads answers. Blocks; one caller at a time.
final class ScsiWire: Sendable {
    let path: String
    /// -1: closed.
    private let descriptor: Atomic<Int32>

    init(_ path: String) throws(TapeFault) {
        self.path = path
        let opened = ctape_open(path)
        descriptor = Atomic(max(opened, -1))
        if opened < 0 { throw TapeFault(opening: path, errno: -opened) }
    }

    deinit { close() }

    func close() {
        let open = descriptor.exchange(-1, ordering: .sequentiallyConsistent)
        if open >= 0 { _ = ctape_close(open) }
    }

    /// What a unit attention said that was met on the way to an answer; the command was sent again.
    typealias Attention = (SenseReport) -> Void

    /// Asks for at most `count` bytes. Seconds; a unit attention is told and the question repeated, at most 8 times.
    func ask(
        _ operation: String, _ command: [UInt8], count: Int, timeout: UInt32 = 60, attention: Attention? = nil
    ) throws(TapeFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var attempt = 0
        while true {
            let answer = try send(operation, command, &bytes, isWrite: false, timeout)
            guard let trouble = Self.trouble(operation, answer) else {
                return Array(bytes.prefix(Int(answer.transferred)))
            }
            guard let report = trouble.report, report.data.key == 6, let attention, attempt < 8 else {
                throw trouble.fault
            }
            attention(report)
            attempt += 1
        }
    }

    /// Sends a command without data.
    func order(_ operation: String, _ command: [UInt8], timeout: UInt32) throws(TapeFault) {
        var none: [UInt8] = []
        if let trouble = Self.trouble(operation, try send(operation, command, &none, isWrite: false, timeout)) {
            throw trouble.fault
        }
    }

    /// Sense of TEST UNIT READY; nil when ready.
    func ready() throws(TapeFault) -> SenseReport? {
        var none: [UInt8] = []
        let answer = try send("test unit ready", [UInt8](repeating: 0, count: 6), &none, isWrite: false, 60)
        guard let trouble = Self.trouble("test unit ready", answer) else { return nil }
        guard let report = trouble.report else { throw trouble.fault }
        return report
    }

    private func send(
        _ operation: String, _ command: [UInt8], _ bytes: inout [UInt8], isWrite: Bool, _ timeout: UInt32
    ) throws(TapeFault) -> ctape_answer {
        var answer = ctape_answer()
        let result = bytes.withUnsafeMutableBytes { data in
            ctape_command(
                descriptor.load(ordering: .sequentiallyConsistent), command, UInt8(command.count), data.baseAddress,
                UInt32(data.count), isWrite ? 1 : 0,
                timeout * 1000, &answer)
        }
        if result < 0 {
            throw TapeFault(
                [ENODEV, ENXIO].contains(-result) ? .gone : .system, operation: operation,
                detail: "\(path): " + String(cString: strerror(-result)), errno: -result)
        }
        return answer
    }

    private static func trouble(
        _ operation: String, _ answer: ctape_answer
    ) -> (fault: TapeFault, report: SenseReport?)? {
        // DID_NO_CONNECT, and what the transport says when the device was taken away (scsi/scsi_status.h).
        if [0x01, 0x04, 0x0e, 0x0f].contains(answer.host_status) {
            return (TapeFault(.gone, operation: operation, detail: "the device does not answer", errno: ENODEV), nil)
        }
        if answer.host_status == 0x03 {
            return (
                TapeFault(.gone, operation: operation, detail: "no answer in time, and a reset", errno: ETIMEDOUT), nil
            )
        }
        if answer.host_status != 0 {
            let words = "the adapter failed, host status \(answer.host_status)"
            return (TapeFault(.gone, operation: operation, detail: words, errno: EIO), nil)
        }
        switch answer.status {
        case 0: return nil
        case 0x08, 0x28:
            return (TapeFault(.busy, operation: operation, detail: "the unit is busy", errno: EBUSY), nil)
        case 0x18:
            let words = "another host or program has reserved the unit"
            return (TapeFault(.busy, operation: operation, detail: words, errno: EBUSY), nil)
        default: break
        }
        let sense = withUnsafeBytes(of: answer.sense) { Array($0.prefix(Int(answer.sense_count))) }
        guard let report = SenseReport(sense) else {
            let words = "status \(answer.status) without sense data"
            return (TapeFault(.system, operation: operation, detail: words, errno: EIO), nil)
        }
        // Recovered, or no error at all: the command was done.
        if report.data.key <= 1 { return nil }
        return (TapeFault(operation: operation, sense: report, errno: EIO), report)
    }
}

extension TapeFault {
    init(operation: String, sense report: SenseReport, errno: Int32) {
        let meaning = SenseMeaning(report.data)
        self.init(
            meaning.kind, operation: operation,
            detail: meaning.words + (report.isDeferred ? ", told late" : ""), errno: errno, sense: report.data)
    }

    init(opening path: String, errno: Int32) {
        let kind: Kind =
            switch errno {
            case EBUSY: .busy
            case ENODEV, ENXIO, ENOENT: .gone
            case EACCES, EPERM: .accessDenied
            case ENOMEDIUM: .noMedium
            default: .system
            }
        self.init(
            kind, operation: "open", detail: printable(path.utf8) + ": " + String(cString: strerror(errno)),
            errno: errno)
    }
}
