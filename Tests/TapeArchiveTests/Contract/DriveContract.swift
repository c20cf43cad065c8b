import TapeArchive

/// One rule that every drive keeps, as a plain throwing function.
package struct DriveContract: Sendable, CustomStringConvertible {
    package var name: String
    package var run: @Sendable (any DriveBench) throws -> Void

    package var description: String { name }

    init(_ name: String, _ run: @escaping @Sendable (any DriveBench) throws -> Void) {
        self.name = name
        self.run = run
    }

    /// All rules.
    package static let all: [DriveContract] =
        writingAndReading + positions + spacing + endOfTape + cartridges
}

extension DriveContract {
    static let writingAndReading: [DriveContract] = [
        DriveContract("blocks of any size come back as they were") { bench in
            let drive = try bench.fresh(BenchCartridge())
            let sizes = [1, 511, 512, 4096, 65_536, 100_001, 1 << 20]
            for (index, size) in sizes.enumerated() { try drive.put(UInt64(index), size: size) }
            try drive.writeFilemarks(1, immediate: false)
            try drive.rewind()
            for (index, size) in sizes.enumerated() {
                try requireEqual(try drive.get(room: 1 << 20), .block(UInt64(index), size: size), "block of \(size)")
            }
            try requireEqual(try drive.get(), .filemark, "behind the blocks")
            try requireEqual(try drive.get(), .endOfData, "behind the filemark")
        },
        DriveContract("a blank tape is end of data, again and again") { bench in
            let drive = try bench.fresh(BenchCartridge())
            for _ in 0..<3 { try requireEqual(try drive.get(), .endOfData, "blank tape") }
            try requireEqual(try drive.position().block, 0, "position")
        },
        DriveContract("F20 a block larger than the buffer is passed, and reads with a larger one") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try drive.put(1, size: 8192)
            try drive.put(2, size: 4096)
            try drive.writeFilemarks(1, immediate: false)
            try drive.rewind()
            try requireEqual(try drive.get(room: 4096), .tooLarge, "8 KiB into 4 KiB")
            try requireEqual(try drive.get(room: 4096), .block(2, size: 4096), "the next one")
            try drive.locate(0)
            try requireEqual(try drive.get(room: 8192), .block(1, size: 8192), "with a larger buffer")
        },
        DriveContract("a block smaller than the buffer tells its length") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try drive.put(7, size: 1000)
            try drive.writeFilemarks(1, immediate: false)
            try drive.rewind()
            try requireEqual(try drive.get(room: 65_536), .block(7, size: 1000), "1,000 bytes into 64 KiB")
        },
        DriveContract("writing in the middle ends the tape there") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [3, 3])
            try drive.locate(1)
            try drive.put(99)
            try drive.writeFilemarks(1, immediate: false)
            try drive.rewind()
            let found = try (0..<4).map { _ in try drive.get() }
            try requireEqual(found, [.block(0), .block(99), .filemark, .endOfData], "the tape")
        },
        DriveContract("a filemark in the middle ends the tape there") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [4])
            try drive.locate(2)
            try drive.writeFilemarks(1, immediate: false)
            try drive.rewind()
            let found = try (0..<4).map { _ in try drive.get() }
            try requireEqual(found, [.block(0), .block(1), .filemark, .endOfData], "the tape")
        },
        DriveContract("immediate filemarks are filemarks") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try drive.put(1)
            try drive.writeFilemarks(1, immediate: true)
            try drive.put(2)
            try drive.writeFilemarks(2, immediate: false)
            try drive.rewind()
            let found = try (0..<5).map { _ in try drive.get() }
            try requireEqual(found, [.block(1), .filemark, .block(2), .filemark, .filemark], "the tape")
        },
        DriveContract("no filemarks at all only synchronise, and end nothing") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [3])
            try drive.rewind()
            try drive.writeFilemarks(0, immediate: false)
            let found = try (0..<4).map { _ in try drive.get() }
            try requireEqual(found, [.block(0), .block(1), .block(2), .filemark], "the tape")
        },
        DriveContract("a short erase ends the tape here") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [3])
            try drive.locate(1)
            try drive.erase(long: false)
            try drive.rewind()
            let found = try (0..<2).map { _ in try drive.get() }
            try requireEqual(found, [.block(0), .endOfData], "the tape")
        },
        DriveContract("what was written ends with a filemark when the tape is rewound or the drive closed") { bench in
            for isClosing in [false, true] {
                var drive = try bench.fresh(BenchCartridge())
                try drive.put(1)
                if isClosing { drive = try bench.reopen(drive) }
                try drive.rewind()
                let found = try (0..<3).map { _ in try drive.get() }
                try requireEqual(found, [.block(1), .filemark, .endOfData], isClosing ? "closed" : "rewound")
            }
        },
    ]

    /// Tape files of so many blocks of 4 KiB, numbered through, each ended by a filemark.
    static func writeFiles(_ drive: any TapeDrive, _ blocks: [Int]) throws {
        var mark: UInt64 = 0
        for count in blocks {
            for _ in 0..<count {
                try drive.put(mark)
                mark += 1
            }
            try drive.writeFilemarks(1, immediate: false)
        }
    }
}
