import Glibc

/// One line of `/proc/self/mountinfo`.
package struct Mount: Hashable, Sendable {
    package var id: UInt64
    package var point: PathBytes
    /// As the kernel names it, for instance `ext4` or `fuse.sshfs`.
    package var fileSystem: String
    package var source: PathBytes
    /// Options of the file system itself, for instance `compress=zstd:3`.
    package var options: [String]
}

/// The mounts of this process; parsing is pure.
package enum MountTable {
    /// Lines that are not understood are left out.
    package static func parse(_ text: [UInt8]) -> [Mount] {
        text.split(separator: 10).compactMap { line in
            let fields = line.split(separator: 32)
            // id parent dev root point options [optional ...] - type source super-options
            guard let dash = fields.firstIndex(where: { $0.elementsEqual([45]) }), dash >= 6, fields.count > dash + 2,
                let id = UInt64(String(decoding: fields[0], as: UTF8.self))
            else { return nil }
            let options = fields.count > dash + 3 ? String(decoding: fields[dash + 3], as: UTF8.self) : ""
            return Mount(
                id: id, point: unescaped(fields[4]), fileSystem: String(decoding: fields[dash + 1], as: UTF8.self),
                source: unescaped(fields[dash + 2]), options: options.split(separator: ",").map(String.init))
        }
    }

    /// Blank, tab, newline and backslash are written `\040`.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> PathBytes {
        var out: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == 92, digits.count == 3, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) {
                out.append(code)
                rest = rest.dropFirst(3)
            } else {
                out.append(byte)
            }
        }
        return PathBytes(out)
    }
}

extension Mount {
    /// Over a network, or through a program in user space: caches and locks may not mean what they say.
    package var isRemote: Bool {
        let network: Set<String> = [
            "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "afs", "virtiofs", "ncpfs", "lustre",
        ]
        return network.contains(fileSystem) || fileSystem.hasPrefix("fuse")
    }

    /// Transparent compression as the mount options say; ZFS keeps it in a property instead.
    package var compression: String? {
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1)
            guard let key = parts.first else { continue }
            if ["compress", "compress-force", "compress_algorithm"].contains(key) {
                return parts.count == 2 ? String(parts[1]) : "on"
            }
        }
        return nil
    }

    /// File systems whose blocks can be shared after the fact, by a program of the operator's.
    package var deduplication: String? { ["btrfs", "xfs", "bcachefs"].contains(fileSystem) ? "offline" : nil }
}
