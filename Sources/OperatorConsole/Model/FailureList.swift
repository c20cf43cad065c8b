import BackupModel

/// The failed blobs of the mirror on the screen: the newest from the state, the rest asked for page by page.
struct FailureList: Sendable {
    private(set) var mirror = ""
    /// In order of name.
    private var fetched: [BlobFailure] = []
    private var reachedEnd = false
    private var newest: [BlobFailure] = []
    private(set) var shown: [BlobFailure] = []
    private(set) var filter = ""
    private(set) var sort = FailureSort.newest
    private var total = 0
    var position = ListPosition<BlobID>()

    static let page = 200
    static let limit = 10_000

    mutating func absorb(_ copy: CopyState?) {
        guard let copy else {
            self = FailureList()
            return
        }
        if copy.name != mirror {
            let (filter, sort) = (filter, sort)
            self = FailureList()
            (self.filter, self.sort) = (filter, sort)
            mirror = copy.name
        }
        // Fewer than before: some were put back or repaired, so that the pages at hand are wrong.
        if copy.progress.failed.count < total {
            fetched = []
            reachedEnd = false
        }
        guard copy.failures != newest || copy.progress.failed.count != total else { return }
        total = copy.progress.failed.count
        newest = copy.failures
        refresh()
    }

    mutating func append(_ page: [BlobFailure], after: BlobID?, limit: Int) {
        guard after == fetched.last?.id else { return }
        fetched += page
        reachedEnd = page.count < limit
        refresh()
    }

    mutating func setFilter(_ text: String) {
        filter = text
        refresh()
    }

    mutating func setSort(_ new: FailureSort) {
        sort = new
        refresh()
    }

    var ids: LazyMapCollection<[BlobFailure], BlobID> { shown.lazy.map(\.id) }

    func wanted(height: Int) -> Query? {
        guard !mirror.isEmpty, !reachedEnd, total > newest.count, fetched.count < FailureList.limit else { return nil }
        guard (position.index(in: ids) ?? 0) + height >= shown.count else { return nil }
        return .failures(mirror: mirror, after: fetched.last?.id, limit: FailureList.page)
    }

    private mutating func refresh() {
        let known = Set(newest.map(\.id))
        let all = newest + fetched.filter { !known.contains($0.id) }
        shown = sort.sorted(filter.isEmpty ? all : all.filter { matches($0) })
        _ = position.settle(in: ids)
    }

    private func matches(_ failed: BlobFailure) -> Bool {
        contains(failed.id.description, filter) || contains(failed.failure.message, filter)
            || contains(failed.failure.side.rawValue, filter) || contains(failed.failure.code, filter)
            || contains(failed.state.word, filter)
    }
}
