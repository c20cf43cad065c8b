import BackupCatalog
import BackupModel

/// What an inventory means for the catalog. A value.
struct InventoryRule: Sendable {
    enum Change: Hashable, Sendable {
        case place(Int64, VolumePlace)
        /// A cartridge of ours that the catalog does not know.
        case add(Volume)
        /// A second cartridge with the barcode of one that lies in another place (F13).
        case twin(barcode: String, VolumePlace)
    }

    let map: LibraryMap
    /// Every volume of the catalog.
    let known: [KnownVolume]

    var changes: [Change] {
        var changes: [Change] = []
        var placed: Set<Int64> = []
        var met: Set<String> = []
        for element in map.elements where element.isFull && map.owns(element) {
            guard !element.barcode.isEmpty, map.owns(barcode: element.barcode), let place = map.place(of: element)
            else {
                continue
            }
            let rows = known.filter { $0.volume.barcode == element.barcode }
            let isTwin = !met.insert(element.barcode).inserted
            if let row = choose(rows.filter { !placed.contains($0.id) }, place) {
                placed.insert(row.id)
                if row.volume.place != place { changes.append(.place(row.id, place)) }
            } else if isTwin {
                changes.append(.twin(barcode: element.barcode, place))
            } else {
                changes.append(.add(blank(element.barcode, place)))
            }
        }
        return gone(except: placed) + changes
    }

    /// Volumes that the catalog has in this library, and that are not there.
    private func gone(except placed: Set<Int64>) -> [Change] {
        known.filter { !placed.contains($0.id) && isHere($0.volume.place) }.map { .place($0.id, .shelf("")) }
    }

    private func isHere(_ place: VolumePlace) -> Bool {
        switch place {
        case .slot(let library, _), .port(let library, _): return library == map.settings.name
        case .drive(let name):
            // A tape without a readable barcode may lie there all the same: only an empty drive proves something.
            guard let element = map.drive(name) else { return false }
            return !element.isFull || !element.barcode.isEmpty
        case .shelf, .offsite: return false
        }
    }

    /// The one that was there already, else one that is not in quarantine.
    private func choose(_ rows: [KnownVolume], _ place: VolumePlace) -> KnownVolume? {
        rows.first { $0.volume.place == place } ?? rows.first { $0.volume.state != .quarantined } ?? rows.first
    }

    private func blank(_ barcode: String, _ place: VolumePlace) -> Volume {
        let read = Barcode(barcode)
        var volume = Volume(label: "", barcode: barcode, state: read.isCleaning ? .cleaning : .unlabelled)
        volume.generation = read.isCleaning ? nil : read.generation
        volume.isWORM = read.isWORM
        volume.place = place
        return volume
    }
}
