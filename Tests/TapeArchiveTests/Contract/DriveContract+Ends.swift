import BackupModel
import TapeArchive

extension DriveContract {
    static let endOfTape: [DriveContract] = [
        DriveContract("F1 the block that crosses early warning is on the tape, the next is not, the one after is") {
            bench in
            let drive = try bench.fresh(BenchCartridge())
            let written = try fillToWarning(drive, size: 65_536)
            try requireEqual(try drive.position().block, Int64(written), "what did not fit was not written")
            try require(try drive.position().isNearEnd, "near the end")
            try require(try drive.put(1000, size: 65_536), "the trailer goes through")
            try drive.writeFilemarks(1, immediate: false)
            try drive.locate(Int64(written) - 1)
            try requireEqual(
                try drive.get(), .block(UInt64(written - 1), size: 65_536), "the block that crossed")
            try requireEqual(try drive.get(), .block(1000, size: 65_536), "the trailer")
            try requireEqual(try drive.get(), .filemark, "its filemark")
        },
        DriveContract("F1 filemarks succeed behind early warning") { bench in
            let drive = try bench.fresh(BenchCartridge())
            let written = try fillToWarning(drive, size: 65_536)
            try drive.writeFilemarks(1, immediate: false)
            try drive.writeFilemarks(1, immediate: true)
            try drive.writeFilemarks(0, immediate: false)
            try requireEqual(try drive.position().block, Int64(written) + 2, "position")
        },
        DriveContract("F2 the physical end is an error, and nothing was written") { bench in
            let drive = try bench.fresh(BenchCartridge())
            var written = try fillToWarning(drive, size: 65_536)
            var end: TapeFault?
            for _ in 0..<1000 where end == nil {
                do { if try drive.put(UInt64(written), size: 65_536) { written += 1 } } catch let fault as TapeFault {
                    end = fault
                }
            }
            try requireEqual(end?.kind, .endOfMedium, "at the physical end")
            try requireEqual(try drive.position().block, Int64(written), "position")
            try drive.locate(Int64(written) - 1)
            try requireEqual(try drive.get(), .block(UInt64(written - 1), size: 65_536), "the last block")
        },
        DriveContract("writing in front again makes room") { bench in
            let drive = try bench.fresh(BenchCartridge())
            _ = try fillToWarning(drive, size: 65_536)
            try drive.rewind()
            try require(try drive.put(1, size: 65_536), "from the beginning")
            try require(try drive.put(2, size: 65_536), "and on")
            try require(!(try drive.position().isNearEnd), "far from the end")
        },
    ]

    static let cartridges: [DriveContract] = [
        DriveContract("F10 a write-protected cartridge says so before it is written to") { bench in
            let drive = try bench.fresh(BenchCartridge(isWriteProtected: true))
            try require(try drive.status().isWriteProtected, "status")
            try requireFault(.writeProtected, "write") { try drive.put(1) }
            try requireFault(.writeProtected, "filemark") { try drive.writeFilemarks(1, immediate: false) }
            try requireEqual(try drive.get(), .endOfData, "reading is allowed")
        },
        DriveContract("an ejected cartridge is gone until it is loaded again") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [1])
            try drive.eject()
            try require(!(try drive.status().isReady), "not ready")
            try requireFault(.noMedium, "read") { _ = try drive.get() }
            try requireFault(.noMedium, "write") { try drive.put(1) }
            try drive.load()
            try require(try drive.status().isReady, "ready")
            try requireEqual(try drive.get(), .block(0), "loaded at the beginning")
        },
        DriveContract("F32 after a button eject nothing is written at a believed position") { bench in
            guard bench.hasButton else { return }
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [1])
            try bench.pressButton()
            try requireFault(.mediumChanged, "write") { try drive.put(1) }
            do {
                try drive.put(2)
                throw ContractBroken(what: "a second write went through", file: #fileID, line: #line)
            } catch is TapeFault {}
        },
        DriveContract("F32 a locked door holds the cartridge") { bench in
            guard bench.hasButton else { return }
            let drive = try bench.fresh(BenchCartridge())
            try drive.lockDoor(true)
            try bench.pressButton()
            try require(try drive.put(1), "still there")
            try drive.lockDoor(false)
        },
        DriveContract("F21 options are set, and variable blocks are the mode") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try drive.configure(DriveOptions())
            let status = try drive.status()
            try requireEqual(status.blockSize, 0, "block size")
            try require(status.hasMedium && status.isReady && !status.isInitialising, "status")
        },
        DriveContract("bytes and the medium are told") { bench in
            let drive = try bench.fresh(BenchCartridge())
            let before = try drive.health().bytesWritten
            for index in 0..<16 { try drive.put(UInt64(index), size: 65_536) }
            try drive.writeFilemarks(1, immediate: false)
            let health = try drive.health()
            try require(health.bytesWritten - before >= 1 << 20, "1 MiB counted, found \(health.bytesWritten)")
            try require(health.alerts.isEmpty, "no alerts: \(health.alerts)")
            try require(!(try drive.medium().isCleaning), "a data cartridge")
        },
    ]

    /// Writes until early warning is told; the number of blocks on the tape.
    static func fillToWarning(_ drive: any TapeDrive, size: Int) throws -> Int {
        for count in 0..<10_000 {
            if !(try drive.put(UInt64(count), size: size)) { return count }
        }
        throw ContractBroken(what: "no early warning in 10,000 blocks", file: #fileID, line: #line)
    }
}
