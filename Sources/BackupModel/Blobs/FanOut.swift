/// How a store spreads blobs over folders: hex digits of the name per level.
///
/// A store on disk is always `aa/bb/<id>` (`.standard`, 65,536 buckets). Tests use less, since 65,536 directories cost
/// 3.3 s and 257 MiB a volume.
package struct FanOut: Hashable, Codable, Sendable {
    package let digits: [Int]

    package static let standard = FanOut(digits: [2, 2])

    /// One or two levels of one to two digits; nil otherwise.
    package init?(_ digits: [Int]) {
        guard (1...2).contains(digits.count), digits.allSatisfy({ (1...2).contains($0) }) else { return nil }
        self.digits = digits
    }

    private init(digits: [Int]) { self.digits = digits }

    /// Number of folders that hold blobs.
    package var bucketCount: Int { 1 << (4 * digits.reduce(0, +)) }

    /// The bucket of a blob: the leading digits of its name as a number.
    package func bucket(of id: BlobID) -> Int { Int(id.words.0 >> UInt64(64 - 4 * digits.reduce(0, +))) }

    /// The folder of a bucket below `by-hash`, for instance `aa/bb`.
    package func path(of bucket: Int) -> String {
        let total = digits.reduce(0, +)
        var hex = String(bucket, radix: 16)
        hex = String(repeating: "0", count: max(0, total - hex.count)) + hex
        guard digits.count == 2 else { return hex }
        return hex.prefix(digits[0]) + "/" + hex.suffix(digits[1])
    }
}
