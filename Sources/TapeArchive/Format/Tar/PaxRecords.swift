/// The records of an extended header: `LENGTH KEY=VALUE\n`, the length counting itself.
struct PaxRecords: Hashable {
    private(set) var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    mutating func add(_ key: String, _ value: some Collection<UInt8>) { add(Array(key.utf8), value) }

    mutating func add(_ key: [UInt8], _ value: some Collection<UInt8>) {
        let rest = key.count + value.count + 3
        var total = rest + String(rest).utf8.count
        if String(total).utf8.count > String(rest).utf8.count { total = rest + String(total).utf8.count }
        bytes += Array(String(total).utf8) + [32] + key + [61]
        bytes += value
        bytes.append(10)
    }

    mutating func add(_ key: String, _ number: Int64) { add(key, Array(String(number).utf8)) }

    /// The records as a header of that type with its data, filled up to whole records.
    func framed(type: UInt8, name: [UInt8]) -> [UInt8] {
        var header = TarHeader()
        header.name = name
        header.type = type
        header.size = Int64(bytes.count)
        return header.bytes + bytes + [UInt8](repeating: 0, count: Tar.padding(Int64(bytes.count)))
    }

    /// Every record in order; nil for a malformed one. The caller bounds the size.
    static func parse(_ bytes: ArraySlice<UInt8>) -> [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)]? {
        var records: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
        var rest = bytes
        while let first = rest.first, first != 0 {
            guard let blank = rest.prefix(20).firstIndex(of: 32), let length = Decimal.parse(rest[..<blank]),
                length <= Int64(rest.count), Int(length) > blank - rest.startIndex + 2
            else { return nil }
            let record = rest[rest.startIndex..<rest.startIndex + Int(length)]
            guard record.last == 10, let equals = record[(blank + 1)...].firstIndex(of: 61) else { return nil }
            records.append((record[blank + 1..<equals], record[equals + 1..<record.endIndex - 1]))
            rest = rest[record.endIndex...]
        }
        return records
    }
}
