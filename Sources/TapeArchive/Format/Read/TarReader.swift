/// Reads a tar stream that is pushed to it in pieces of any size, ours or another's, in bounded memory.
///
/// Hostile bytes give troubles, never a crash: each is told to the sink and reading goes on at the next header.
/// What a sink throws ends the reading.
package struct TarReader<Sink: ArchiveSink> {
    package var sink: Sink
    /// Bytes taken so far, counted from the archive's first.
    package private(set) var offset: Int64
    /// Both zero records were read.
    package private(set) var isAtEnd = false

    private var state: State
    /// A record or body that is not whole yet.
    private var pending: [UInt8] = []
    private var fields = ExtendedFields()
    private var memberStart: Int64
    private var members: Int64 = 0
    private var current: OpenMember?
    /// The next member's headers are not whole.
    private var dropsMember = false

    /// Largest extended header; a file may have many attributes of 64 KiB.
    package static var largestExtension: Int64 { Int64(MemberHead.largestExtension) }

    private enum State {
        case header
        case body(UInt8, size: Int64)
        case map(SparseMapReader)
        case data
        case skip(Int64)
        /// Behind a bad header, looking for the next good one.
        case lost
        case oneZero
        case ended(complained: Bool)
    }

    private struct OpenMember {
        var entry: ArchiveEntry
        var place: MemberPlace
        /// As the header says: map and data.
        var stored: Int64
        var left: Int64
        var region = 0
        var inRegion: Int64 = 0
        var isBegun = false
    }

    /// `offset`: where in the archive the first byte to come stands. `isBoundary`: a member begins there; otherwise
    /// what comes before the next header is passed over.
    package init(_ sink: Sink, at offset: Int64 = 0, isBoundary: Bool = true) {
        self.sink = sink
        self.offset = offset
        memberStart = offset
        state = isBoundary ? .header : .lost
    }

    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let taken = try step(rest)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        }
    }

    /// No more bytes come. Tells of what is missing.
    package mutating func finish() throws {
        guard !isAtEnd else { return }
        try abandon()
        try sink.trouble(ArchiveTrouble(.truncated, offset: offset))
        isAtEnd = true
    }

    /// A part is missing: what comes next is the part with this head.
    package mutating func skipGap(to head: FoundHead) throws {
        try abandon()
        try sink.trouble(ArchiveTrouble(.gap, offset: offset))
        offset = head.facts.offset
        memberStart = offset
        let left = head.continuedBytes
        // The rest of headers whose beginning is missing would give a member under a name it never had.
        dropsMember = head.facts.begins == "header"
        let isClear = head.facts.begins == "member" || head.facts.begins == "end"
        state = left > 0 ? .skip(left + Int64(Tar.padding(left))) : isClear ? .header : .lost
    }

    /// What comes next, when all that was taken ends at a whole record.
    package var standing: StreamStanding {
        switch state {
        case .map, .data:
            guard let current else { return .member }
            let isBefore =
                current.isBegun ? current.entry.sparse != nil && current.left == current.place.dataBytes : true
            return .data(
                ContinuedFile(
                    name: current.entry.name, size: current.entry.size, storedLeft: current.left,
                    isBeforeSparseData: isBefore))
        case .body: return .header
        case .header: return offset == memberStart ? .member : .header
        case .lost, .skip: return .header
        case .oneZero, .ended: return .end
        }
    }

    private mutating func abandon() throws {
        if let current, current.isBegun { try sink.end(isWhole: false) }
        current = nil
        pending = []
        fields = ExtendedFields()
    }

    // MARK: One step

    private mutating func step(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        switch state {
        case .data: return try takeData(bytes)
        case .skip(let left):
            let taken = Int(min(left, Int64(bytes.count)))
            offset += Int64(taken)
            if left == Int64(taken) { beginMember() } else { state = .skip(left - Int64(taken)) }
            return taken
        case .body(let type, let size):
            let wanted = Int(size) + Tar.padding(size)
            let taken = collect(bytes, wanted)
            if pending.count == wanted { try takeBody(type, size) }
            return taken
        default:
            let taken = collect(bytes, Tar.record)
            if pending.count == Tar.record {
                let record = pending
                pending.removeAll(keepingCapacity: true)
                try takeRecord(record[...])
            }
            return taken
        }
    }

    private mutating func collect(_ bytes: UnsafeRawBufferPointer, _ wanted: Int) -> Int {
        let taken = min(wanted - pending.count, bytes.count)
        pending.append(contentsOf: bytes[..<taken])
        offset += Int64(taken)
        return taken
    }

    private mutating func beginMember() {
        state = .header
        memberStart = offset
        current = nil
        fields = ExtendedFields()
    }

    private var recordStart: Int64 { offset - Int64(Tar.record) }

    private mutating func takeRecord(_ record: ArraySlice<UInt8>) throws {
        switch state {
        case .map(var map):
            let answer = map.take(record)
            state = .map(map)
            try takeMap(answer, bytes: map.bytes)
        case .ended(let complained):
            guard !complained, record.contains(where: { $0 != 0 }) else { return }
            state = .ended(complained: true)
            try sink.trouble(ArchiveTrouble(.trailingBytes, offset: recordStart))
        case .lost:
            // Data may look like anything; only a header with POSIX's or GNU's magic is believed here.
            guard record[257..<262].elementsEqual("ustar".utf8), let header = TarHeader(record) else { return }
            memberStart = recordStart
            try takeHeader(header)
        default: try takeHeaderRecord(record)
        }
    }

    private mutating func takeHeaderRecord(_ record: ArraySlice<UInt8>) throws {
        if record.allSatisfy({ $0 == 0 }) {
            if case .oneZero = state {
                state = .ended(complained: false)
                isAtEnd = true
            } else {
                if fields.headers > 0 { try sink.trouble(ArchiveTrouble(.badHeader, offset: memberStart)) }
                fields = ExtendedFields()
                state = .oneZero
            }
            return
        }
        if case .oneZero = state {
            try sink.trouble(ArchiveTrouble(.loneZeroRecord, offset: recordStart - Int64(Tar.record)))
            memberStart = recordStart
        }
        guard let header = TarHeader(record) else { return try loseWay(.badHeader) }
        try takeHeader(header)
    }

    private mutating func loseWay(_ kind: ArchiveTrouble.Kind, name: [UInt8] = []) throws {
        try sink.trouble(ArchiveTrouble(kind, offset: recordStart, name: name))
        fields = ExtendedFields()
        current = nil
        state = .lost
    }

    // MARK: Headers

    private mutating func takeHeader(_ header: TarHeader) throws {
        switch header.type {
        case TarHeader.TypeFlag.extended, TarHeader.TypeFlag.global, TarHeader.TypeFlag.longName,
            TarHeader.TypeFlag.longLink:
            fields.headers += 1
            // One extended header, a long name and a long link are all that one member may have.
            guard fields.headers <= 4 || header.type == TarHeader.TypeFlag.global else {
                return try loseWay(.badExtendedHeader)
            }
            guard header.size <= Self.largestExtension else { return try loseWay(.tooLarge) }
            state = .body(header.type, size: header.size)
            if header.size == 0 { try takeBody(header.type, 0) }
        default: try takeMember(header)
        }
    }

    private mutating func takeBody(_ type: UInt8, _ size: Int64) throws {
        let body = pending[..<Int(size)]
        pending = []
        state = .header
        switch type {
        case TarHeader.TypeFlag.longName: fields.name = Array(body.prefix { $0 != 0 })
        case TarHeader.TypeFlag.longLink: fields.link = Array(body.prefix { $0 != 0 })
        case TarHeader.TypeFlag.global:
            // A part's own words; nothing in them concerns the members.
            fields.headers -= 1
            if fields.headers == 0 { memberStart = offset }
        default:
            guard fields.take(body) else {
                fields.isBad = true
                return try sink.trouble(ArchiveTrouble(.badExtendedHeader, offset: memberStart))
            }
        }
    }

    private mutating func takeMember(_ header: TarHeader) throws {
        let kind = ArchiveEntry.Kind(typeFlag: header.type)
        // Devices, links and directories have no data, whatever their size field says.
        let hasData = kind == .file || kind == nil
        let stored = hasData ? fields.size ?? header.size : 0
        guard stored <= Int64.max - offset - Int64(Tar.record) else { return try loseWay(.badHeader) }
        if dropsMember {
            dropsMember = false
            return pass(stored)
        }
        guard let kind, !fields.isBad, !fields.isForeignSparse else {
            if header.type != TarHeader.TypeFlag.volumeName, !fields.isBad {
                try sink.trouble(ArchiveTrouble(.unsupported, offset: memberStart, name: fields.name ?? header.name))
            }
            return pass(stored)
        }
        let entry = fields.entry(header, kind: kind)
        let place = MemberPlace(member: members, start: memberStart, dataStart: offset, dataBytes: stored)
        current = OpenMember(entry: entry, place: place, stored: stored, left: stored)
        members += 1
        if fields.isSparse, kind == .file {
            guard fields.realSize != nil, stored >= Int64(Tar.record) else {
                return try passCurrent(.badSparseMap)
            }
            state = .map(SparseMapReader())
        } else {
            try beginData()
        }
    }

    private mutating func pass(_ bytes: Int64) {
        current = nil
        let whole = bytes + Int64(Tar.padding(bytes))
        if whole == 0 { beginMember() } else { state = .skip(whole) }
    }

    private mutating func passCurrent(_ kind: ArchiveTrouble.Kind) throws {
        guard let current else { return }
        try sink.trouble(ArchiveTrouble(kind, offset: memberStart, name: current.entry.name))
        // A map is read in whole records, the last of which may reach beyond what the header declared.
        let whole = current.left + Int64(Tar.padding(max(0, current.left)))
        if whole <= 0 { beginMember() } else { pass(current.left) }
    }

    private mutating func takeMap(_ answer: SparseMapReader.Answer, bytes: Int) throws {
        current?.left -= Int64(Tar.record)
        guard let open = current else { return }
        switch answer {
        case .more:
            if open.left < Int64(Tar.record) { try passCurrent(.badSparseMap) }
        case .bad: try passCurrent(.badSparseMap)
        case .tooLarge: try passCurrent(.tooLarge)
        case .whole(let regions):
            guard let map = SparseMap(regions, size: open.entry.size), map.dataBytes == open.left else {
                return try passCurrent(.badSparseMap)
            }
            current?.entry.sparse = map
            current?.place.dataStart = offset
            current?.place.mapBytes = bytes
            current?.place.dataBytes = map.dataBytes
            try beginData()
        }
    }

    // MARK: Data

    private mutating func beginData() throws {
        guard let open = current else { return }
        try sink.begin(open.entry, at: open.place)
        current?.isBegun = true
        state = .data
        if open.left == 0 { try endData() }
    }

    private mutating func takeData(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        guard var open = current else { return bytes.count }
        var taken = Int(min(open.left, Int64(bytes.count)))
        var at = open.stored - open.left
        if let map = open.entry.sparse {
            let region = map.regions[open.region]
            taken = Int(min(Int64(taken), region.length - open.inRegion))
            at = region.offset + open.inRegion
            open.inRegion += Int64(taken)
            if open.inRegion == region.length {
                open.region += 1
                open.inRegion = 0
            }
        }
        open.left -= Int64(taken)
        current = open
        offset += Int64(taken)
        try sink.data(UnsafeRawBufferPointer(rebasing: bytes[..<taken]), at: at)
        if open.left == 0 { try endData() }
        return taken
    }

    private mutating func endData() throws {
        guard let open = current else { return }
        try sink.end(isWhole: true)
        let padding = Tar.padding(open.place.dataBytes)
        if padding == 0 { beginMember() } else { pass(0, padding: padding) }
    }

    private mutating func pass(_ bytes: Int64, padding: Int) {
        current = nil
        state = .skip(bytes + Int64(padding))
    }
}
