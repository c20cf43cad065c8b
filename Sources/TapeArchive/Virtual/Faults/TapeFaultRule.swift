/// One way in which a virtual drive or robot goes wrong, and when. A row of `faults.json`, or of a test.
package struct TapeFaultRule: Hashable, Codable, Sendable {
    /// What happens.
    package enum Effect: String, Hashable, Codable, Sendable, CaseIterable {
        /// The drive tries again by itself, `amount` times, and counts it.
        case softError = "soft_error"
        /// A write or read fails after all retries (F3, F22).
        case hardError = "hard_error"
        /// The write is taken and fails later: told at the next synchronous filemark, the block and what follows gone.
        case lateError = "late_error"
        /// Sets TapeAlert flag `amount` (1 to 64); the call goes on.
        case alert
        /// The drive wants cleaning: TapeAlert 20 too. A cleaning cartridge ends it.
        case wantsCleaning = "wants_cleaning"
        /// The device disappears; it answers again once opened anew.
        case gone
        /// The bus is reset: this call fails, and the position is lost until the tape is rewound or located.
        case busReset = "bus_reset"
        /// Somebody presses the button: the cartridge comes out, unless the door is locked.
        case buttonEject = "button_eject"
        /// The arm does not do its move in time; nothing was moved.
        case armTimeout = "arm_timeout"
        /// The inventory shows `text` as barcode of what `barcode` names.
        case wrongBarcode = "wrong_barcode"
        /// Another program winds the tape to block `amount` before this call (F16).
        case movedTo = "moved_to"
        /// The block is taken, and other bytes lie on the tape.
        case silentCorruption = "silent_corruption"
        /// The block is said to be written, and is not there (F31).
        case claimedOnly = "claimed_only"
        /// The call is refused as on a protected tape.
        case writeProtected = "write_protected"
        /// The drive is not ready for this call.
        case notReady = "not_ready"
        /// The drive itself fails.
        case hardware
        /// An option does not hold (F21).
        case optionRefused = "option_refused"
        /// The power goes: what was not synchronised is lost as far as the drive's buffer holds it (F4, F24).
        case powerCut = "power_cut"
        /// The call takes `amount` seconds longer on the drive's clock.
        case delay
    }

    /// The calls a rule may name.
    package enum Operation: String, Hashable, Codable, Sendable, CaseIterable {
        case write, filemark, read, space, locate, rewind, erase, load, eject, configure, status, position
        case move, inventory
    }

    package var effect: Effect
    /// Any call but `status`, `position` and `inventory` when nil.
    package var operation: Operation?
    /// The drive's name; any when nil.
    package var drive: String?
    /// The cartridge; any when nil.
    package var barcode: String?
    /// Only where the tape stands at this logical block.
    package var block: Int64?
    /// The first matching call that goes wrong, counted from 1.
    package var from: Int
    /// How many of them go wrong; nil for all from there on.
    package var times: Int?
    package var amount: Int
    package var text: String

    package init(
        _ effect: Effect, on operation: Operation? = nil, drive: String? = nil, barcode: String? = nil,
        block: Int64? = nil, from: Int = 1, times: Int? = 1, amount: Int = 1, text: String = ""
    ) {
        self.effect = effect
        self.operation = operation
        self.drive = drive
        self.barcode = barcode
        self.block = block
        self.from = from
        self.times = times
        self.amount = amount
        self.text = text
    }

    /// Only `effect` must stand in a file.
    package init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        effect = try row.decode(Effect.self, forKey: .effect)
        operation = try row.decodeIfPresent(Operation.self, forKey: .operation)
        drive = try row.decodeIfPresent(String.self, forKey: .drive)
        barcode = try row.decodeIfPresent(String.self, forKey: .barcode)
        block = try row.decodeIfPresent(Int64.self, forKey: .block)
        from = try row.decodeIfPresent(Int.self, forKey: .from) ?? 1
        times = row.contains(.times) ? try row.decodeIfPresent(Int.self, forKey: .times) : 1
        amount = try row.decodeIfPresent(Int.self, forKey: .amount) ?? 1
        text = try row.decodeIfPresent(String.self, forKey: .text) ?? ""
    }

    func concerns(_ call: TapeCall) -> Bool {
        let isAsked = [.status, .position, .inventory].contains(call.operation)
        return (operation.map { $0 == call.operation } ?? !isAsked)
            && (drive.map { $0 == call.drive } ?? true) && (barcode.map { $0 == call.barcode } ?? true)
            && (block.map { $0 == call.block } ?? true)
    }

    func strikes(_ number: Int) -> Bool { number >= from && (times.map { number < from + $0 } ?? true) }
}

/// A call to a virtual drive or robot, as fault rules see it.
struct TapeCall: Hashable, Sendable {
    var operation: TapeFaultRule.Operation
    var drive = ""
    var barcode = ""
    var block: Int64 = -1
}
