import BackupModel

extension TapeState: JSONObject {
    static let shape = Shape<TapeState>(
        "Tape", "Drives, robots and pools; volumes have a route of their own.",
        [
            Field("drives") { $0.drives },
            Field("libraries") { $0.libraries },
            Field("pools") { $0.pools },
            Field("volumes", "How many there are of each kind.") { $0.tally },
            Field("by_hand", "Runs that no job stands for: in progress, and the last.") { $0.byHand },
            Field("needs", "Tapes that the starts of the next 24 hours miss.") { $0.needs },
            Field("memory_left", "Bytes that buffers could still take.") { $0.memoryLeft },
        ])
}

extension DriveState: JSONObject {
    static let shape = Shape<DriveState>(
        "Drive", "A tape drive at one moment.",
        [
            Field("name") { $0.name },
            Field("device", "Empty for a virtual drive.") { $0.device },
            Field("library") { $0.library },
            Field("model") {
                $0.identity.vendor.isEmpty ? $0.identity.model : "\($0.identity.vendor) \($0.identity.model)"
            },
            Field("serial") { $0.identity.serial },
            Field("firmware") { $0.identity.firmware },
            Field("generation") { $0.generation },
            Field("standing") { $0.standing.word },
            Field("reason", "Who holds it or what is wrong, or empty.") { $0.standing.reason },
            Field("job", "Who has it, or empty.") { $0.job },
            Field("request", "The question that waits for it.") { $0.request },
            Field("medium") { $0.medium },
            Field("stream") { $0.stream },
            Field("health") { $0.health },
            Field("alerts", "What the flags that stand say, the worst first.") { $0.alerts },
            Field("holds_after_tape") { $0.holdsAfterTape },
            Field("checked_at") { $0.checkedAt },
        ])
}

extension DriveStanding {
    fileprivate var reason: String {
        switch self {
        case .held(let by): by
        case .trouble(let words): words
        default: ""
        }
    }
}

extension LoadedMedium: JSONObject {
    static let shape = Shape<LoadedMedium>(
        "Medium", "The cartridge in a drive.",
        [
            Field("label") { $0.label },
            Field("barcode") { $0.barcode },
            Field("pool") { $0.pool },
            Field("generation") { $0.generation },
            Field("used", "Bytes.") { $0.used },
            Field("capacity", "Bytes, native; null: nobody knows.") { $0.capacity },
            Field("is_write_protected") { $0.isWriteProtected },
            Field("is_worm") { $0.isWORM },
            Field("key", "Id of the key that its newest archive is sealed with, or empty.") { $0.key },
            Field("loads") { $0.loads },
            Field("words", "What was found on it, or empty.") { $0.words },
        ])
}

extension StreamState: JSONObject {
    static let shape = Shape<StreamState>(
        "Stream", "An archive on its way through the buffer.",
        [
            Field("archive") { $0.archive },
            Field("phase") { $0.phase },
            Field("part") { $0.part },
            Field("since") { $0.since },
            Field("file", "The tape file.") { $0.file },
            Field("block") { $0.block },
            Field("block_size") { $0.blockSize },
            Field("policy") { $0.policy },
            Field("fill", "Bytes in the buffer.") { $0.fill },
            Field("size", "Bytes of the buffer.") { $0.size },
            Field("received") { $0.received },
            Field("written") { $0.written },
            Field("expected", "Bytes of the sources in all; null: not known.") { $0.expected },
            Field("source_rate", "Bytes a second.") { $0.sourceRate },
            Field("drive_rate", "Bytes a second.") { $0.driveRate },
            Field("is_holding") { $0.isHolding },
            Field("stops") { $0.counts.stops },
            Field("under_runs") { $0.counts.underRuns },
            Field("back_hitches") { $0.counts.backHitches },
            Field("longest_gap", "Seconds.") { $0.counts.longestGap },
            Field("limited_by_source", "Share of the time.") { $0.limits.source },
            Field("limited_by_buffer", "Share of the time.") { $0.limits.buffer },
            Field("limited_by_drive", "Share of the time.") { $0.limits.drive },
            Field("full_in", "Seconds until the tape is full.") { $0.fullIn },
            Field("ends_in", "Seconds until the job ends.") { $0.endsIn },
        ])
}

extension DriveHealth: JSONObject {
    static let shape = Shape<DriveHealth>(
        "DriveHealth", "Counters since the cartridge was loaded.",
        [
            Field("soft_write_errors", "Corrected by rewriting.") { $0.softWriteErrors },
            Field("hard_write_errors") { $0.hardWriteErrors },
            Field("soft_read_errors") { $0.softReadErrors },
            Field("hard_read_errors") { $0.hardReadErrors },
            Field("alerts", "TapeAlert flags that stand, 1 to 64.") { $0.alerts },
            Field("bytes_written") { $0.bytesWritten },
            Field("bytes_on_medium") { $0.bytesOnMedium },
            Field("remaining_capacity") { $0.remainingCapacity },
            Field("temperature", "Degrees Celsius.") { $0.temperature },
        ])
}

extension LibraryState: JSONObject {
    static let shape = Shape<LibraryState>(
        "Library", "A robot, or the folders that stand for one.",
        [
            Field("name") { $0.name },
            Field("model") { $0.identity.model },
            Field("slots") { $0.slots },
            Field("looked_at") { $0.lookedAt },
            Field("trouble", "Why it cannot be used, or empty.") { $0.trouble },
        ])
}

extension SlotState: JSONObject {
    static let shape = Shape<SlotState>(
        "Slot", "A place for a cartridge.",
        [
            Field("number") { $0.number },
            Field("is_port", "A hand can reach it.") { $0.isPort },
            Field("is_full") { $0.isFull },
            Field("barcode") { $0.barcode },
            Field("label") { $0.label },
            Field("state") { $0.state },
            Field("note") { $0.note },
        ])
}

extension VolumeTally: JSONObject {
    static let shape = Shape<VolumeTally>(
        "VolumeTally", "Volumes by what can be done with them.",
        [
            Field("scratch") { $0.scratch }, Field("appendable") { $0.appendable }, Field("full") { $0.full },
            Field("suspect") { $0.suspect }, Field("retired") { $0.retired },
        ])
}

extension PoolRow: JSONObject {
    static let shape = Shape<PoolRow>(
        "Pool", "Volumes that are used alike.",
        [
            Field("name") { $0.name }, Field("retention") { $0.retention }, Field("volumes") { $0.volumes },
            Field("next", "Which is written next, in words.") { $0.next },
        ])
}

extension Volume.State: JSONValue {}

extension VolumeRow: JSONObject {
    static let shape = Shape<VolumeRow>(
        "TapeVolume", "One cartridge as the catalog knows it.",
        [
            Field("id", "Where a page goes on.") { $0.id },
            Field("label") { $0.volume.label },
            Field("barcode") { $0.volume.barcode },
            Field("pool") { $0.volume.pool },
            Field("state") { $0.volume.state },
            Field("reason", "Why it is in that state, or empty.") { $0.volume.reason },
            Field("generation", "Empty where nobody knows.") { $0.volume.generation?.rawValue ?? "" },
            Field("is_worm") { $0.volume.isWORM },
            Field("is_worn") { $0.volume.isWorn },
            Field("capacity", "Bytes, native.") { $0.volume.capacity },
            Field("used", "Bytes.") { $0.volume.used },
            Field("place") { $0.volume.place.description },
            Field("archives") { $0.archives },
            Field("loads") { $0.volume.loads },
            Field("soft_errors") { $0.volume.softErrors },
            Field("hard_errors") { $0.volume.hardErrors },
            Field("labelled_at") { $0.volume.labelledAt },
            Field("last_written_at") { $0.volume.lastWrittenAt },
            Field("verified_at", "When all on it was last read back and found right.") { $0.verifiedAt },
            Field("kept_until", "When the last of it may go.") { $0.keptUntil },
            Field("is_kept_for_ever") { $0.isKeptForEver },
        ])
}

struct DriveList: JSONObject {
    var drives: [DriveState]
    static let shape = Shape<DriveList>("DriveList", "", [Field("drives") { $0.drives }])
}

struct VolumeList: JSONObject {
    var volumes: [VolumeRow]
    var isFull: Bool

    static let shape = Shape<VolumeList>(
        "VolumeList", "Volumes in order of label.",
        [
            Field("volumes") { $0.volumes },
            Field("next_after", "Where the next page begins; null: there is none.") {
                $0.isFull ? $0.volumes.last?.id : nil
            },
        ])
}

struct LineList: JSONObject {
    var lines: [String]
    static let shape = Shape<LineList>("LineList", "Words for a person.", [Field("lines") { $0.lines }])
}
