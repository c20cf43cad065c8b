import Glibc

/// A stretch of anonymous memory, in huge pages where the system allows them.
// @unchecked Sendable: an address that never changes; whose bytes are whose is what the ring's cursors say.
struct RingMemory: ~Copyable, @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    /// As mapped: whole pages of the kind that was given.
    let count: Int
    let pages: RingPages

    /// Throws when the system has no such stretch of addresses.
    init(bytes: Int) throws(RingMemoryError) {
        // Pages reserved for this by the administrator first; they are there or not, never half.
        let whole = (bytes + RingMemory.hugePage - 1) / RingMemory.hugePage * RingMemory.hugePage
        if let reserved = RingMemory.map(whole, MAP_HUGETLB) {
            (base, count, pages) = (reserved, whole, .reserved)
            return
        }
        guard let ordinary = RingMemory.map(whole, 0) else { throw RingMemoryError(bytes: whole, errno: errno) }
        (base, count) = (ordinary, whole)
        pages = madvise(ordinary, whole, MADV_HUGEPAGE) == 0 ? .transparent : .ordinary
    }

    deinit { munmap(base, count) }

    private static func map(_ bytes: Int, _ flags: Int32) -> UnsafeMutableRawPointer? {
        let map = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0)
        return map == MAP_FAILED ? nil : map
    }

    private static let hugePage = 2 << 20
}

/// What kind of pages a ring's memory has.
package enum RingPages: String, Sendable {
    /// Of the pool of huge pages.
    case reserved
    /// The system may join pages to huge ones.
    case transparent
    case ordinary
}

/// No memory for a ring of so many bytes.
package struct RingMemoryError: Error, Hashable, Sendable {
    package var bytes: Int
    package var errno: Int32
}
