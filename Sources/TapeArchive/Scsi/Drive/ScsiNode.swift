import BackupModel
import CTape
import Glibc

/// A tape drive's or robot's device files, found by any of its names in sysfs.
struct ScsiNode: Hashable, Sendable {
    /// What the kernel calls the device that was named: `nst0`, `sg3`, `sch0`.
    var name: String
    var major: UInt32
    var minor: UInt32
    /// Its sg device: `/dev/sg3`.
    var generic: String
    /// All device files by which the same drive can be held.
    var siblings: Set<String>

    /// Of the tape driver, of its changer driver, and of sg (Documentation/admin-guide/devices.txt).
    static let tapeMajor: UInt32 = 9
    /// Bit 7 of a tape's minor number: it does not rewind when it is closed.
    static let noRewind: UInt32 = 0x80

    var isTape: Bool { major == Self.tapeMajor }
    var rewindsOnClose: Bool { isTape && minor & Self.noRewind == 0 }

    init(_ path: String) throws(TapeFault) {
        (major, minor) = (0, 0)
        let result = ctape_device(path, &major, &minor)
        if result < 0 { throw TapeFault(opening: path, errno: -result) }
        let folder = "/sys/dev/char/\(major):\(minor)"
        guard let target = Self.link(folder) else {
            let detail = printable(path.utf8) + " is not a device that sysfs knows"
            throw TapeFault(.gone, operation: "open", detail: detail)
        }
        name = Self.lastPart(target)
        // A tape or changer names its sg device below; an sg device is one itself.
        let generics = Self.entries(folder + "/device/scsi_generic")
        guard let found = generics.first else {
            let detail = printable(path.utf8) + " has no sg device: load the module sg (modprobe sg)"
            throw TapeFault(.gone, operation: "open", detail: detail)
        }
        generic = "/dev/" + found
        siblings = Set(
            (generics + Self.entries(folder + "/device/scsi_tape") + Self.entries(folder + "/device/scsi_changer"))
                .map { "/dev/" + $0 })
    }

    /// The driver's options as sysfs shows them, or nil.
    static func options(of name: String) -> Int? {
        text("/sys/class/scsi_tape/\(name)/options").flatMap { text in
            Int(text.hasPrefix("0x") ? text.dropFirst(2) : text[...], radix: 16)
        }
    }
}

// MARK: sysfs and procfs

extension ScsiNode {
    static func link(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { chars in
                chars.baseAddress.map { readlink(path, $0, chars.count) } ?? 0
            }
        }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// The names in a folder, sorted; none where it cannot be read.
    static func entries(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// A small file's text, blanks at its end gone.
    static func text(_ path: String) -> String? { bytes(path).map { trimmedText($0.filter { $0 != 10 }) } }

    /// At most 4 KiB of a file.
    static func bytes(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if file < 0 { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes[..<count])
    }

    static func lastPart(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
