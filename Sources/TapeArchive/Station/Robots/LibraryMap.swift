import BackupModel

/// What lies where in one library, and what of it is ours by the settings. A value.
struct LibraryMap: Hashable, Sendable {
    let settings: LibrarySettings
    private(set) var elements: [LibraryElement]

    /// Slots of a virtual library that are ours where the settings name none.
    static let virtualSlots = 8

    init(_ settings: LibrarySettings, _ elements: [LibraryElement] = []) {
        self.settings = settings
        self.elements = elements
    }

    // MARK: What is ours

    func owns(_ element: LibraryElement) -> Bool {
        switch element.kind {
        case .arm: false
        case .importExport: true
        case .drive: settings.drives.indices.contains(element.number)
        case .slot:
            settings.slots?.contains(element.number) ?? (settings.kind == .scsi || element.number <= Self.virtualSlots)
        }
    }

    /// A cartridge without a barcode is ours where no barcodes are named; cleaning cartridges are in our slots.
    func owns(barcode: String) -> Bool {
        let read = Barcode(barcode)
        return settings.barcodes.isEmpty || read.isCleaning || settings.barcodes.contains { $0.contains(read) }
    }

    // MARK: Places

    func drive(_ name: String) -> LibraryElement? {
        guard let number = settings.drives.firstIndex(of: name) else { return nil }
        return elements.first { $0.kind == .drive && $0.number == number }
    }

    func element(at place: PlaceName) -> LibraryElement? {
        switch place {
        case .slot(let number): elements.first { $0.kind == .slot && $0.number == number }
        case .port(let number): elements.first { $0.kind == .importExport && $0.number == number }
        case .drive(let name): drive(name)
        }
    }

    func element(_ address: Int) -> LibraryElement? { elements.first { $0.address == address } }

    /// Ours, slots before ports; what lies in a drive is that drive's.
    func holding(_ barcode: String) -> LibraryElement? {
        let found = elements.filter { $0.kind != .drive && $0.isFull && $0.barcode == barcode && owns($0) }
        return found.first { $0.kind != .importExport } ?? found.first
    }

    func place(of element: LibraryElement) -> VolumePlace? {
        switch element.kind {
        case .arm: nil
        case .slot: .slot(library: settings.name, number: element.number)
        case .importExport: .port(library: settings.name, number: element.number)
        case .drive:
            settings.drives.indices.contains(element.number) ? .drive(settings.drives[element.number]) : nil
        }
    }

    /// Where a cartridge goes that leaves a drive: where it came from, else the first free slot of ours.
    func home(of drive: LibraryElement) -> LibraryElement? {
        if let source = drive.source.flatMap(element), owns(source), !source.isFull, source.kind == .slot {
            return source
        }
        return free(.slot)
    }

    func free(_ kind: LibraryElement.Kind) -> LibraryElement? {
        elements.filter { $0.kind == kind && !$0.isFull && $0.trouble.isEmpty && owns($0) }.min {
            $0.number < $1.number
        }
    }

    /// The library's cleaning cartridge; the one with the first barcode.
    var cleaning: LibraryElement? {
        elements.filter { $0.kind == .slot && $0.isFull && owns($0) && Barcode($0.barcode).isCleaning }
            .min { ($0.barcode, $0.number) < ($1.barcode, $1.number) }
    }

    /// The cartridge moved, as far as we know without asking the robot again.
    mutating func moved(from: Int, to: Int) {
        guard let start = elements.firstIndex(where: { $0.address == from }),
            let end = elements.firstIndex(where: { $0.address == to })
        else { return }
        elements[end].isFull = true
        elements[end].barcode = elements[start].barcode
        elements[end].source = elements[start].kind == .slot ? from : nil
        elements[start].isFull = false
        elements[start].barcode = ""
        elements[start].source = nil
    }

    // MARK: Refusals

    /// Why a cartridge must not be moved so, or nil.
    func refusal(from: LibraryElement, to: LibraryElement) -> Failure? {
        for element in [from, to] where !owns(element) {
            return StationFailure.refused(
                "NOT_OURS", settings.name,
                "\(words(element)) is not among those that the settings give to \(settings.name)",
                hint: "`slots` and `drives` in [library.\(settings.name)] say which are ours.")
        }
        if !owns(barcode: from.barcode) {
            let name = from.barcode.isEmpty ? "the cartridge without a barcode" : printable(from.barcode.utf8)
            return StationFailure.refused(
                "NOT_OURS", settings.name, "\(name) in \(words(from)) is not ours: it is not moved",
                hint: "`barcodes` in [library.\(settings.name)] says which are ours.")
        }
        return nil
    }

    func words(_ element: LibraryElement) -> String {
        place(of: element)?.description ?? "\(element.kind.rawValue) \(element.number) of \(settings.name)"
    }
}

/// A place as people write it: `slot 3`, `port 1`, `drive lto9`.
enum PlaceName: Hashable, Sendable {
    case slot(Int)
    case port(Int)
    case drive(String)

    init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 2 else { return nil }
        switch (words[0], Int(words[1])) {
        case ("slot", let number?) where number > 0: self = .slot(number)
        case ("port", let number?) where number > 0: self = .port(number)
        case ("drive", _): self = .drive(words[1])
        default: return nil
        }
    }
}
