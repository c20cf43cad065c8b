import ArgumentParser
import BackupEngine
import BackupModel
import BlobCopier
import Settings

/// Makes a volume ours: probes it, makes its folders, writes its marker, pins its identity.
struct MirrorEnrol: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol",
        abstract: "Make the target's volume this mirror's: probe it, make its folders, pin its identity.")

    @OptionGroup var mirror: MirrorOptions

    @Option(help: ArgumentHelp("Hex digits of the name per folder level, for tests.", visibility: .hidden))
    var fanOut = "2,2"

    func run() async throws {
        guard let fanOut = FanOut(fanOut.split(separator: ",").compactMap { Int($0) }) else {
            throw ValidationError("--fan-out takes one or two digits counts of 1 or 2")
        }
        let workplace = try await Workplace.open(mirror.place)
        do {
            _ = try workplace.settings.mirror(named: mirror.name)
            let report = try await workplace.engine.copier(mirror.name).enrol(fanOut: fanOut)
            await workplace.engine.close()
            if mirror.json { Standard.json(report) } else { Standard.out(report.text(mirror.name)) }
        } catch {
            await workplace.engine.close()
            throw error
        }
    }
}
