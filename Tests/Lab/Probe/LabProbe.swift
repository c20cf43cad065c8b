import BackupModel
import Glibc
import TapeArchive
import TapeContract

/// Runs the contract of drives and changers on real device files, and what only they can show.
///
///     LabProbe contract /dev/nst0 /dev/sg2 SOCKET [PART OF A NAME]
///     LabProbe facts /dev/nst0
@main struct LabProbe {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            switch words.first {
            case "contract" where words.count >= 4:
                let bench = LabBench(tape: words[1], robot: words[2], socket: words[3])
                exit(contract(bench, only: words.dropFirst(4).first))
            case "facts" where words.count == 2: try facts(words[1])
            default:
                say("usage: LabProbe contract TAPE ROBOT SOCKET [PART] | facts TAPE")
                exit(2)
            }
        } catch {
            say("failed: \(error)")
            exit(1)
        }
    }

    private static func contract(_ bench: LabBench, only part: String?) -> Int32 {
        let all =
            DriveContract.all.map { rule in LabCase(rule.name, rule.run) }
            + ChangerContract.all.map { rule in LabCase(rule.name, rule.run) } + LabCase.all
        let cases = part.map { part in all.filter { $0.name.contains(part) } } ?? all
        var failed = 0
        for rule in cases {
            do {
                try rule.run(bench)
                say("ok      \(rule.name)")
            } catch {
                failed += 1
                say("BROKEN  \(rule.name): \(error)")
            }
        }
        say("\(cases.count - failed) passed, \(failed) failed")
        return failed == 0 ? 0 : 1
    }

    private static func facts(_ path: String) throws {
        let drive = try LinuxTapeDrive(path)
        defer { drive.close() }
        say(drive.identity)
        say(try drive.status())
        say(try drive.health())
        say(try drive.medium())
        say(try drive.position())
    }

    /// At once, so that a guest that hangs has said how far it came.
    private static func say(_ what: Any) {
        let line = "\(what)\n"
        _ = write(STDOUT_FILENO, line, line.utf8.count)
    }
}
