import BackupModel
import ArgumentParser
import Foundation

/// Prints the systemd unit, or puts it in place.
struct EngineInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Print the systemd unit of the engine; --write puts it in place.")

    @Flag(help: "For the machine, not for the user.")
    var system = false

    @Flag(help: "Write the file instead of printing it.")
    var write = false

    func run() async throws {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "holdfast"
        let units = Units(program: program, isSystem: system)
        guard write else { return Standard.raw(units.service, to: 1) }
        let path = try folder + "/" + units.fileName
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try units.service.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw Ended(
                .failed, words: "holdfast: \(path) cannot be written\n  do now Run it with the right to write there.")
        }
        let manager = system ? "systemctl" : "systemctl --user"
        Standard.out("written to \(path)\nnow: \(manager) daemon-reload && \(manager) enable --now holdfast")
    }

    private var folder: String {
        get throws {
            if system { return "/etc/systemd/system" }
            let environment = ProcessInfo.processInfo.environment
            if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") { return base + "/systemd/user" }
            guard let home = environment["HOME"], home.hasPrefix("/") else {
                throw Ended(.usage, words: "holdfast: neither XDG_CONFIG_HOME nor HOME is an absolute path")
            }
            return home + "/.config/systemd/user"
        }
    }
}
