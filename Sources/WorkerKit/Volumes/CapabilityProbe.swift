package import BackupModel
import CLinux
import Glibc

/// Finds out what a volume can do by doing it, in a folder of its own that it takes away again (A9).
package struct CapabilityProbe: Sendable {
    private let volume: PinnedVolume
    private let name: PathBytes
    private var files: any FileCalls { volume.files }

    /// `nonce` keeps the folders of two probes apart.
    package init(volume: PinnedVolume, nonce: String) {
        self.volume = volume
        name = PathBytes("probe-" + nonce)
    }

    /// Needs `.holdfast`. Throws when the volume cannot do the least: make, write, rename without replacing, sync.
    package func run() throws(Failure) -> VolumeCapabilities {
        do throws(FileError) {
            let ours = try files.open(VolumeFolder.name, beneath: volume.root, .directory)
            defer { try? files.close(ours) }
            try sweep(ours)
            try files.makeDirectory(name, beneath: ours, mode: 0o700)
            let folder = try files.open(name, beneath: ours, .directory)
            defer { remove(folder, ours) }
            var found = try probe(folder)
            let mount = volume.mount()
            found.compression = mount?.compression
            found.deduplication = mount?.deduplication
            if let mount, mount.fileSystem == "zfs" { found.ask(zfs: mount.source) }
            return found
        } catch { throw error.failure }
    }

    private func probe(_ folder: Descriptor) throws(FileError) -> VolumeCapabilities {
        let file = try files.open("case-a", beneath: folder, .create(mode: 0o600))
        defer { try? files.close(file) }
        try files.writeAll([UInt8](repeating: 7, count: 8192), to: file)
        let fsyncWorks = succeeds { () throws(FileError) in
            try files.sync(file)
            try files.sync(folder)
        }
        let hardLinks = call("case-a", "link") { clinux_link(folder.raw, $0, folder.raw, $1) } == 0
        return VolumeCapabilities(
            maxFileSize: largestFile(file), maxNameBytes: try longestName(folder),
            isCaseSensitive: !succeeds { () throws(FileError) in _ = try files.status(at: "CASE-A", beneath: folder) },
            renamesWithoutReplacing: try renames(folder), hardLinks: hardLinks,
            unnamedTemporaries: unnamed(folder), directReads: readsDirectly(folder), fsyncWorks: fsyncWorks,
            extendedAttributes: clinux_set_attribute(file.raw, "user.holdfast.probe", "1", 1) == 0)
    }

    /// The largest offset the kernel takes is the file system's largest file; nil when there is no limit.
    private func largestFile(_ file: Descriptor) -> Int64? {
        if clinux_seek(file.raw, .max) == 0 { return nil }
        var low: Int64 = 0
        var high = Int64.max
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if clinux_seek(file.raw, middle) == 0 { low = middle } else { high = middle }
        }
        return low
    }

    private func longestName(_ folder: Descriptor) throws(FileError) -> Int {
        var low = 1
        var high = 256
        while high - low > 1 {
            let middle = (low + high) / 2
            let name = PathBytes(repeatElement(UInt8(ascii: "n"), count: middle))
            do throws(FileError) {
                try files.close(files.open(name, beneath: folder, .create(mode: 0o600)))
                try files.unlink(name, in: folder)
                low = middle
            } catch  where error.errno == ENAMETOOLONG || error.errno == EINVAL { high = middle } catch { throw error }
        }
        return low
    }

    /// Whether the kernel's own call works; our fall-back by hard link must work where it does not.
    private func renames(_ folder: Descriptor) throws(FileError) -> Bool {
        for name: PathBytes in ["old", "taken"] {
            try files.close(files.open(name, beneath: folder, .create(mode: 0o600)))
        }
        let onto = call("old", "taken") { clinux_rename_noreplace(folder.raw, $0, folder.raw, $1) }
        if onto == -EEXIST {
            try files.rename("old", to: "new", in: folder)
            return true
        }
        guard onto != 0 else {
            // It replaced what it must not: nothing here is safe from being overwritten.
            throw FileError(side: files.side, operation: "rename", errno: EOPNOTSUPP, path: name)
        }
        try files.rename("old", to: "new", in: folder)
        return false
    }

    private func unnamed(_ folder: Descriptor) -> Bool {
        guard let file = try? files.open(".", beneath: folder, .unnamed(mode: 0o600)) else { return false }
        defer { try? files.close(file) }
        return PathBytes("unnamed").withCString { clinux_link_unnamed(file.raw, folder.raw, $0) } == 0
    }

    private func readsDirectly(_ folder: Descriptor) -> Bool {
        guard let file = try? files.open("case-a", beneath: folder, .readDirect) else { return false }
        defer { try? files.close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)
        defer { buffer.deallocate() }
        return (try? files.read(file, into: buffer)) == 4096 && buffer.allSatisfy { $0 == 7 }
    }
}

extension CapabilityProbe {
    /// Folders of probes that died; the lock is held, so no other probe is alive.
    private func sweep(_ ours: Descriptor) throws(FileError) {
        var dead: [PathBytes] = []
        try files.list(ours) { entry throws(FileError) in
            if entry.name.bytes.starts(with: Array("probe-".utf8)) { dead.append(entry.name) }
        }
        for name in dead {
            let folder = try files.open(name, beneath: ours, .directory)
            empty(folder)
            try files.close(folder)
            try files.removeDirectory(name, in: ours)
        }
    }

    /// Best effort, twice: one passing error must not leave our things on the volume.
    private func remove(_ folder: Descriptor, _ ours: Descriptor) {
        for _ in 0..<2 {
            empty(folder)
            if succeeds({ () throws(FileError) in try files.removeDirectory(name, in: ours) }) { break }
        }
        try? files.close(folder)
    }

    private func empty(_ folder: Descriptor) {
        var names: [PathBytes] = []
        try? files.list(folder) { entry throws(FileError) in names.append(entry.name) }
        for name in names { try? files.unlink(name, in: folder) }
    }

    private func succeeds(_ call: () throws(FileError) -> Void) -> Bool {
        do throws(FileError) {
            try call()
            return true
        } catch { return false }
    }

    private func call(
        _ old: PathBytes, _ new: PathBytes, _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
    ) -> Int32 {
        old.withCString { first in new.withCString { second in call(first, second) } }
    }
}

extension VolumeCapabilities {
    /// ZFS keeps both as properties of the dataset; without the program they stay unknown.
    fileprivate mutating func ask(zfs dataset: PathBytes) {
        let arguments = ["zfs", "get", "-H", "-o", "value", "compression,dedup", dataset.description]
        guard let result = try? ChildCommand(arguments, timeout: 10).runHere(), result.isSuccess else { return }
        setZFS(answer: result.output.bytes)
    }

    /// One value a line, `off` where there is none.
    mutating func setZFS(answer: [UInt8]) {
        let values = answer.split(separator: 10).map { printable($0) }
        guard values.count == 2 else { return }
        compression = values[0] == "off" ? nil : values[0]
        deduplication = values[1] == "off" ? nil : values[1]
    }
}
