package import BackupModel

/// What was observed about a target before anything is written to it.
package struct VolumeFacts: Hashable, Sendable {
    package var path: PathBytes
    /// The `statx` attribute; nil where the kernel does not say, then the devices decide.
    package var isMountRoot: Bool?
    package var device: UInt64
    package var parentDevice: UInt64
    package var isReadOnly: Bool
    package var fileSystem: String
    package var isRemote: Bool
    /// With its kind in front, `uuid:` or `fsid:`; empty where the kernel gives none that lasts.
    package var fileSystemID: String
    package var marker: MarkerState

    package init(
        path: PathBytes, isMountRoot: Bool?, device: UInt64, parentDevice: UInt64, isReadOnly: Bool,
        fileSystem: String, isRemote: Bool, fileSystemID: String, marker: MarkerState
    ) {
        self.path = path
        self.isMountRoot = isMountRoot
        self.device = device
        self.parentDevice = parentDevice
        self.isReadOnly = isReadOnly
        self.fileSystem = fileSystem
        self.isRemote = isRemote
        self.fileSystemID = fileSystemID
        self.marker = marker
    }

    /// What enrolling would pin.
    package var root: VolumeIdentity.Root {
        (isMountRoot ?? (device != parentDevice)) ? .mountRoot : .folder
    }
}

extension VolumeFacts {
    /// Why this is not the volume expected, or nil. Nothing may be written before it says nil (A11 to A15).
    package func refusal(expecting volume: IndexedVolume) -> Failure? {
        rootRefusal(volume.identity) ?? markerRefusal(volume) ?? writeRefusal
    }

    /// Why this folder cannot be enrolled, or nil.
    package var enrolmentRefusal: Failure? {
        switch marker {
        case .absent: return writeRefusal
        case .found(let marker):
            return refused(
                "VOLUME_ENROLLED", "is enrolled already as \(short(marker.identity.uuid))",
                "Run the mirror that it belongs to, or move its .holdfast folder away to begin anew.")
        case .unreadable, .newer: return unreadableMarker ?? writeRefusal
        }
    }

    private func rootRefusal(_ identity: VolumeIdentity) -> Failure? {
        switch (identity.root, root) {
        case (.mountRoot, .folder):
            return refused(
                "VOLUME_NOT_MOUNTED", "is not a mount; the volume \(short(identity.uuid)) was enrolled as one",
                "Mount the drive, then run again. Nothing was written.")
        case (.folder, .mountRoot):
            return refused(
                "VOLUME_ROOT_CHANGED", "is a mount now; the volume \(short(identity.uuid)) was a plain folder",
                "Unmount what was mounted over it, or enrol the new file system.")
        case (.mountRoot, .mountRoot), (.folder, .folder): return nil
        }
    }

    private func markerRefusal(_ volume: IndexedVolume) -> Failure? {
        guard case .found(let marker) = marker else {
            return unreadableMarker
                ?? refused(
                    "VOLUME_MARKER_MISSING", "has no marker of volume \(short(volume.identity.uuid))",
                    "Look whether the right drive is mounted; enrol it if it is a new one.")
        }
        guard marker.identity.uuid == volume.identity.uuid else {
            return refused(
                "VOLUME_WRONG",
                "is volume \(short(marker.identity.uuid)) enrolled \(marker.identity.enrolledAt.date), not "
                    + "\(short(volume.identity.uuid)) enrolled \(volume.identity.enrolledAt.date)",
                "Attach the right drive, or enrol this one for the mirror.")
        }
        guard sameFileSystem(volume.identity) else {
            return refused(
                "VOLUME_CLONED",
                "bears the marker of \(short(marker.identity.uuid)) on another file system (\(fileSystemID), was "
                    + "\(volume.identity.fileSystemID))",
                "A copy of the volume's files: attach the original, or move .holdfast away and enrol the copy.")
        }
        return generationRefusal(marker, volume)
    }

    private func generationRefusal(_ marker: VolumeMarker, _ volume: IndexedVolume) -> Failure? {
        let found = marker.generation
        if found == volume.confirmed || found == volume.intended { return nil }
        let story =
            found.number > volume.confirmed.number
            ? "was written by another index, or ours is an old copy"
            : "is a clone or was rolled back"
        return refused(
            "VOLUME_CLONE_OR_ROLLBACK",
            "volume \(short(marker.identity.uuid)) \(story): generation \(found.number), expected "
                + "\(volume.confirmed.number)",
            "Attach the drive that was written last; if this is it, enrol it anew: its blobs are adopted by hash.")
    }

    private func sameFileSystem(_ identity: VolumeIdentity) -> Bool {
        // Only ids of one kind can be compared: an older kernel may have given another kind.
        let kind = fileSystemID.prefix { $0 != ":" }
        guard !fileSystemID.isEmpty, identity.fileSystemID.hasPrefix(kind + ":") else { return true }
        return identity.fileSystemID == fileSystemID
    }

    private var unreadableMarker: Failure? {
        switch marker {
        case .unreadable(let why):
            refused(
                "VOLUME_MARKER_UNREADABLE", "has a marker that cannot be read: \(why)",
                "Check the file system; .holdfast/volume.json is plain JSON and may be restored from a copy.")
        case .newer(let format):
            refused(
                "VOLUME_MARKER_NEWER", "has a marker of format \(format), written by a newer holdfast",
                "Use that version.")
        case .absent, .found: nil
        }
    }

    private var writeRefusal: Failure? {
        guard isReadOnly else { return nil }
        return refused(
            "DESTINATION_READONLY", "is mounted read-only",
            "The kernel may have found damage: read dmesg, check the file system, mount it read-write.")
    }

    private func refused(_ code: String, _ message: String, _ hint: String) -> Failure {
        Failure(
            code: code, side: .destination, message: "\(path) \(message)", subject: path.bytes, operation: "check",
            hint: hint)
    }

    private func short(_ uuid: String) -> String { printable(uuid.utf8.prefix(8)) }
}
