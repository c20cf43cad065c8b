import BackupModel

/// How a virtual library is built: `library.json`, written once.
struct LibraryPlan: Hashable, Codable, Sendable {
    struct Drive: Hashable, Codable, Sendable {
        var name: String
        var model: DriveModel
        var serial: String
    }

    var format = 1
    var slots: Int
    var importExport: Int
    var drives: [Drive]
    var serial: String
}

/// Where each cartridge is: `places.json`, replaced as a whole at each move.
struct LibraryState: Hashable, Codable, Sendable {
    struct Place: Hashable, Codable, Sendable {
        var kind: LibraryElement.Kind
        var number: Int
        var barcode: String?
        /// The address of the slot it came from.
        var source: Int?
        /// Of a drive: the cartridge is out of the mechanism, the arm may take it.
        var isEjected = true
        var isLocked = false
        /// Counts what was put in or taken out, so that a program that holds the drive sees that it happened.
        var changes: Int64 = 0
        /// When it was put in, on the drive's clock, or nil.
        var loadedAt: Double?

        var address: Int { LibraryState.address(kind, number) }
    }

    var places: [Place]

    init(_ plan: LibraryPlan) {
        places =
            (0..<plan.drives.count).map { Place(kind: .drive, number: $0) }
            + (0..<plan.importExport).map { Place(kind: .importExport, number: $0 + 1) }
            + (0..<plan.slots).map { Place(kind: .slot, number: $0 + 1) }
    }

    /// Addresses as IBM's small libraries have them: import and export from 16, drives from 256, slots from 4096.
    static func address(_ kind: LibraryElement.Kind, _ number: Int) -> Int {
        switch kind {
        case .arm: 1
        case .importExport: 15 + number
        case .drive: 256 + number
        case .slot: 4095 + number
        }
    }

    func index(of address: Int) -> Int? { places.firstIndex { $0.address == address } }
    func index(holding barcode: String) -> Int? { places.firstIndex { $0.barcode == barcode } }

    /// Moves a cartridge, or says why the arm cannot.
    mutating func move(from: Int, to: Int, at time: Double?) throws(TapeFault) -> String {
        let operation = "move medium"
        guard let start = index(of: from), let end = index(of: to), start != end else {
            throw TapeFault(
                .moveFailed, operation: operation, detail: "no such element: \(from) or \(to)",
                sense: SenseData(key: 5, code: 0x21, qualifier: 1))
        }
        guard let barcode = places[start].barcode else {
            throw TapeFault(
                .elementEmpty, operation: operation, detail: "element \(from) is empty",
                sense: SenseData(key: 5, code: 0x3b, qualifier: 0x0e))
        }
        guard places[end].barcode == nil else {
            throw TapeFault(
                .elementFull, operation: operation, detail: "element \(to) is full",
                sense: SenseData(key: 5, code: 0x3b, qualifier: 0x0d))
        }
        if places[start].kind == .drive, !places[start].isEjected {
            throw TapeFault(
                .accessDenied, operation: operation, detail: "the drive holds \(barcode): eject it first",
                sense: SenseData(key: 5, code: 0x53, qualifier: 2))
        }
        take(start)
        put(barcode, end, source: places[start].kind == .slot ? from : nil, at: time)
        return barcode
    }

    /// Takes what lies in an element out of it.
    mutating func take(_ index: Int) {
        places[index].barcode = nil
        places[index].source = nil
        places[index].isEjected = true
        places[index].loadedAt = nil
        places[index].changes += 1
    }

    /// Puts a cartridge into an empty element; a drive takes it in by itself.
    mutating func put(_ barcode: String, _ index: Int, source: Int? = nil, at time: Double? = nil) {
        places[index].barcode = barcode
        places[index].source = source
        places[index].isEjected = places[index].kind != .drive
        places[index].loadedAt = time
        places[index].changes += 1
    }
}
