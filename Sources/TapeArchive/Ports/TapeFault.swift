/// What a drive or changer can answer but success.
package struct TapeFault: Error, Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No cartridge, or not ready yet.
        case noMedium, notReady, initialising
        /// A button eject or a load by somebody else since the last call: nothing known of the tape holds (F14, F32).
        case mediumChanged
        case writeProtected
        /// A block could not be written or read after all of the drive's retries (F3, F22).
        case mediumError
        /// The drive itself is broken.
        case hardware
        /// The device is gone, or the bus was reset: the position is unknown (F14).
        case gone
        case positionLost
        /// Physical end: nothing more can be written (F2).
        case endOfMedium
        /// Spacing or reading met a filemark, the beginning, or the end of data.
        case filemark, beginningOfTape, endOfData
        case optionRefused
        /// The medium does not fit the drive, or must not be written by it.
        case incompatibleMedium
        case cleaningNeeded
        /// Another program holds it.
        case busy
        /// The changer: an element is empty, full, or the arm did not do it (F17).
        case elementEmpty, elementFull, moveFailed, accessDenied
        /// Anything else the system said.
        case system
    }

    package var kind: Kind
    /// What was tried: `write`, `locate`, `move medium`.
    package var operation: String
    /// In words, sense data decoded; foreign bytes escaped already.
    package var detail: String
    package var errno: Int32
    package var sense: SenseData?

    package init(
        _ kind: Kind, operation: String, detail: String = "", errno: Int32 = 0, sense: SenseData? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.detail = detail
        self.errno = errno
        self.sense = sense
    }
}

/// A SCSI sense triple (SPC-4, 4.5).
package struct SenseData: Hashable, Codable, Sendable {
    package var key: UInt8
    package var code: UInt8
    package var qualifier: UInt8

    package init(key: UInt8, code: UInt8, qualifier: UInt8) {
        self.key = key
        self.code = code
        self.qualifier = qualifier
    }
}
