import BackupModel
import WorkerKit

extension CopySession {
    /// Blobs looked at; more are left to `verify`.
    private static let sizesAfterCrash = 20_000

    /// After a run that died: copies that were never proved are looked at, so that what a power cut took is copied
    /// again tonight (A21, B19). Presence and size are no proof: they stay `placed`.
    func checkSizesAfterCrash() async throws(Trouble) {
        let placed: [BlobRecord]
        do throws(Failure) {
            let runs = try await index.runs(volume: volume, limit: 2)
            guard let last = runs.first(where: { $0.run != run }), last.result == nil else { return }
            placed = try await index.unproved(
                volume: volume, before: WallTime(milliseconds: 0), limit: Self.sizesAfterCrash)
        } catch { throw .fatal(error) }
        let target = self.target
        let answers = Answers([Result<Int64?, FileError>](repeating: .success(nil), count: placed.count))
        await pool.perform(placed.count) { number, _ in
            answers.set(number, Result { () throws(FileError) in try target.size(of: placed[number].id) })
        }
        var outcomes: [BlobOutcome] = []
        for (record, answer) in zip(placed, answers.all) {
            switch answer {
            case .failure(let error):
                if let trouble = Trouble.of(error, gate: target.gate) { throw trouble }
            case .success(record.size): break
            case .success(let size):
                if size != nil {
                    do throws(FileError) { try target.quarantine(record.id) } catch { continue }
                }
                outcomes.append(
                    BlobOutcome(
                        id: record.id, state: .lost,
                        failure: size == nil ? .targetMissing(target, record.id) : .targetCorrupt(target, record.id)))
            }
        }
        do throws(Failure) { try await settle(outcomes) } catch { throw .fatal(error) }
    }
}
