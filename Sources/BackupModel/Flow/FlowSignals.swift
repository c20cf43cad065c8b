/// How fast a drive can be fed without stopping, in bytes a second of the host.
package struct DriveRange: Hashable, Codable, Sendable {
    /// Below this the drive stops and starts.
    package var lowest: Double
    package var highest: Double

    package init(lowest: Double, highest: Double) {
        self.lowest = lowest
        self.highest = max(lowest, highest)
    }
}

/// What a flow policy looks at.
package struct FlowSignal: Hashable, Sendable {
    /// Monotonic seconds.
    package var now: Double
    /// Bytes that wait for the drive, and the most that can.
    package var fill: Int64
    package var capacity: Int64
    /// Bytes that the source gave and the drive took since the stream began.
    package var received: Int64
    package var written: Int64
    /// Bytes that the source has yet to give; nil where it cannot tell. An estimate will do.
    package var remaining: Int64?
    /// The source has given its last byte.
    package var isEnding: Bool
    /// Nil where nobody knows.
    package var drive: DriveRange?
    /// Bytes of the drive's own buffer, which keep the tape going for a while when nothing comes; 0 where unknown.
    package var driveBuffer: Int64
    /// Seconds that the drive made the host wait after its last stop; nil before the first.
    package var stopCost: Double?

    package init(
        now: Double, fill: Int64, capacity: Int64, received: Int64, written: Int64, remaining: Int64? = nil,
        isEnding: Bool = false, drive: DriveRange? = nil, driveBuffer: Int64 = 0,
        stopCost: Double? = nil
    ) {
        self.now = now
        self.fill = fill
        self.capacity = capacity
        self.received = received
        self.written = written
        self.remaining = remaining
        self.isEnding = isEnding
        self.drive = drive
        self.driveBuffer = driveBuffer
        self.stopCost = stopCost
    }

    /// 0 to 1.
    var level: Double { capacity > 0 ? min(1, Double(fill) / Double(capacity)) : 0 }
}

/// What to do until the policy is asked again.
package enum FlowDecision: Hashable, Sendable {
    /// Nothing goes to the drive.
    case hold
    /// Bytes a second; infinity: as fast as the drive takes them.
    case write(rate: Double)

    package static let fullSpeed = FlowDecision.write(rate: .infinity)
}
