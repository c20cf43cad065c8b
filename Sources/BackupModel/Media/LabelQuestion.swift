/// What was found on a medium that was put into a drive, before anything is written to it.
package struct MediumSight: Hashable, Sendable {
    /// What the first tape file holds.
    package enum Contents: Hashable, Sendable {
        case ours(label: String, nonce: String, pool: String)
        /// `isProven`: reading met the end of data at the very beginning; an error proves nothing (F7).
        case blank(isProven: Bool)
        /// Begins as a label of ours and is none (F8).
        case halfLabel
        /// A label that only a newer program understands.
        case newerLabel(format: Int)
        /// Another's, by the name people know it by (F9).
        case foreign(String)
        /// Somebody's, of no known format.
        case unknown
        /// It could not be read; the drive's words.
        case unreadable(String)
    }

    package var contents: Contents
    /// By the robot or the cartridge's memory; empty if neither knows.
    package var barcode: Barcode
    package var generation: TapeGeneration?
    package var isWriteProtected = false
    package var isWORM = false
    package var isCleaning = false

    package init(_ contents: Contents, barcode: String = "", generation: TapeGeneration? = nil) {
        self.contents = contents
        self.barcode = Barcode(barcode)
        self.generation = generation ?? self.barcode.generation
        isWORM = self.barcode.isWORM
        isCleaning = self.barcode.isCleaning
    }

    var nonce: String? { if case .ours(_, let nonce, _) = contents { nonce } else { nil } }
}

/// All that decides what may be done with a medium.
package struct LabelQuestion: Hashable, Sendable {
    package enum Purpose: Hashable, Sendable {
        /// Append to one of these volumes, by their nonces, the one that was asked for first.
        case append([Volume])
        /// Write a new label; what is on it is lost.
        case label
        /// Read this volume, or whatever it is.
        case read(Volume?)
    }

    package var purpose: Purpose
    package var sight: MediumSight
    package var pool: Pool
    /// Nil where nobody knows; then the drive itself refuses what it cannot write.
    package var drive: TapeGeneration?
    /// The volume of the catalog with the nonce that was read, or that meant to have it.
    package var known: Volume?
    package var contents: VolumeContents?
    /// Others of the catalog with the label or barcode of the medium, but another nonce.
    package var namesakes: [Volume] = []
    /// Barcodes that are ours; empty: all.
    package var ours: [BarcodeRange] = []
    package var clockIsDoubted = false

    package init(_ purpose: Purpose, _ sight: MediumSight, pool: Pool) {
        self.purpose = purpose
        self.sight = sight
        self.pool = pool
    }

    var writes: Bool { if case .read = purpose { false } else { true } }
    var isOurs: Bool { ours.isEmpty || sight.barcode.text.isEmpty || ours.contains { $0.contains(sight.barcode) } }
}
