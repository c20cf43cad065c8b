/// What of a source is archived.
package struct SourceRules: Hashable, Sendable {
    /// Of the patterns that fit, the last one decides. What lies in a folder left out is never looked at.
    package var exclude: [GlobPattern]
    /// When there are any, only what one of these fits, or what lies in a folder that one fits, and all folders.
    package var include: [GlobPattern]
    /// Leaves out what lies in a folder with a `CACHEDIR.TAG` of the known signature; folder and tag are kept.
    package var honoursCacheTag: Bool
    /// A folder that holds a file of this name is left out with all in it; nil for no such rule.
    package var marker: [UInt8]?
    /// Stays on the file system of the source's root; the folders where others are mounted are kept empty.
    package var isOneFileSystem: Bool

    package init(
        exclude: [GlobPattern] = [], include: [GlobPattern] = [], honoursCacheTag: Bool = true,
        marker: [UInt8]? = nil, isOneFileSystem: Bool = false
    ) {
        self.exclude = exclude
        self.include = include
        self.honoursCacheTag = honoursCacheTag
        self.marker = marker
        self.isOneFileSystem = isOneFileSystem
    }

    /// The tag file of the Cache Directory Tagging Specification.
    package static let cacheTag = Array("CACHEDIR.TAG".utf8)
    package static let cacheSignature = Array("Signature: 8a477f597d28d172789f06886806bc55".utf8)

    /// Why a path below the source's root is left out, or nil. `isWanted`: a folder above it fits an include pattern.
    package func reason(_ path: [UInt8], isFolder: Bool, isWanted: Bool) -> LeftOut? {
        if let last = exclude.last(where: { $0.matches(path, isFolder: isFolder) }), !last.isException {
            return .pattern(last.text)
        }
        return isFolder || isWanted || wants(path, isFolder: isFolder) ? nil : .notIncluded
    }

    /// Whether a path fits an include pattern; true when there are none.
    package func wants(_ path: [UInt8], isFolder: Bool) -> Bool {
        include.isEmpty || include.contains { $0.matches(path, isFolder: isFolder) }
    }
}

/// Why something in a source is not archived.
package enum LeftOut: Hashable, Sendable {
    case pattern(String)
    case notIncluded
    case cacheTag
    case marker
    case otherFileSystem
    /// A socket, or a node of a kind unknown to tar.
    case notArchivable

    package var words: String {
        switch self {
        case .pattern(let text): "pattern " + text
        case .notIncluded: "not included"
        case .cacheTag: "in a cache folder (CACHEDIR.TAG)"
        case .marker: "folder with the marker file"
        case .otherFileSystem: "other file system"
        case .notArchivable: "socket"
        }
    }
}
