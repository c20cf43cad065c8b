import BackupModel
import TapeArchive
import TapeContract
import WorkerKit

/// The contract's bench on real device files, with the guest's own library behind them.
final class LabBench: DriveBench, ChangerBench {
    let tape: String
    let robot: String
    private let socket: String
    private var drive: LinuxTapeDrive?

    init(tape: String, robot: String, socket: String) {
        self.tape = tape
        self.robot = robot
        self.socket = socket
    }

    let hasButton = true

    func fresh(_ cartridge: BenchCartridge) throws -> any TapeDrive { try freshDrive(cartridge) }

    func freshDrive(_ cartridge: BenchCartridge = BenchCartridge()) throws -> LinuxTapeDrive {
        drive?.close()
        try tell("heal")
        try tell("fresh", 0, Int(cartridge.capacity), Int(cartridge.earlyWarning), cartridge.isWriteProtected ? 1 : 0)
        let opened = try open()
        try opened.load()
        return opened
    }

    func fresh() throws -> (changer: any TapeChanger, drive: any TapeDrive) {
        drive?.close()
        try tell("stock")
        return (try LinuxChanger(robot), try open())
    }

    func reopen(_ drive: any TapeDrive) throws -> any TapeDrive {
        drive.close()
        return try open()
    }

    /// Closes what an earlier case left open.
    func letGo() { drive?.close() }

    func pressButton() throws { try tell("button", 0) }

    func open() throws -> LinuxTapeDrive {
        drive?.close()
        let opened = try LinuxTapeDrive(tape)
        drive = opened
        return opened
    }

    /// A line of control to the library: what a hand, a fault or another host would do.
    func tell(_ word: String, _ numbers: Int...) throws {
        let result = try ChildCommand(["handler", socket, "-", word] + numbers.map(String.init), timeout: 20).runHere()
        try require(
            result.isSuccess,
            "the library refused \(word): \(result.end) " + printable(result.output.bytes + result.errors.bytes))
    }
}
