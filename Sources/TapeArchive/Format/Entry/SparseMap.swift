/// Where the data of a sparse file lies: ascending regions that do not touch, in bytes of the file.
package struct SparseMap: Hashable, Sendable {
    package struct Region: Hashable, Sendable {
        package var offset: Int64
        package var length: Int64

        package init(offset: Int64, length: Int64) {
            self.offset = offset
            self.length = length
        }

        package var end: Int64 { offset + length }
    }

    /// More regions are joined across their smallest holes: a map is kept in memory by who writes and who reads.
    package static let mostRegions = 1 << 20

    package let regions: [Region]
    package let dataBytes: Int64

    /// Nil where the regions overlap, go backwards, or leave a file of `size` bytes.
    package init?(_ regions: [Region], size: Int64) {
        var at: Int64 = 0
        var bytes: Int64 = 0
        for region in regions {
            guard region.offset >= at, region.length >= 0, region.offset <= size,
                region.length <= size - region.offset
            else { return nil }
            at = region.end
            bytes += region.length
        }
        self.regions = regions
        dataBytes = bytes
    }

    /// The map of a file worth storing as sparse, or nil where a plain file is no longer (the map itself takes room).
    package static func worthStoring(_ regions: [Region], size: Int64) -> SparseMap? {
        var kept = regions.filter { $0.length > 0 }
        var hole: Int64 = 4096
        while kept.count > mostRegions {
            kept = joined(kept, acrossLess: hole)
            hole *= 2
        }
        guard let map = SparseMap(kept, size: size) else { return nil }
        return map.dataBytes + Int64(map.text(size: size).count) < size ? map : nil
    }

    private static func joined(_ regions: [Region], acrossLess hole: Int64) -> [Region] {
        var out: [Region] = []
        for region in regions {
            if let last = out.last, region.offset - last.end < hole {
                out[out.count - 1].length = region.end - last.offset
            } else {
                out.append(region)
            }
        }
        return out
    }

    /// GNU sparse format 1.0: the count, then offset and length of each, one decimal number a line, filled up to
    /// records of 512. A file that ends in a hole ends with an empty region, as GNU tar writes and expects it.
    func text(size: Int64) -> [UInt8] {
        var all = regions
        if all.last?.end ?? 0 < size || all.isEmpty { all.append(Region(offset: size, length: 0)) }
        var text = Array("\(all.count)\n".utf8)
        for region in all { text += Array("\(region.offset)\n\(region.length)\n".utf8) }
        return text + [UInt8](repeating: 0, count: Tar.padding(Int64(text.count)))
    }
}
