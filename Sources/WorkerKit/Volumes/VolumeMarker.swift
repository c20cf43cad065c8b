package import BackupModel
import Foundation
import Glibc

/// The volume's own word about itself, in `.holdfast/volume.json`: who it is, who wrote last, who holds it.
package struct VolumeMarker: Hashable, Codable, Sendable {
    /// Grows when older programs must not write to the volume any more.
    package var format: Int
    package var identity: VolumeIdentity
    package var generation: VolumeGeneration
    package var capabilities: VolumeCapabilities
    package var lease: VolumeLease?

    package static let currentFormat = 1

    package init(
        identity: VolumeIdentity, generation: VolumeGeneration, capabilities: VolumeCapabilities,
        lease: VolumeLease? = nil
    ) {
        format = Self.currentFormat
        self.identity = identity
        self.generation = generation
        self.capabilities = capabilities
        self.lease = lease
    }
}

/// Who may write to a volume now (B22). On one host the kernel's lock decides; this is for two hosts.
package struct VolumeLease: Hashable, Codable, Sendable {
    /// The machine's id, never its name.
    package var host: String
    package var hostName: String
    /// Random for each run.
    package var instance: String
    /// Grows with each sign of life.
    package var sequence: Int64
    package var since: WallTime
    package var pid: Int32
    package var command: String

    package init(
        host: String, hostName: String, instance: String, sequence: Int64 = 1, since: WallTime, pid: Int32,
        command: String
    ) {
        self.host = host
        self.hostName = hostName
        self.instance = instance
        self.sequence = sequence
        self.since = since
        self.pid = pid
        self.command = command
    }

    /// In words for a refusal; bytes from the volume are foreign.
    package var holder: String {
        "\(printable(hostName.utf8)), pid \(pid), since \(since.iso8601()): \(printable(command.utf8))"
    }
}

/// What was found where the marker should be.
package enum MarkerState: Hashable, Sendable {
    case absent
    /// Too large, no JSON, or not ours.
    case unreadable(String)
    /// Written by a newer program.
    case newer(format: Int)
    case found(VolumeMarker)

    /// Bytes that a marker may have; ours are under 2 KiB.
    package static let limit = 64 << 10

    /// Reads a marker's bytes, which may be anything.
    package init(_ bytes: [UInt8]) {
        struct Format: Decodable { var format: Int }
        let data = Data(bytes)
        let decoder = JSONDecoder()
        guard bytes.count <= Self.limit else {
            self = .unreadable("larger than 64 KiB")
            return
        }
        guard let format = try? decoder.decode(Format.self, from: data).format else {
            self = .unreadable("not a marker")
            return
        }
        guard format <= VolumeMarker.currentFormat else {
            self = .newer(format: format)
            return
        }
        guard let marker = try? decoder.decode(VolumeMarker.self, from: data), marker.isPlausible else {
            self = .unreadable("fields missing or of the wrong kind")
            return
        }
        self = .found(marker)
    }
}

extension VolumeMarker {
    var isPlausible: Bool {
        func isHex(_ text: String, _ count: Int) -> Bool {
            text.utf8.count == count && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        }
        return format >= 1 && isHex(identity.uuid, 32) && isHex(generation.nonce, 16) && generation.number >= 0
    }

    func encoded() throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self), data.count <= MarkerState.limit else {
            throw Failure(code: "MARKER_UNWRITABLE", side: .engine, message: "the volume's marker cannot be encoded")
        }
        return Array(data) + [10]
    }
}

/// Names in the one folder that is ours on a volume.
package enum VolumeFolder {
    package static let name: PathBytes = ".holdfast"
    static let marker: PathBytes = "volume.json"
    /// The marker as seen from the target.
    package static let markerPath: PathBytes = ".holdfast/volume.json"
    static let temporary: PathBytes = ".tmp-volume.json"
    package static let lock: PathBytes = "lock"
    static let reserve: PathBytes = "reserve"
}
