import BackupModel

/// A volume of pool `archive` in a slot, labelled and written to.
func volume(
    _ label: String, _ state: Volume.State = .appendable, nonce: String? = nil, slot: Int? = 1, writtenDay: Int64 = 1
) -> Volume {
    var volume = Volume(
        label: label, nonce: nonce ?? "nonce-" + label, barcode: label + "L9", pool: "archive", state: state)
    volume.generation = .lto9
    volume.capacity = 18_000_000_000_000
    volume.used = state == .empty ? 0 : 1_000_000_000_000
    volume.tapeFiles = 3
    volume.endBlock = 1000
    volume.lastWrittenAt = state == .empty ? nil : WallTime(milliseconds: writtenDay * 86_400_000)
    volume.place = slot.map { .slot(library: "robot", number: $0) } ?? .shelf("safe")
    return volume
}
