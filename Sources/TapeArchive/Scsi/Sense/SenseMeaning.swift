import BackupModel

/// What a sense triple means for us, in words (SPC-5, table of additional sense codes; SSC-5; SMC-3).
struct SenseMeaning: Hashable, Sendable {
    var kind: TapeFault.Kind
    var words: String

    init(_ data: SenseData) {
        let row = Self.rows.first { $0.matches(data) }
        kind = row?.kind ?? Self.kind(ofKey: data.key)
        words = (row?.words ?? Self.words(ofKey: data.key)) + " (sense " + Self.triple(data) + ")"
    }

    /// `03/0c/00`, as logs and manuals write it.
    static func triple(_ data: SenseData) -> String {
        [data.key, data.code, data.qualifier].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined(separator: "/")
    }

    /// Whether it only tells that something happened before the command, which was not done.
    static func isAttention(_ data: SenseData) -> Bool { data.key == 6 }
}

extension SenseMeaning {
    struct Row: Sendable {
        /// Nil: any key.
        var key: UInt8?
        var code: UInt8
        /// Nil: any qualifier.
        var qualifier: UInt8?
        var kind: TapeFault.Kind
        var words: String

        init(_ key: UInt8?, _ code: UInt8, _ qualifier: UInt8?, _ kind: TapeFault.Kind, _ words: String) {
            self.key = key
            self.code = code
            self.qualifier = qualifier
            self.kind = kind
            self.words = words
        }

        func matches(_ data: SenseData) -> Bool {
            (key ?? data.key) == data.key && code == data.code && (qualifier ?? data.qualifier) == data.qualifier
        }
    }

    /// The first row that matches counts: exact ones stand before wide ones.
    static let rows: [Row] = [
        // Not ready.
        Row(2, 0x04, 0x00, .notReady, "the drive is not ready and gives no cause"),
        Row(2, 0x04, 0x01, .notReady, "the drive is becoming ready"),
        Row(2, 0x04, 0x02, .notReady, "the cartridge is in the drive but not loaded"),
        Row(2, 0x04, 0x03, .notReady, "the drive needs a hand: look at its display"),
        Row(2, 0x04, 0x04, .initialising, "the cartridge is being initialised"),
        Row(2, 0x04, 0x07, .initialising, "the drive is busy with a long operation"),
        Row(2, 0x04, 0x0d, .initialising, "the cartridge is being initialised"),
        Row(2, 0x04, 0x10, .notReady, "the cartridge's memory cannot be read"),
        Row(2, 0x04, 0x12, .notReady, "the unit is offline"),
        Row(2, 0x04, 0x13, .initialising, "the drive is getting ready for the cartridge"),
        Row(2, 0x04, nil, .notReady, "the drive is not ready"),
        Row(2, 0x30, 0x03, .noMedium, "a cleaning cartridge is in the drive, or it is cleaning"),
        Row(2, 0x30, 0x07, .cleaningNeeded, "cleaning failed"),
        Row(2, 0x30, nil, .incompatibleMedium, "the drive cannot use this cartridge"),
        Row(2, 0x3a, 0x02, .noMedium, "no cartridge: the door is open"),
        Row(2, 0x3a, 0x04, .noMedium, "the cartridge is in the drive's mouth, not loaded"),
        Row(2, 0x3a, nil, .noMedium, "no cartridge in the drive"),
        Row(2, 0x3e, nil, .notReady, "the drive has not configured itself yet"),
        Row(2, 0x53, 0x00, .hardware, "the drive could not load or eject the cartridge"),
        // Reading and writing.
        Row(nil, 0x00, 0x01, .filemark, "a filemark"),
        Row(13, 0x00, nil, .endOfMedium, "the physical end of the tape"),
        Row(nil, 0x00, 0x02, .endOfMedium, "the end of the tape"),
        Row(nil, 0x00, 0x04, .beginningOfTape, "the beginning of the tape"),
        Row(8, 0x00, nil, .endOfData, "the end of the data"),
        Row(nil, 0x00, 0x05, .endOfData, "the end of the data"),
        Row(nil, 0x00, 0x17, .cleaningNeeded, "the drive wants to be cleaned"),
        Row(3, 0x03, nil, .mediumError, "a write fault"),
        Row(3, 0x09, nil, .mediumError, "the head lost its track"),
        Row(3, 0x0c, nil, .mediumError, "a write error that the drive could not repair"),
        Row(3, 0x11, 0x12, .mediumError, "the cartridge's memory cannot be read"),
        Row(3, 0x11, nil, .mediumError, "a read error that the drive could not repair"),
        Row(3, 0x14, nil, .mediumError, "the drive does not find the place on the tape"),
        Row(3, 0x15, nil, .mediumError, "the tape could not be positioned"),
        Row(3, 0x30, 0x02, .incompatibleMedium, "the tape's format is not known to the drive"),
        Row(nil, 0x30, 0x05, .incompatibleMedium, "the drive can read this generation of cartridge, not write it"),
        Row(nil, 0x30, 0x0c, .writeProtected, "a WORM cartridge is only appended to"),
        Row(nil, 0x30, 0x0d, .writeProtected, "the WORM cartridge's integrity check failed"),
        Row(3, 0x30, nil, .incompatibleMedium, "the drive cannot use this cartridge"),
        Row(3, 0x31, nil, .mediumError, "the tape's format is damaged"),
        Row(3, 0x33, nil, .mediumError, "the tape's length is wrong: it is damaged"),
        Row(3, 0x3b, nil, .mediumError, "the tape could not be positioned"),
        Row(3, 0x50, nil, .mediumError, "the drive cannot append here"),
        Row(3, 0x51, nil, .mediumError, "the tape could not be erased"),
        Row(3, 0x52, nil, .mediumError, "the cartridge is broken"),
        Row(nil, 0x53, 0x00, .hardware, "the drive could not load or eject the cartridge"),
        Row(7, 0x27, nil, .writeProtected, "the cartridge is write-protected"),
        Row(7, 0x2a, nil, .accessDenied, "the drive is reserved or its data are protected"),
        Row(7, 0x74, nil, .optionRefused, "the drive lacks the key for encrypted data"),
        Row(7, 0x30, nil, .incompatibleMedium, "this cartridge must not be written in this drive"),
        // What happened before.
        Row(6, 0x28, 0x01, .mediumChanged, "somebody opened the import and export slot"),
        Row(6, 0x28, nil, .mediumChanged, "the cartridge was changed"),
        Row(6, 0x29, nil, .gone, "the drive or the bus was reset"),
        Row(6, 0x2a, 0x01, .optionRefused, "another program changed the drive's settings"),
        Row(6, 0x2a, nil, .optionRefused, "another program changed the drive's settings"),
        Row(6, 0x2f, nil, .gone, "another program's command cleared ours"),
        Row(6, 0x3b, 0x12, .mediumChanged, "a magazine was taken out"),
        Row(6, 0x3b, 0x13, .mediumChanged, "a magazine was put in"),
        Row(6, 0x3f, 0x01, .gone, "the drive has a new firmware"),
        Row(6, 0x5a, nil, .mediumChanged, "somebody pressed the drive's button"),
        // The robot, and what was asked wrongly.
        Row(5, 0x20, nil, .optionRefused, "the unit does not know this command"),
        Row(5, 0x21, 0x01, .moveFailed, "there is no such element"),
        Row(5, 0x24, nil, .optionRefused, "the unit does not know a field of this command"),
        Row(5, 0x26, nil, .optionRefused, "the unit refuses this setting"),
        Row(5, 0x3b, 0x0d, .elementFull, "the target is full"),
        Row(5, 0x3b, 0x0e, .elementEmpty, "there is no cartridge in the source"),
        Row(5, 0x3b, 0x11, .accessDenied, "the magazine is not there"),
        Row(5, 0x3b, 0x18, .accessDenied, "the element is switched off"),
        Row(nil, 0x3b, 0xa0, .accessDenied, "the drive holds the cartridge: eject it first"),
        Row(nil, 0x53, 0x01, .moveFailed, "the drive did not give the cartridge out"),
        Row(nil, 0x53, 0x02, .accessDenied, "the cartridge is locked in: eject it first"),
        Row(nil, 0x53, 0x03, .accessDenied, "the import and export slot is locked"),
        Row(nil, 0x53, nil, .moveFailed, "the cartridge could not be moved"),
        // The drive itself.
        Row(4, 0x15, nil, .moveFailed, "the arm failed to get to its place"),
        Row(4, 0x3b, nil, .moveFailed, "the arm failed to move the cartridge"),
        Row(4, 0x52, nil, .hardware, "the cartridge is stuck or broken"),
        Row(nil, 0x44, nil, .hardware, "the drive failed inside"),
        Row(11, 0x47, nil, .gone, "the cable garbled a transfer"),
        Row(11, 0x4b, nil, .gone, "the cable garbled a transfer"),
    ]

    private static func kind(ofKey key: UInt8) -> TapeFault.Kind {
        switch key {
        case 2: .notReady
        case 3: .mediumError
        case 4: .hardware
        case 5: .optionRefused
        case 6, 11: .gone
        case 7: .writeProtected
        case 8: .endOfData
        case 13: .endOfMedium
        default: .system
        }
    }

    private static func words(ofKey key: UInt8) -> String {
        switch key {
        case 0: "no error, something to tell"
        case 1: "an error that the drive repaired"
        case 2: "not ready"
        case 3: "the medium failed"
        case 4: "the hardware failed"
        case 5: "the unit refuses the command"
        case 6: "something happened at the unit"
        case 7: "the data are protected"
        case 8: "the tape is blank here"
        case 11: "the command was broken off"
        case 13: "the tape is full"
        case 14: "the data differ"
        default: "an unknown answer"
        }
    }
}
