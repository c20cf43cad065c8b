import TapeArchive

extension DriveContract {
    static let positions: [DriveContract] = [
        DriveContract("filemarks count as blocks, and files by their filemarks") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try require(try drive.position().isBeginning, "a fresh tape stands at its beginning")
            try requireEqual(try drive.position().file, 0, "file at the beginning")
            try writeFiles(drive, [2, 1])
            try requireEqual(try drive.position().block, 5, "behind 3 blocks and 2 filemarks")
            try requireEqual(try drive.position().file, 2, "behind 2 filemarks")
            try require(!(try drive.position().isBeginning), "not the beginning")
        },
        DriveContract("locate goes to any block, and a file told afterwards is true") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [2, 2, 2])
            let wanted: [Found] = [
                .block(0), .block(1), .filemark, .block(2), .block(3), .filemark, .block(4), .block(5), .filemark,
            ]
            let files = [0, 0, 0, 1, 1, 1, 2, 2, 2]
            for target in [8, 0, 4, 2, 7, 1, 5, 3, 6] {
                try drive.locate(Int64(target))
                try requireEqual(try drive.position().block, Int64(target), "position")
                if let file = try drive.position().file { try requireEqual(file, files[target], "file of \(target)") }
                try requireEqual(try drive.get(), wanted[target], "block \(target)")
            }
        },
        DriveContract("locating behind the end says so and stands at the end") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [2])
            try requireFault(.endOfData, "locate 100") { try drive.locate(100) }
            try requireEqual(try drive.position().block, 3, "position")
        },
        DriveContract("the tape stays where it is when the drive is closed") { bench in
            var drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [3, 3])
            try drive.locate(2)
            drive = try bench.reopen(drive)
            try requireEqual(try drive.position().block, 2, "position")
            try requireEqual(try drive.get(), .block(2), "next block")
        },
    ]

    static let spacing: [DriveContract] = [
        DriveContract("forward over filemarks lands behind them, back lands before") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [1, 1, 1])
            try drive.rewind()
            try drive.spaceFilemarks(2)
            try requireEqual(try drive.position().block, 4, "fsf 2")
            try requireEqual(try drive.position().file, 2, "file")
            try requireEqual(try drive.get(), .block(2), "file 2")
            try drive.spaceFilemarks(-1)
            try requireEqual(try drive.position().block, 3, "bsf 1")
            try requireEqual(try drive.get(), .filemark, "bsf stands before the filemark")
            try drive.spaceFilemarks(-2)
            try requireEqual(try drive.position().block, 1, "bsf 2")
        },
        DriveContract("spacing stops at both ends of the tape") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [1, 1])
            try drive.rewind()
            try requireFault(.endOfData, "fsf 3") { try drive.spaceFilemarks(3) }
            try requireEqual(try drive.position().block, 4, "at the end")
            try requireFault(.beginningOfTape, "bsf 3") { try drive.spaceFilemarks(-3) }
            try require(try drive.position().isBeginning, "at the beginning")
        },
        DriveContract("over blocks within a tape file") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [4, 2])
            try drive.rewind()
            try drive.spaceBlocks(3)
            try requireEqual(try drive.get(), .block(3), "fsr 3")
            try drive.spaceBlocks(-2)
            try requireEqual(try drive.get(), .block(2), "bsr 2")
        },
        DriveContract("a filemark on the way is passed and told") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [2, 2])
            try drive.rewind()
            try requireFault(.filemark, "fsr 3") { try drive.spaceBlocks(3) }
            try requireEqual(try drive.position().block, 3, "behind the filemark")
            try drive.spaceBlocks(1)
            try requireFault(.filemark, "bsr 2") { try drive.spaceBlocks(-2) }
            try requireEqual(try drive.position().block, 2, "before the filemark")
        },
        DriveContract("blocks end with the data, and with the beginning") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [2])
            try requireFault(.endOfData, "fsr at the end") { try drive.spaceBlocks(1) }
            try drive.locate(1)
            try requireFault(.beginningOfTape, "bsr 2 from block 1") { try drive.spaceBlocks(-2) }
            try require(try drive.position().isBeginning, "at the beginning")
        },
        DriveContract("to the end of data, and on from there") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [2, 1])
            try drive.rewind()
            try drive.toEndOfData()
            try requireEqual(try drive.position().block, 5, "end of data")
            try drive.put(42)
            try drive.writeFilemarks(1, immediate: false)
            try drive.locate(5)
            try requireEqual(try drive.get(), .block(42), "appended")
        },
        DriveContract("back over a filemark from what was just written") { bench in
            let drive = try bench.fresh(BenchCartridge())
            try writeFiles(drive, [1])
            try drive.put(9)
            // The driver ends the open file with a filemark first, and goes back over that one too.
            try drive.spaceFilemarks(-1)
            try requireEqual(try drive.position().block, 1, "before the filemark that was there")
        },
    ]
}
