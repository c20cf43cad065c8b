import BackupModel
import Settings
import Testing

@Suite struct TapeSettingsTests {
    private let library = "[library.l]\nkind = \"virtual\"\npath = \"/l\"\ndrives = [\"d\"]\n[drive.d]\n"
    private let pool = "[pool.p]\n"
    private let job = "[job.j]\nkind = \"tape.archive\"\nsources = [\"/s\"]\npool = \"p\"\n"

    @Test("every key is read, and what is left out has its default")
    func whole() throws {
        let text = """
            [library.robot]
            kind = "scsi"
            changer = "/dev/sg10"
            drives = ["b", "a"]
            slots = "1..24"
            barcodes = ["NX0000..NX0999", "AB0001"]
            [drive.a]
            device = "/dev/nst0"
            [drive.b]
            device = "/dev/tape/by-id/scsi-1-nst"
            block_size = "512 KiB"
            buffer = "40 %"
            buffer_override = true
            policy = "watermark(80, 20)"
            generation = "LTO-6"
            [pool.p]
            retention = "30d"
            compression = "drive"
            encryption = "file:/etc/key"
            overwrite = "never"
            media = ["LTO-5", "LTO-6"]
            [job.j]
            kind = "tape.archive"
            sources = ["/a", "/b"]
            pool = "p"
            strategy = "staged"
            include = ["*.mov"]
            exclude = ["/tmp/", "!/tmp/x"]
            one_file_system = true
            incremental = true
            spool = "/spool"
            encryption = "credential:k"
            [job.v]
            kind = "tape.verify"
            pool = "p"
            """
        let settings = try parse(text)
        let library = try #require(settings.libraries.first)
        #expect(library.drives == ["b", "a"] && library.slots?.text == "1..24" && library.changer == "/dev/sg10")
        #expect(library.barcodes.map(\.text) == ["NX0000..NX0999", "AB0001"])
        var drive = DriveSettings(name: "a")
        drive.device = "/dev/nst0"
        #expect(settings.drives.first == drive)
        let second = try #require(settings.drives.last)
        #expect(second.buffer == .share(percent: 40) && second.policy == .watermark(high: 80, low: 20))
        #expect(second.blockSize == 512 << 10 && second.generation == .lto6 && second.isBufferOverridden)
        let pool = try #require(settings.pools.first)
        #expect(pool.retention == .span(30, .day) && pool.compression == .drive && pool.overwrite == .never)
        #expect(pool.media == [.lto5, .lto6] && pool.encryption == .file("/etc/key"))
        let tape = try #require(settings.jobs.first).tape
        #expect(tape.strategy == .staged && tape.isIncremental && tape.oneFileSystem && tape.spool == "/spool")
        #expect(tape.exclude == ["/tmp/", "!/tmp/x"] && tape.encryption == .credential("k"))
        #expect(settings.jobs.last?.kind == .tapeVerify)
    }

    @Test("what is written back reads as the same job")
    func echo() throws {
        let verify = "[job.v]\nkind = \"tape.verify\"\npool = \"p\"\n"
        let job = try #require(
            try parse(
                library + pool + self.job + "strategy = \"image\"\nschedule = \"daily\"\nafter = [\"v\"]\n" + verify
            ).jobs.first)
        let text = SettingsEcho.lines(job).joined(separator: "\n")
        #expect(try parse(library + pool + verify + text).jobs.first == job, "\(text)")
    }

    @Test(
        "F15 J2 J4 a value that cannot be is told with its place",
        arguments: [
            ("[drive.d]\ndevice = \"/dev/st0\"", "\"device\" rewinds after each use; write /dev/nst0"),
            ("[drive.d]\ndevice = \"/dev/st1a\"", "\"device\" rewinds after each use; write /dev/nst1a"),
            (
                "[drive.d]\nblock_size = \"64 KiB\"",
                "\"block_size\" is out of range: 256 KiB to 4 MiB, in steps of 4 KiB"
            ),
            (
                "[drive.d]\nblock_size = \"300000\"",
                "\"block_size\" is out of range: 256 KiB to 4 MiB, in steps of 4 KiB"
            ),
            (
                "[drive.d]\nbuffer = \"101 %\"",
                "\"buffer\" is out of range: 16 MiB or more, or 1 % to 100 % of free memory"
            ),
            ("[drive.d]\nbuffer = \"1 MiB\"", "\"buffer\" is out of range: 16 MiB or more"),
            (
                "[drive.d]\npolicy = \"pacd\"", "\"policy\" is no policy; write paced, adaptive or watermark(80, 20)"
            ),
            (
                "[drive.d]\npolicy = \"watermark(20, 80)\"",
                "\"policy\" must have a high mark of 1 to 100 and a low mark below it, for instance watermark(80, 20)"
            ),
            (
                "[drive.d]\ngeneration = \"LTO9\"",
                "\"generation\" must be one of LTO-5, LTO-6, LTO-7, LTO-8, LTO-9"
            ),
            (
                "[pool.p]\nretention = \"7 years\"",
                "\"retention\" is no retention; write for instance 30d, 4w, 6mo, 7y or permanent"
            ),
            (
                "[pool.p]\nmedia = [\"LTO-10\"]",
                "\"media\" has a member that is no medium; known: "
                    + "LTO-3, LTO-4, LTO-5, LTO-6, LTO-7, LTO-7 M8, LTO-8, LTO-9"
            ),
            ("[library.l]\nslots = \"24..1\"", "\"slots\" is no range of slots; write for instance 1..24"),
            (
                "[library.l]\nbarcodes = [\"nx*\"]",
                "\"barcodes\" has a member that is no range of barcodes; write for instance NX0000..NX0999"
            ),
            ("[job.j]\nsources = []", "\"sources\" is empty: there would be nothing to write"),
            ("[job.j]\nsources = [\"data\"]", "\"sources\" has a member that is a relative path; write it from / on"),
            ("[job.j]\nexclude = [\"\"]", "\"exclude\" has a member that is empty"),
            ("[drive.d]\ndevise = \"/dev/nst0\"", "unknown key \"devise\"; did you mean \"device\"?"),
        ])
    func wrongValue(text: String, expected: String) {
        #expect(complaints(text + "\n").contains("holdfast.toml:2:1: " + expected), "\(complaints(text + "\n"))")
    }

    @Test(
        "J12 what does not fit together is told at load",
        arguments: [
            (
                "[library.l]\nkind = \"virtual\"\ndrives = [\"d\"]\n[drive.d]\n",
                "2:1: a library of kind \"virtual\" needs \"path\""
            ),
            (
                "[library.l]\nkind = \"scsi\"\nchanger = \"/dev/sg1\"\ntime = \"off\"\ndrives = [\"d\"]\n[drive.d]\n"
                    + "device = \"/dev/nst0\"\n", "4:1: \"time\" is not for a library of kind \"scsi\""
            ),
            (
                "[library.l]\nkind = \"virtual\"\npath = \"/l\"\ndrives = [\"e\"]\n",
                "4:1: \"drives\" names the drive \"e\", which does not exist"
            ),
            ("[drive.d]\n", "1:8: drive \"d\" has no \"device\" and is in no virtual library"),
            (
                "[library.l]\nkind = \"virtual\"\npath = \"/l\"\ndrives = [\"d\"]\n[drive.d]\ndevice = \"/dev/nst0\"\n",
                "6:1: \"device\" is not for a drive of a virtual library"
            ),
            (
                "[drive.a]\ndevice = \"/dev/nst0\"\n[drive.b]\ndevice = \"/dev/nst0\"\n",
                "4:1: \"device\" is also that of drive \"a\""
            ),
            (
                "[library.a]\nkind = \"virtual\"\npath = \"/l\"\ndrives = [\"d\"]\n[library.b]\nkind = \"virtual\"\n"
                    + "path = \"/m\"\ndrives = [\"d\"]\n[drive.d]\n", "8:1: drive \"d\" is also in library \"a\""
            ),
            (
                "[drive.d]\ndevice = \"/dev/nst0\"\ngeneration = \"LTO-9\"\n[pool.p]\nmedia = [\"LTO-6\"]\n",
                "5:1: \"media\": no drive here writes LTO-6"
            ),
        ])
    func together(text: String, expected: String) { #expect(complaints(text) == ["holdfast.toml:" + expected]) }

    @Test(
        "J12 a tape job has what its kind needs, and nothing that is for others",
        arguments: [
            ("[job.j]\nkind = \"tape.archive\"\nsources = [\"/s\"]\n", "a job of kind \"tape.archive\" needs \"pool\""),
            ("[job.j]\nkind = \"tape.archive\"\npool = \"p\"\n", "a job of kind \"tape.archive\" needs \"sources\""),
            ("[job.j]\nkind = \"tape.verify\"\n", "a job of kind \"tape.verify\" needs \"pool\""),
            (
                "[job.j]\nkind = \"tape.verify\"\npool = \"p\"\nsources = [\"/s\"]\n",
                "\"sources\" is not for a job of kind \"tape.verify\""
            ),
            (
                "[job.j]\nkind = \"command\"\ncommand = [\"/b\"]\nincremental = true\n",
                "\"incremental\" is not for a job of kind \"command\""
            ),
            (
                "[job.j]\nkind = \"tape.verify\"\npool = \"q\"\n",
                "\"pool\" names the pool \"q\", which does not exist; did you mean \"p\"?"
            ),
            (
                "[job.j]\nkind = \"tape.archive\"\npool = \"p\"\nsources = [\"/s\"]\nspool = \"/x\"\n",
                "\"spool\" says nothing without \"strategy\" of staged"
            ),
            (
                "[job.j]\nkind = \"tape.archive\"\npool = \"p\"\nsources = [\"/s\", \"/t\"]\nstrategy = \"image\"\n",
                "\"sources\" must be one file or device for \"strategy\" of image"
            ),
            (
                "[job.j]\nkind = \"tape.archive\"\npool = \"p\"\nsources = [\"/s\", \"/s/t\"]\n",
                "\"sources\" has a member inside another"
            ),
            (
                "[job.j]\nkind = \"tape.archive\"\npool = \"p\"\nsources = [\"/l\"]\n",
                "\"sources\" holds library \"l\", or lies in it"
            ),
            (
                "[job.j]\nkind = \"tape.archive\"\npool = \"p\"\nsources = [\"/s\"]\nstrategy = \"staged\"\nspool = \"/s/x\"\n",
                "\"spool\" lies inside a source"
            ),
        ])
    func jobs(text: String, expected: String) {
        let lines = complaints(library + pool + text)
        #expect(lines.count == 1 && lines.first?.hasSuffix(": " + expected) == true, "\(lines)")
    }

    @Test(arguments: [("1..24", 1, 24), ("7", 7, 7), ("1..10000", 1, 10_000)])
    func slots(text: String, first: Int, last: Int) throws {
        let range = try #require(SlotRange(text))
        #expect((range.first, range.last, range.text) == (first, last, text))
    }

    @Test(arguments: ["", "0", "0..1", "2..1", "1..10001", "..", "1..", "..1", "1.2", "1...2", "-1", "+1", "a..b"])
    func noSlots(text: String) { #expect(SlotRange(text) == nil) }
}
