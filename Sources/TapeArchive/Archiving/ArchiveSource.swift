import BackupCatalog
import BackupModel
import WorkerKit

/// What one archive is made of, as its job's settings say it.
struct ArchiveSource: Sendable {
    private enum Kind: Sendable {
        case tree(SourcePlan)
        case image(PathBytes)
    }

    private let kind: Kind
    private let files: any FileCalls
    private let former: CatalogFormer?

    /// Throws `PATTERN_WRONG`, `IMAGE_NOT_ONE`, and what the catalog fails with. `base`: of an incremental.
    init(_ settings: TapeJobSettings, base: ArchiveRecord?, _ tapes: TapeCatalog, files: any FileCalls) throws(Failure)
    {
        self.files = files
        former = if let base { try CatalogFormer(tapes, base) } else { nil }
        if settings.strategy == .image {
            guard let only = settings.sources.first, settings.sources.count == 1 else {
                throw Failure(
                    code: "IMAGE_NOT_ONE", side: .settings,
                    message: "an image is one file or device, and there are \(settings.sources.count) sources",
                    hint: "Name one source, or take strategy = \"direct\".")
            }
            kind = .image(PathBytes(only))
        } else {
            let rules = SourceRules(
                exclude: try Self.patterns(settings.exclude), include: try Self.patterns(settings.include),
                isOneFileSystem: settings.oneFileSystem)
            kind = .tree(SourcePlan(settings.sources.map { PathBytes($0) }, rules: rules))
        }
    }

    /// What an incremental builds on: the job's newest complete archive, where the whole chain beneath it is good.
    static func base(
        of work: ArchiveWork, _ tapes: TapeCatalog, _ line: (String, String) -> Void
    ) throws(Failure) -> ArchiveRecord? {
        guard work.settings.isIncremental, work.settings.strategy != .image, work.job != ArchiveWork.byHand,
            let newest = try tapes.archives(of: work.job, state: .complete, limit: 1).first
        else { return nil }
        do {
            _ = try tapes.chain(of: newest.id)
            return newest
        } catch {
            line("base", "\(error.message): a whole archive is made")
            return nil
        }
    }

    /// Begins to read. Blocks; throws what `SourceReader` throws.
    func open() throws -> SourceReader {
        switch kind {
        case .tree(let plan): try SourceReader(plan, files: files, former: former, limits: Self.limits)
        case .image(let path): try SourceReader(image: path, files: files, limits: Self.limits)
        }
    }

    /// What it would take. Blocks.
    func estimate(isStopped: @escaping () -> Bool = { false }) throws -> SourceEstimate {
        switch kind {
        case .tree(let plan):
            return try SourceEstimate(walking: plan, files: files, former: former, isStopped: isStopped)
        case .image(let path):
            let size: Int64
            do throws(FileError) { size = try FoundNode(image: path, files).entry.size } catch { throw error.failure }
            var estimate = SourceEstimate()
            (estimate.tally.entries, estimate.tally.files, estimate.tally.bytes) = (1, 1, size)
            estimate.archiveBytes = size + 3 * Int64(Tar.record) + Int64(Tar.padding(size))
            return estimate
        }
    }

    private static func patterns(_ texts: [String]) throws(Failure) -> [GlobPattern] {
        var patterns: [GlobPattern] = []
        for text in texts {
            guard let pattern = GlobPattern(text) else {
                throw Failure(
                    code: "PATTERN_WRONG", side: .settings, message: "\(printable(text.utf8)) is no pattern",
                    subject: Array(text.utf8), hint: "See the patterns in the manual; a [ needs its ].")
            }
            patterns.append(pattern)
        }
        return patterns
    }

    /// Beside the ring no more than 64 MiB is to be taken.
    private static let limits = ReadLimits(memory: 40 << 20)
}
