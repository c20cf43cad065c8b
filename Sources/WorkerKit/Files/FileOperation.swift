/// The file calls by the words that errors and fault plans use for them.
package enum FileOperation: String, CaseIterable, Sendable {
    case openRoot = "open root"
    case open, close, read, write
    case allocate = "fallocate"
    case setDirect = "fcntl"
    case setModified = "futimens"
    case sync = "fsync"
    case syncFileSystem = "syncfs"
    case dropCache = "fadvise"
    case status
    case linkTarget = "readlink"
    case attributes = "xattr"
    case seek = "lseek"
    case rename
    case replace
    case unlink
    case makeDirectory = "mkdir"
    case removeDirectory = "rmdir"
    case list
    case space = "statfs"
    case lock = "flock"
}
