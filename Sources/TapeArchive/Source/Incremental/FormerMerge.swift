import BackupModel
import WorkerKit

/// Walks along a former listing, so that ten million files need no memory.
struct FormerMerge {
    private var listing: any FormerListing
    private var next: FormerEntry?
    private let rule: ChangeRule

    /// Throws what the listing throws.
    init(_ listing: any FormerListing, _ rule: ChangeRule) throws {
        self.listing = listing
        self.rule = rule
        next = try self.listing.next()
    }

    /// The former entry of the name, if there is one; what the base had before it and is not here is `passed`.
    mutating func meet(_ name: [UInt8], passed: (FormerEntry) throws -> Void) throws -> FormerEntry? {
        while let former = next, PathOrder.precedes(former.name, name) {
            try passed(former)
            try advance()
        }
        guard let former = next, former.name == name else { return nil }
        try advance()
        return former
    }

    /// All that the base had in a folder, itself included, from here on.
    mutating func skip(within folder: [UInt8], _ passed: (FormerEntry) throws -> Void) throws {
        while let former = next, PathOrder.isWithin(former.name, folder) {
            try passed(former)
            try advance()
        }
    }

    func isSame(_ node: FileNode, _ former: FormerEntry) -> Bool {
        rule.isSame(node, former, baseBegan: listing.began)
    }

    private mutating func advance() throws {
        let last = next
        next = try listing.next()
        if let last, let next, !PathOrder.precedes(last.name, next.name) {
            throw Failure(
                code: "BASE_OUT_OF_ORDER", side: .catalog,
                message: "the base's list has \(printable(next.name)) after \(printable(last.name))",
                subject: next.name, operation: "incremental", hint: "Make a full backup of this job.")
        }
    }
}
