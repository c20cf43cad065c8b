import BackupModel
package import TapeArchive

/// What a case needs of a changer: two cartridges at least, one drive, one empty slot.
package protocol ChangerBench {
    /// A changer with cartridges in slots 1 and 2, an empty slot 3 and an empty drive 0, and that drive opened.
    func fresh() throws -> (changer: any TapeChanger, drive: any TapeDrive)
}

/// One rule that every changer keeps, as a plain throwing function.
package struct ChangerContract: Sendable, CustomStringConvertible {
    package var name: String
    package var run: @Sendable (any ChangerBench) throws -> Void

    package var description: String { name }

    init(_ name: String, _ run: @escaping @Sendable (any ChangerBench) throws -> Void) {
        self.name = name
        self.run = run
    }

    /// All rules.
    package static let all: [ChangerContract] = [
        ChangerContract("addresses are unique, slots counted from 1, drives from 0") { bench in
            let all = try bench.fresh().changer.inventory(rescan: false)
            try requireEqual(Set(all.map(\.address)).count, all.count, "addresses")
            try requireEqual(all.filter { $0.kind == .slot }.map(\.number).min(), 1, "first slot")
            try requireEqual(all.filter { $0.kind == .drive }.map(\.number).min(), 0, "first drive")
        },
        ChangerContract("a load shows the cartridge in the drive, with its slot") { bench in
            let (changer, drive) = try bench.fresh()
            let slot = try find(changer, .slot, 1)
            let target = try find(changer, .drive, 0)
            try changer.move(from: slot.address, to: target.address)
            try require(!(try find(changer, .slot, 1).isFull), "the slot is empty")
            let loaded = try find(changer, .drive, 0)
            try requireEqual(loaded.barcode, slot.barcode, "barcode in the drive")
            try requireEqual(loaded.source, slot.address, "source")
            try drive.load()
            try require(try drive.status().isReady, "ready")
            try require(try drive.position().isBeginning, "at the beginning")
        },
        ChangerContract("a drive gives the cartridge back only when it was ejected") { bench in
            let (changer, drive) = try bench.fresh()
            let (slot, target) = (try find(changer, .slot, 1).address, try find(changer, .drive, 0).address)
            try changer.move(from: slot, to: target)
            try drive.load()
            do {
                try changer.move(from: target, to: slot)
                throw ContractBroken(what: "taken out of a loaded drive", file: #fileID, line: #line)
            } catch let fault as TapeFault {
                try require([.accessDenied, .moveFailed].contains(fault.kind), "found \(fault)")
            }
            try drive.eject()
            try changer.move(from: target, to: slot)
            try require(try find(changer, .slot, 1).isFull, "back in its slot")
            try require(!(try drive.status().hasMedium), "the drive is empty")
        },
        ChangerContract("F17 an empty source and a full target are refused") { bench in
            let (changer, _) = try bench.fresh()
            let (one, two, three) = (
                try find(changer, .slot, 1).address, try find(changer, .slot, 2).address,
                try find(changer, .slot, 3).address
            )
            try requireFault(.elementEmpty, "from an empty slot") { try changer.move(from: three, to: one) }
            try requireFault(.elementFull, "to a full slot") { try changer.move(from: one, to: two) }
            try changer.move(from: one, to: three)
            try require(try find(changer, .slot, 3).isFull, "moved")
        },
        ChangerContract("each cartridge keeps what was written on it") { bench in
            let (changer, drive) = try bench.fresh()
            let target = try find(changer, .drive, 0).address
            for round in 0..<2 {
                for number in [1, 2] {
                    let slot = try find(changer, .slot, number).address
                    try changer.move(from: slot, to: target)
                    try drive.load()
                    if round == 0 {
                        try drive.put(UInt64(number))
                        try drive.writeFilemarks(1, immediate: false)
                    } else {
                        try requireEqual(try drive.get(), .block(UInt64(number)), "cartridge \(number)")
                    }
                    try drive.eject()
                    try changer.move(from: target, to: slot)
                }
            }
        },
    ]

    static func find(
        _ changer: any TapeChanger, _ kind: LibraryElement.Kind, _ number: Int
    ) throws -> LibraryElement {
        let all = try changer.inventory(rescan: false)
        guard let found = all.first(where: { $0.kind == kind && $0.number == number }) else {
            throw ContractBroken(what: "no \(kind) \(number)", file: #fileID, line: #line)
        }
        return found
    }
}
