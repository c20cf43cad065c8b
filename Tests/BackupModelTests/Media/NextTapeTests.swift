import BackupModel
import Testing

@Suite struct NextTapeTests {
    private func wish(_ change: (inout TapeWish) -> Void = { _ in }) -> TapeWish {
        var wish = TapeWish(pool: Pool(name: "archive"), drive: "lto9", library: "robot", generation: .lto9)
        change(&wish)
        return wish
    }

    private func blank(_ barcode: String, slot: Int = 9) -> Volume {
        var volume = Volume(label: "", barcode: barcode, state: .unlabelled)
        volume.place = .slot(library: "robot", number: slot)
        return volume
    }

    @Test("appendable before empty, expired and blank; the longest unwritten first; the library before the shelf")
    func order() {
        let candidates = [
            TapeCandidate(blank("NX0020L9")), TapeCandidate(volume("NX0005", .full), VolumeContents(archives: 2)),
            TapeCandidate(volume("NX0004", .empty)), TapeCandidate(volume("NX0003", writtenDay: 9)),
            TapeCandidate(volume("NX0002", writtenDay: 5)), TapeCandidate(volume("NX0001", slot: nil)),
        ]
        for shift in candidates.indices {
            let turned = Array(candidates[shift...] + candidates[..<shift])
            let choice = TapeChoice(wish(), among: turned)
            #expect(
                choice.fits.map(\.volume.name) == ["NX0002", "NX0003", "NX0004", "NX0005", "NX0020L9", "NX0001"])
            #expect(choice.next?.volume.label == "NX0002")
            #expect(choice.rejected.isEmpty)
        }
    }

    struct No: Sendable, CustomTestStringConvertible {
        var reason: String
        var candidate: TapeCandidate
        var change: @Sendable (inout TapeWish) -> Void = { _ in }
        var testDescription: String { reason }

        init(
            _ reason: String, _ volume: Volume, _ contents: VolumeContents? = VolumeContents(),
            _ change: @escaping @Sendable (inout TapeWish) -> Void = { _ in }
        ) {
            self.reason = reason
            self.change = change
            candidate = TapeCandidate(volume, contents)
        }
    }

    private static func with(_ volume: Volume, _ change: (inout Volume) -> Void) -> Volume {
        var volume = volume
        change(&volume)
        return volume
    }

    @Test(
        "F11 F33 F34 each that does not fit says why",
        arguments: [
            No("had a write error: block 77", with(volume("A", .error)) { $0.reason = "block 77" }),
            No("is retired", volume("A", .retired)), No("holds somebody else's data", volume("A", .foreign)),
            No("is in quarantine: second A", with(volume("A", .quarantined)) { $0.reason = "second A" }),
            No("is a cleaning cartridge", with(volume("A", .cleaning)) { $0.barcode = "CLNU01L1" }),
            No("is of pool films", with(volume("A")) { $0.pool = "films" }),
            No("is worn: near its end", with(volume("A")) { ($0.isWorn, $0.reason) = (true, "near its end") }),
            No("is LTO-6, which an LTO-9 drive does not write", with(volume("A")) { $0.generation = .lto6 }),
            No("is LTO-9, which pool archive does not take", volume("A")) { $0.pool.media = [.lto8] },
            No("is in drive lto6", with(volume("A")) { $0.place = .drive("lto6") }),
            No(
                "is in library cellar, which this drive does not stand in",
                with(volume("A")) { $0.place = .slot(library: "cellar", number: 2) }),
            No("was tried and did not do", volume("A")) { $0.tried = ["nonce-A"] },
            No("has a barcode that is not among ours", volume("A")) {
                $0.ours = [BarcodeRange("NX0000..NX9999")].compactMap(\.self)
            },
            No(
                "is full and holds 1 archive not expired, the last until 1970-01-02T00:00:00Z", volume("A", .full),
                VolumeContents(archives: 1, unexpired: 1, lastExpiry: WallTime(milliseconds: 86_400_000))),
            No("is full and holds what the catalog does not know", volume("A", .full), nil),
            No(
                "is full and can be written only once (WORM)", with(volume("A", .full)) { $0.isWORM = true },
                VolumeContents(archives: 1)),
            No(
                "is full and may have expired, but the clock is doubted", volume("A", .full),
                VolumeContents(archives: 1)
            ) {
                $0.clockIsDoubted = true
            },
        ])
    func reasons(no: No) {
        let choice = TapeChoice(wish(no.change), among: [no.candidate])
        #expect(choice.fits.isEmpty)
        #expect(choice.rejected.map(\.reason) == [no.reason])
        #expect(choice.next == nil)
        #expect(choice.lines.first == "next: none; ask for a blank tape, or for one of the pool")
    }

    @Test("an LTO-8 drive goes past LTO-9 to what it writes, and asks for what no hand has brought")
    func otherDrive() {
        let wish = wish { $0.generation = .lto8 }
        let away = Self.with(volume("NX0003", slot: nil)) { ($0.generation, $0.place) = (.lto8, .offsite("bank")) }
        let choice = TapeChoice(wish, among: [TapeCandidate(volume("NX0001")), TapeCandidate(away)])
        #expect(choice.next == nil)
        #expect(
            choice.lines == [
                "next: none in reach; ask for NX0003",
                "then: NX0003, appendable, 15.5 TiB free, last written 1970-01-02T00:00:00Z, off-site: bank",
                "not NX0001: it is LTO-9, which an LTO-8 drive does not write",
            ])
    }

    @Test(
        "F34 a medium near its end, by its alerts or its loads",
        arguments: [([7], 0, true), ([19], 0, true), ([3, 6], 0, false), ([], 20_000, true), ([], 19_999, false)]
            as [([Int], Int64, Bool)])
    func wear(alerts: [Int], loads: Int64, isWorn: Bool) {
        let volume = Self.with(volume("A")) { $0.loads = loads }
        #expect((MediumWear.judge(volume, alerts: alerts) != nil) == isWorn)
    }

    @Test(
        "places are stored as they are read",
        arguments: [
            VolumePlace.slot(library: "robot", number: 3), .port(library: "robot", number: 1), .drive("lto9"),
            .shelf(""), .shelf("a:b"), .offsite("bank"),
        ])
    func places(place: VolumePlace) { #expect(VolumePlace(stored: place.stored) == place) }
}
