import ArgumentParser
import BackupModel

/// `holdfast tape ...`: what is done with drives, tapes and what lies on them.
struct TapeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tape",
        abstract: "Write to tape, prove what lies there, and look after drives and volumes.",
        discussion: """
            With an engine running, orders go to it and questions are answered by it. Without one the command runs an \
            engine of its own for as long as it lasts; consoles can attach to that, and holdfast answer reaches it.
            """,
        subcommands: [
            TapeArchiveCommand.self, TapeVerifyCommand.self, TapeCancel.self, TapeLabelCommand.self, TapeErase.self,
            TapeNext.self, TapeVolumes.self, TapeRetire.self, TapeOffsite.self, TapeStatus.self, TapeErrors.self,
            TapeHold.self, TapePolicy.self, TapeList.self, TapeDumpLabel.self, TapeRead.self, TapePositionCommand.self,
            TapeSeek.self, TapeForward.self, TapeBack.self, TapeRewind.self, TapeEject.self, TapeRetension.self,
            TapeTune.self,
        ])
}

/// What every tape command takes.
struct TapeOptions: ParsableArguments {
    @OptionGroup var place: PlaceOptions

    @Flag(help: "Answer in JSON.")
    var json = false

    /// Gives one order and prints what came of it.
    func order(_ order: @Sendable (TapeHand) throws -> TapeOrder) async throws {
        let words = try await TapeHand.with(place) { hand in try await hand.work.begin(.tape(order(hand))) }
        if json { Standard.json(["result": words]) } else { Standard.out(words) }
    }

    /// Asks one question and prints its lines.
    func ask(_ query: @Sendable (TapeHand) throws -> Query) async throws {
        let lines = try await TapeHand.with(place) { hand in try await hand.lines(query(hand)) }
        if json { return Standard.json(["lines": lines]) }
        Standard.out(lines.isEmpty ? "nothing" : lines.joined(separator: "\n"))
    }
}

/// One drive.
struct DriveOptions: ParsableArguments {
    @Argument(help: "The drive: [drive.NAME] in the settings. None: the only one there is.")
    var drive: String?

    @OptionGroup var tape: TapeOptions
}
