package import BackupModel

/// A robot with slots and drives, real or virtual. Calls block; one caller at a time.
package protocol TapeChanger: AnyObject, Sendable {
    var identity: DriveIdentity { get }
    /// Every element with what lies in it. `rescan`: lets the robot look again (INITIALIZE ELEMENT STATUS).
    func inventory(rescan: Bool) throws(TapeFault) -> [LibraryElement]
    /// Moves the cartridge of one element to another, by their addresses. The drive must have been ejected first.
    func move(from: Int, to: Int) throws(TapeFault)
    func close()
}

/// One place for a cartridge.
package struct LibraryElement: Hashable, Codable, Sendable {
    package enum Kind: String, Hashable, Codable, Sendable { case slot, drive, importExport = "import_export", arm }

    package var kind: Kind
    /// The robot's own address, unique in it.
    package var address: Int
    /// Counted from 1 within its kind (drives from 0), as `mtx` counts and people say.
    package var number: Int
    package var isFull: Bool
    /// As read, blanks trimmed; empty where there is none.
    package var barcode: String
    /// The slot a loaded cartridge came from.
    package var source: Int?
    /// What is wrong with the element, or empty.
    package var trouble: String

    package init(
        kind: Kind, address: Int, number: Int, isFull: Bool = false, barcode: String = "", source: Int? = nil,
        trouble: String = ""
    ) {
        self.kind = kind
        self.address = address
        self.number = number
        self.isFull = isFull
        self.barcode = barcode
        self.source = source
        self.trouble = trouble
    }
}
