package import BackupModel
import CLinux
import Glibc

/// A target's root held open: what is mounted over its path later does not divert us (A12).
package struct PinnedVolume: Sendable {
    package let files: any FileCalls
    package let path: PathBytes
    package let root: Descriptor

    /// Opens the folder; whoever opened it closes `root`.
    package init(_ path: PathBytes, files: any FileCalls) throws(Failure) {
        self.path = path
        self.files = files
        do throws(FileError) {
            root = try files.openRoot(path)
        } catch {
            guard [ENOENT, ENOTDIR, ENODEV, ENXIO].contains(error.errno) else { throw error.failure }
            throw Failure(
                code: "VOLUME_NOT_MOUNTED", side: files.side, message: "\(path) is not there", subject: path.bytes,
                errno: error.errno, operation: error.operation, hint: "Mount the drive, then run again.")
        }
    }

    package func close() { try? files.close(root) }

    /// Everything that the verdicts ask for. Writes nothing.
    package func facts() throws(Failure) -> VolumeFacts {
        do throws(FileError) {
            let status = try files.status(of: root)
            let mount = self.mount()
            return VolumeFacts(
                path: path, isMountRoot: status.isMountRoot, device: status.device,
                parentDevice: PathPlace.status(path / "..")?.device ?? status.device,
                isReadOnly: try files.space(of: root).isReadOnly, fileSystem: mount?.fileSystem ?? "",
                isRemote: mount?.isRemote ?? false, fileSystemID: fileSystemID(mount), marker: try marker())
        } catch { throw error.failure }
    }

    /// The mount that the root is on; nil when `/proc` does not tell.
    package func mount() -> Mount? {
        var found = clinux_status()
        guard clinux_status_of(root.raw, "", &found) == 0 else { return nil }
        return MountTable.read().first { $0.id == found.mount_id }
    }

    /// `uuid:` and hex where the kernel (6.9) tells, else `fsid:` for the file systems whose id outlives a mount.
    func fileSystemID(_ mount: Mount?) -> String {
        var uuid: [UInt8] = Array(repeating: 0, count: 16)
        let length = clinux_file_system_uuid(root.raw, &uuid)
        if length > 0 { return "uuid:" + hex(uuid.prefix(Int(length))) }
        var space = clinux_space()
        guard let mount, ["ext2", "ext3", "ext4", "btrfs", "zfs"].contains(mount.fileSystem),
            clinux_space_of(root.raw, &space) == 0, space.file_system_id != 0
        else { return "" }
        return "fsid:" + hex(withUnsafeBytes(of: space.file_system_id.bigEndian) { Array($0) })
    }

    private func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether the path still names what is pinned; a volume unmounted or moved under us is lost (A12).
    package func checkAttached() throws(Failure) {
        let named: FileStatus
        let pinned: FileStatus
        do throws(FileError) {
            pinned = try files.status(of: root)
            let again = try files.openRoot(path)
            defer { try? files.close(again) }
            named = try files.status(of: again)
        } catch {
            throw lost("does not answer", error)
        }
        guard named.device == pinned.device, named.inode == pinned.inode, named.isMountRoot == pinned.isMountRoot else {
            throw lost("no longer names the volume: it was unmounted, moved or covered", nil)
        }
    }

    private func lost(_ message: String, _ error: FileError?) -> Failure {
        Failure(
            code: "DESTINATION_LOST", side: files.side, message: "\(path) \(message)", subject: path.bytes,
            errno: error?.errno ?? 0, operation: error?.operation ?? "check",
            hint: "Check cable, power and mount; the run goes on by itself when the same volume is back.",
            isTransient: true)
    }
}

// MARK: The marker

extension PinnedVolume {
    package func marker() throws(FileError) -> MarkerState {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try files.withFile(VolumeFolder.name / VolumeFolder.marker, beneath: root, .read) {
                file throws(FileError) in try files.readAll(file, limit: MarkerState.limit)
            }
        } catch  where error.errno == ENOENT || error.errno == ENOTDIR {
            return .absent
        } catch  where error.errno == EFBIG {
            return .unreadable("larger than 64 KiB")
        } catch  where error.errno == ELOOP || error.errno == EISDIR {
            return .unreadable("not a plain file")
        } catch { throw error }
        return MarkerState(bytes)
    }

    /// Writes the marker so that a power cut leaves the old or the new one: temporary, fsync, replace, fsync.
    package func write(_ marker: VolumeMarker) throws(Failure) {
        let bytes = try marker.encoded()
        do throws(FileError) {
            let folder = try files.open(VolumeFolder.name, beneath: root, .directory)
            defer { try? files.close(folder) }
            // Only the holder of the lock writes here, so a temporary that exists is a dead run's.
            do throws(FileError) {
                try files.unlink(VolumeFolder.temporary, in: folder)
            } catch  where error.errno == ENOENT {} catch { throw error }
            try files.withFile(VolumeFolder.temporary, beneath: folder, .create(mode: 0o644)) {
                file throws(FileError) in
                try files.writeAll(bytes, to: file)
                try files.sync(file)
            }
            try files.replace(VolumeFolder.temporary, to: VolumeFolder.marker, in: folder)
            try files.sync(folder)
        } catch { throw error.failure }
    }

    /// Makes our folder on the volume; one that is there already will do.
    package func makeFolder() throws(Failure) {
        do throws(FileError) {
            try files.makeDirectory(VolumeFolder.name, beneath: root, mode: 0o755)
            try files.sync(root)
        } catch  where error.errno == EEXIST {} catch { throw error.failure }
    }
}

extension MountTable {
    /// The mounts now; empty when `/proc` is not there.
    package static func read() -> [Mount] {
        let files = LinuxFiles(side: .engine)
        guard let folder = try? files.openRoot("/proc/self") else { return [] }
        defer { try? files.close(folder) }
        let text = try? files.withFile("mountinfo", beneath: folder, .read) { file throws(FileError) in
            try files.readAll(file, limit: 16 << 20)
        }
        return parse(text ?? [])
    }
}

extension PathPlace {
    /// Follows a path as the kernel would; nil when it cannot be looked at.
    package init?(observing path: PathBytes) {
        var ancestry: [Node] = []
        var climb = path
        // A path has at most 4,096 bytes, so no more folders than this above it.
        for _ in 0..<2048 {
            guard let status = Self.status(climb) else { return nil }
            let node = Node(device: status.device, inode: status.inode)
            if node == ancestry.last { break }
            ancestry.append(node)
            climb = climb / ".."
            if climb.bytes.count > 4000 { break }
        }
        self.init(path: path, ancestry: ancestry)
    }

    static func status(_ path: PathBytes) -> FileStatus? {
        var found = clinux_status()
        guard path.withCString({ clinux_status_at($0, &found) }) == 0 else { return nil }
        return FileStatus(found)
    }
}
