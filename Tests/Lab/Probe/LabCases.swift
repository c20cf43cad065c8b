import BackupModel
import TapeArchive
import TapeContract

/// What only a real driver can show, and what the contract leaves to each drive.
struct LabCase {
    var name: String
    var run: (LabBench) throws -> Void

    init(_ name: String, _ run: @escaping (LabBench) throws -> Void) {
        self.name = name
        self.run = run
    }

    static var all: [LabCase] { devices + troubles + robots }
}

extension LabCase {
    private static var devices: [LabCase] {
        [
            LabCase("F15 the device that rewinds is refused") { bench in
                let rewinding = bench.tape.replacing("/nst", with: "/st")
                try requireFault(.optionRefused, rewinding) { _ = try LinuxTapeDrive(rewinding) }
            },
            LabCase("a drive has one identity under each of its names") { bench in
                bench.letGo()
                let first = try LinuxTapeDrive(bench.tape)
                let identity = first.identity
                first.close()
                try requireEqual(identity.serial, "LABDRV0000", "serial")
                let second = try LinuxTapeDrive("/dev/tape/by-id/scsi-\(identity.serial)-nst")
                try requireEqual(second.identity, identity, "identity")
                try requireEqual(second.path, bench.tape, "path")
                second.close()
            },
            LabCase("who holds the drive is told") { bench in
                let drive = try bench.freshDrive()
                try requireFault(.busy, "a second open") { _ = try LinuxTapeDrive(bench.tape) }
                let holders = try DriveHolder.all(of: bench.tape)
                try require(holders.contains { $0.command.contains("LabProbe") }, "holders: \(holders)")
                drive.close()
                try requireEqual(try DriveHolder.all(of: bench.tape).count, 0, "holders of a closed drive")
            },
            LabCase("F21 compression is set and read back, a drive that encrypts is refused") { bench in
                let drive = try bench.freshDrive()
                for compresses in [true, false, true] { try drive.configure(DriveOptions(compression: compresses)) }
                try bench.tell("encrypt", 0, 1)
                try requireFault(.optionRefused, "encrypting") { try drive.configure(DriveOptions()) }
            },
            LabCase("counters, capacity and the cartridge's memory are read") { bench in
                let drive = try bench.freshDrive(BenchCartridge(capacity: 64 << 20, earlyWarning: 60 << 20))
                for mark in 0..<8 { try drive.put(UInt64(mark), size: 1 << 18) }
                try drive.writeFilemarks(1, immediate: false)
                try bench.tell("soft", 0, 5)
                let health = try drive.health()
                try requireEqual(health.bytesWritten, 2 << 20, "bytes written")
                try requireEqual(health.softWriteErrors, 5, "soft errors")
                try requireEqual(health.remainingCapacity, 61 << 20, "remaining")
                let medium = try drive.medium()
                try requireEqual(medium.generation, "LTO-8", "generation")
                try requireEqual(medium.capacity, 64 << 20, "capacity")
                try requireEqual(medium.barcode, "FRESH0L8", "barcode")
                try requireEqual(medium.loads, 1, "loads")
            },
        ]
    }

    private static var troubles: [LabCase] {
        [
            LabCase("F3 a hard write error is one of the medium") { bench in
                let drive = try bench.freshDrive()
                try drive.put(1)
                try bench.tell("fault", 0, 0x0a, 0, 1, 3, 0x0c, 0)
                try requireFault(.mediumError, "write") { try drive.put(2) }
                try requireEqual(try drive.position().block, 1, "position")
            },
            LabCase("F4 an error told late comes with the synchronous filemark") { bench in
                let drive = try bench.freshDrive()
                for mark in 0..<4 { try drive.put(UInt64(mark)) }
                try bench.tell("late", 0, 2)
                try requireFault(.mediumError, "filemark") { try drive.writeFilemarks(1, immediate: false) }
                try requireEqual(try drive.position().block, 2, "position")
            },
            LabCase("F14 after a reset nothing is written until the tape was positioned anew") { bench in
                let drive = try bench.freshDrive()
                for mark in 0..<4 { try drive.put(UInt64(mark)) }
                try drive.writeFilemarks(1, immediate: false)
                try bench.tell("reset", 0)
                for _ in 0..<2 {
                    var found: TapeFault?
                    do { try drive.put(9) } catch let fault as TapeFault { found = fault }
                    try require([.gone, .positionLost].contains(found?.kind), "found \(String(describing: found))")
                }
                try drive.locate(4)
                try requireEqual(try drive.get(), .filemark, "behind the blocks")
                try drive.put(9)
            },
            LabCase("F14 a reset heard while asking stands in the way of the next write") { bench in
                let drive = try bench.freshDrive()
                try drive.put(1)
                try bench.tell("reset", 0)
                _ = try drive.health()
                try requireFault(.positionLost, "write") { try drive.put(2) }
            },
            LabCase("F22 a read error is one of the medium, and the next block is read") { bench in
                let drive = try bench.freshDrive()
                for mark in 0..<3 { try drive.put(UInt64(mark)) }
                try drive.rewind()
                try bench.tell("fault", 0, 0x08, 0, 1, 3, 0x11, 0)
                try requireFault(.mediumError, "read") { _ = try drive.get() }
                try drive.locate(1)
                try requireEqual(try drive.get(), .block(1), "the next block")
            },
            LabCase("F5 F34 alerts are told and not cleared by being read") { bench in
                let drive = try bench.freshDrive()
                try bench.tell("alert", 0, 20)
                try bench.tell("alert", 0, 7)
                for _ in 0..<2 { try requireEqual(try drive.health().alerts, [7, 20], "alerts") }
                try require(try drive.status().wantsCleaning, "wants cleaning")
            },
            LabCase("a first load that takes its time is no error") { bench in
                let drive = try bench.freshDrive()
                try bench.tell("initialise", 0, 3)
                let status = try drive.status()
                try require(status.isInitialising && status.hasMedium && !status.isReady, "found \(status)")
                try requireFault(.initialising, "position") { _ = try drive.position() }
                try drive.load()
                try require(try drive.status().isReady, "ready")
            },
            LabCase("F16 another program that moves the tape is found by the position") { bench in
                let drive = try bench.freshDrive()
                for mark in 0..<4 { try drive.put(UInt64(mark)) }
                try drive.writeFilemarks(1, immediate: false)
                let before = try drive.position()
                try bench.tell("reset", 0)
                _ = try drive.status()
                do {
                    let after = try drive.position()
                    try require(after != before, "the position is the old one")
                } catch let fault as TapeFault {
                    try requireEqual(fault.kind, .positionLost, "position")
                }
            },
        ]
    }

    private static var robots: [LabCase] {
        [
            LabCase("mtx and sg tell the same of the robot") { bench in
                let (changer, drive) = try bench.fresh()
                drive.close()
                let mtx = try MtxChanger(bench.robot)
                func facts(_ changer: any TapeChanger) throws -> [String] {
                    try changer.inventory(rescan: true).filter { $0.kind != .arm }
                        .map { "\($0.kind) \($0.isFull) \($0.barcode)" }.sorted()
                }
                try requireEqual(try facts(mtx), try facts(changer), "inventory")
                guard let slot = try mtx.inventory(rescan: false).first(where: { $0.kind == .slot && $0.isFull }),
                    let target = try mtx.inventory(rescan: false).first(where: { $0.kind == .drive })
                else { return try require(false, "nothing to move") }
                try mtx.move(from: slot.address, to: target.address)
                try requireEqual(try facts(mtx), try facts(changer), "after a load")
                try requireFault(.elementEmpty, "mtx from an empty slot") { try mtx.move(from: 5, to: 6) }
                changer.close()
            },
            LabCase("F17 an arm that fails says so") { bench in
                let (changer, _) = try bench.fresh()
                try bench.tell("fault", 2, 0xa5, 0, 1, 4, 0x15, 1)
                try requireFault(.moveFailed, "move") { try changer.move(from: 4096, to: 256) }
                try changer.move(from: 4096, to: 256)
            },
        ]
    }
}
