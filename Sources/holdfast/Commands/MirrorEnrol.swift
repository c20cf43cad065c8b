import ArgumentParser
import BackupModel

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
        let intent = Intent.enrolMirror(name: mirror.name, fanOut: fanOut)
        guard case .enrolled(let report) = try await MirrorInquiry(mirror: mirror).findings(intent) else {
            throw Failure.noFindings
        }
        if mirror.json { Standard.json(report) } else { Standard.out(report.text(mirror.name)) }
    }
}
