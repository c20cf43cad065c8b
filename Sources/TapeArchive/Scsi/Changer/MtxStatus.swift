import Foundation
import BackupModel

/// What `mtx status` prints, as elements. Slots and drives only; their addresses are not told, so the numbers stand in.
enum MtxStatus {
    /// Stand-in addresses: `mtx` counts import and export slots on from the slots.
    static let firstDrive = 0x1_0000

    static func elements(_ text: String) -> [LibraryElement] {
        var mail = 0
        return text.split(whereSeparator: \.isNewline).compactMap { line in
            let line = line.drop { $0 == " " }
            if line.hasPrefix("Data Transfer Element ") {
                return element(.drive, line.dropFirst("Data Transfer Element ".count))
            }
            guard line.hasPrefix("Storage Element ") else { return nil }
            let rest = line.dropFirst("Storage Element ".count)
            guard rest.contains("IMPORT/EXPORT") else { return element(.slot, rest) }
            var found = element(.importExport, rest)
            mail += 1
            found?.number = mail
            return found
        }
    }

    /// `3 IMPORT/EXPORT:Full :VolumeTag=ABC001L8`, `0:Full (Storage Element 3 Loaded):VolumeTag = ABC001L8`.
    private static func element(_ kind: LibraryElement.Kind, _ text: Substring) -> LibraryElement? {
        guard let number = Int(text.prefix { $0.isASCII && $0.isNumber }), let colon = text.firstIndex(of: ":") else {
            return nil
        }
        let state = text[text.index(after: colon)...]
        guard state.hasPrefix("Full") || state.hasPrefix("Empty") else { return nil }
        let address = kind == .drive ? firstDrive + number : number
        var found = LibraryElement(kind: kind, address: address, number: number, isFull: state.hasPrefix("Full"))
        if let tag = state.range(of: "VolumeTag") {
            found.barcode = trimmedText(state[tag.upperBound...].drop { $0 == " " || $0 == "=" }.utf8)
        }
        if let from = state.range(of: "(Storage Element ") {
            found.source = Int(state[from.upperBound...].prefix { $0.isASCII && $0.isNumber })
        }
        return found
    }

    /// Why `mtx` did not do it, by what it wrote on its standard error.
    static func fault(_ operation: String, _ errors: [UInt8]) -> TapeFault {
        let text = String(decoding: errors, as: UTF8.self)
        let last = text.split(whereSeparator: \.isNewline).last.map(String.init) ?? "no word why"
        let detail = "mtx: " + printable(last.utf8)
        if let sense = sense(text) {
            let meaning = SenseMeaning(sense)
            return TapeFault(meaning.kind, operation: operation, detail: meaning.words, sense: sense)
        }
        let kind: TapeFault.Kind =
            if text.contains("is Empty") || text.contains("source Element Address") && text.contains("Empty") {
                .elementEmpty
            } else if text.contains(" Full") || text.contains("Already Full") {
                .elementFull
            } else if text.contains(
                "No such file") || text.contains("No such device")
            { .gone } else if text.contains("busy") { .busy } else if text.contains("Permission denied") {
                .accessDenied
            } else { .moveFailed }
        return TapeFault(kind, operation: operation, detail: detail)
    }

    private static func sense(_ text: String) -> SenseData? {
        guard let key = value("Sense Key=", in: text).flatMap({ keys.firstIndex(of: $0) }),
            let code = value("Additional Sense Code = ", in: text).flatMap({ UInt8($0, radix: 16) }),
            let qualifier = value("Additional Sense Qualifier = ", in: text).flatMap({ UInt8($0, radix: 16) })
        else { return nil }
        return SenseData(key: UInt8(key), code: code, qualifier: qualifier)
    }

    private static func value(_ name: String, in text: String) -> String? {
        text.range(of: name).map { String(text[$0.upperBound...].prefix { !$0.isNewline }) }
    }

    /// By sense key, as `mtx` names them.
    private static let keys = [
        "No Sense", "Recovered Error", "Not Ready", "Medium Error", "Hardware Error", "Illegal Request",
        "Unit Attention", "Data Protect", "Blank Check", "Vendor Specific", "Copy Aborted", "Aborted Command", "Equal",
        "Volume Overflow", "Miscompare", "Reserved",
    ]
}
