import CTape
import Glibc

extension LinuxTapeDrive {
    package func write(_ block: UnsafeRawBufferPointer) throws(TapeFault) -> BlockWritten {
        try held("write", .position) { (session) throws(TapeFault) in
            // Behind early warning the driver refuses every second write unsent; at the physical end it refuses all.
            for _ in 0..<3 {
                let result = ctape_write(session.descriptor, block.baseAddress, block.count)
                if result == block.count {
                    session.block = session.block.map { $0 + 1 }
                    return .written
                }
                if result >= 0 {
                    throw TapeFault(
                        .mediumError, operation: "write", detail: "\(result) of \(block.count) bytes were written")
                }
                guard result == -Int(ENOSPC) else { throw fault("write", Int32(result), &session) }
                if !session.isWarned {
                    session.isWarned = true
                    return .earlyWarning
                }
            }
            throw fault("write", -ENOSPC, &session)
        }
    }

    package func writeFilemarks(_ count: Int, immediate: Bool) throws(TapeFault) {
        guard let marks = Int32(exactly: count), marks >= 0 else {
            throw TapeFault(.system, operation: "write filemarks", detail: "a negative count", errno: EINVAL)
        }
        try held("write filemarks", .position) { (session) throws(TapeFault) in
            let result = ctape_operate(session.descriptor, immediate ? ctape_weofi : ctape_weof, marks)
            if result < 0 { throw fault("write filemarks", result, &session) }
            session.block = session.block.map { $0 + Int64(count) }
        }
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(TapeFault) -> BlockRead {
        try held("read", .position) { (session) throws(TapeFault) in
            // The driver's zero is a filemark or the end of data: only the position tells which.
            if session.block == nil { session.block = asked(&session)?.block }
            let result = ctape_read(session.descriptor, buffer.baseAddress, buffer.count)
            if result > 0 {
                session.block = session.block.map { $0 + 1 }
                return .block(bytes: result)
            }
            if result == 0 { return try ended(&session) }
            if result == -Int(ENOMEM) {
                session.block = session.block.map { $0 + 1 }
                return .tooLarge
            }
            // Without a filemark before it, the end of data is an error for the driver.
            if result == -Int(EIO), try standsAtEnd(&session) { return .endOfData }
            throw fault("read", Int32(result), &session)
        }
    }

    /// Asks the drive by winding to the end of data; where that is elsewhere, the tape goes back.
    private func standsAtEnd(_ session: inout Session) throws(TapeFault) -> Bool {
        guard let before = session.block, readiness(&session) == nil, session.attentions.isEmpty,
            asked(&session)?.block == before
        else { return false }
        let toEnd: [UInt8] = [0x11, 3, 0, 0, 0, 0]
        do throws(TapeFault) { try wire.order("end of data", toEnd, timeout: 3600) } catch { return false }
        guard let end = asked(&session)?.block else { return false }
        if end == before { return true }
        let result = ctape_operate(session.descriptor, ctape_seek, Int32(clamping: before))
        if result < 0 { throw fault("read", result, &session) }
        return false
    }

    private func ended(_ session: inout Session) throws(TapeFault) -> BlockRead {
        guard let now = asked(&session), let before = session.block else {
            throw TapeFault(.positionLost, operation: "read", detail: "the drive does not know where it is")
        }
        if now.block == before { return .endOfData }
        guard now.block == before + 1 else {
            session.block = now.block
            throw TapeFault(
                .positionLost, operation: "read",
                detail: "the tape is at block \(now.block) after a filemark at block \(before)")
        }
        session.block = now.block
        return .filemark
    }

    package func erase(long: Bool) throws(TapeFault) {
        try held("erase", .position) { (session) throws(TapeFault) in
            let result = ctape_operate(session.descriptor, ctape_erase, long ? 1 : 0)
            session.block = nil
            if result < 0 { throw fault("erase", result, &session) }
        }
    }
}
