import ArgumentParser
import BackupEngine
import BackupModel

/// Puts failed blobs back into the queue.
struct MirrorRequeue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue", abstract: "Queue failed blobs again: all, or one.")

    @OptionGroup var mirror: MirrorOptions

    @Option(help: ArgumentHelp("Only this blob.", valueName: "id"))
    var blob: String?

    func run() async throws {
        let id = try blob.map { text in
            guard let id = BlobID(text) else { throw ValidationError("--blob takes 64 lower-case hex digits") }
            return id
        }
        let work = try await WorkingEngine.open(mirror.place)
        do {
            let words = try await work.begin(.requeue(name: mirror.name, blob: id))
            await work.close()
            if mirror.json { Standard.json(["result": words]) } else { Standard.out(words) }
        } catch {
            await work.close()
            throw error
        }
    }
}
