import ArgumentParser
import BackupModel
import Settings

/// `holdfast library ...`: the robot, its slots, and what lies in them.
struct LibraryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "library", abstract: "Look into a tape library and move what lies in it.",
        subcommands: [
            LibraryInventory.self, LibraryLoad.self, LibraryUnload.self, LibraryMove.self, LibraryImport.self,
            LibraryExport.self, LibraryClean.self, LibraryAdd.self,
        ])
}

struct LibraryInventory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory", abstract: "Let the robot look again, and show every slot.")

    @Argument(help: "The library. None: the only one there is.") var library: String?
    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let name = library
        let state = try await TapeHand.with(tape.place) { hand in
            let library = try hand.library(name)
            try await hand.work.begin(.tape(.inventory(library: library)))
            for await state in await hand.work.port.states() {
                if let found = state.tape?.libraries.first(where: { $0.name == library }) { return found }
            }
            throw Failure.engineNotRunning
        }
        if tape.json { return Standard.json(state) }
        Standard.out(state.lines.joined(separator: "\n"))
    }
}

struct LibraryLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "load", abstract: "Load a volume into a drive.")

    @Argument(help: "The volume: its label or barcode.") var volume: String
    @Option(help: "The drive. None: one that is free.") var drive: String?
    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let (volume, name) = (volume, drive)
        try await tape.order { .load(volume: volume, drive: name == nil ? nil : try $0.drive(name)) }
    }
}

struct LibraryUnload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unload", abstract: "Put the tape in a drive back into its slot.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.order { .unload(drive: try $0.drive(name)) }
    }
}

struct LibraryMove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Move a cartridge: \"slot 3\", \"port 1\", \"drive lto9\".")

    @Argument(help: "From where.") var from: String
    @Argument(help: "To where.") var to: String
    @Option(help: "The library. None: the only one there is.") var library: String?
    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let (name, from, to) = (library, from, to)
        try await tape.order { .move(library: try $0.library(name), from: from, to: to) }
    }
}

struct LibraryImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "From the import slot into the first free slot.")

    @Argument(help: "The library. None: the only one there is.") var library: String?
    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let name = library
        try await tape.order { .importMedium(library: try $0.library(name)) }
    }
}

struct LibraryExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Put a volume where a hand can take it.")

    @Argument(help: "The volume: its label or barcode.") var volume: String
    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let volume = volume
        try await tape.order { _ in .exportMedium(volume: volume) }
    }
}

struct LibraryClean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Clean a drive with the library's cleaning cartridge.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.order { .clean(drive: try $0.drive(name)) }
    }
}

struct LibraryAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Put a new blank cartridge into a virtual library.",
        discussion: "The barcode's last two characters tell its generation, as on real ones: NX0001L9 is an LTO-9.")

    @Argument(help: "Its barcode: letters and digits.") var barcode: String
    @Option(help: "The library. None: the only one there is.") var library: String?
    @Option(help: ArgumentHelp("What it holds. None: what its generation does.", valueName: "size"))
    var capacity: String?
    @OptionGroup var tape: TapeOptions

    func validate() throws {
        if let capacity, (try? ByteSize.parse(capacity)) == nil {
            throw ValidationError("--capacity takes a size: 100 MiB")
        }
    }

    func run() async throws {
        let (name, barcode, bytes) = (library, barcode, capacity.flatMap { try? ByteSize.parse($0) })
        try await tape.order { .addCartridge(library: try $0.library(name), barcode: barcode, capacity: bytes) }
    }
}

extension LibraryState {
    /// A line a slot.
    var lines: [String] {
        let full = slots.count(where: \.isFull)
        var lines = ["library \(printable(name.utf8)): \(full) of \(slots.count) slots full"]
        if !trouble.isEmpty { lines.append("  trouble  \(printable(trouble.utf8))") }
        lines += slots.map { slot in
            let place = "\(slot.isPort ? "port" : "slot") \(slot.number)"
            guard slot.isFull else { return "  \(place.padded(to: 8)) empty" }
            let words = [slot.barcode, slot.label == slot.barcode ? "" : slot.label, slot.state, slot.note]
            return "  \(place.padded(to: 8)) "
                + words.filter { !$0.isEmpty }.map { printable($0.utf8) }
                .joined(separator: "  ")
        }
        return lines
    }
}
