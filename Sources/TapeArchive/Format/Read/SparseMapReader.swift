/// Reads a sparse map of format 1.0 record by record, never more of it than its regions.
struct SparseMapReader {
    private var wanted: Int64?
    private var numbers: [Int64] = []
    private var digits: [UInt8] = []
    private(set) var bytes = 0

    enum Answer { case more, whole([SparseMap.Region]), bad, tooLarge }

    mutating func take(_ record: ArraySlice<UInt8>) -> Answer {
        bytes += record.count
        for byte in record {
            if byte != 10 {
                guard digits.count < 19 else { return .bad }
                digits.append(byte)
                continue
            }
            guard let number = Decimal.parse(digits[...]) else { return .bad }
            digits.removeAll(keepingCapacity: true)
            if wanted == nil {
                guard number <= Int64(SparseMap.mostRegions) + 1 else { return .tooLarge }
                wanted = number
            } else {
                numbers.append(number)
            }
            if let wanted, Int64(numbers.count) == 2 * wanted { return .whole(regions()) }
        }
        return .more
    }

    private func regions() -> [SparseMap.Region] {
        stride(from: 0, to: numbers.count, by: 2).compactMap {
            numbers[$0 + 1] == 0 ? nil : SparseMap.Region(offset: numbers[$0], length: numbers[$0 + 1])
        }
    }
}
