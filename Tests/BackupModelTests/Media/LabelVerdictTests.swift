import BackupModel
import Testing

@Suite struct LabelVerdictTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var purpose: LabelQuestion.Purpose
        var sight: MediumSight
        var action: LabelVerdict.Action
        var reason: LabelReason
        var notes: [LabelVerdict.Note] = []
        var change: @Sendable (inout LabelQuestion) -> Void = { _ in }
        var testDescription: String { name }
    }

    private static let wanted = volume("NX0007")
    private static let append = LabelQuestion.Purpose.append([wanted])

    /// A tape with a label of ours, in the right cartridge.
    private static func tape(
        _ label: String, nonce: String? = nil, barcode: String? = nil, _ change: (inout MediumSight) -> Void = { _ in }
    ) -> MediumSight {
        var sight = MediumSight(
            .ours(label: label, nonce: nonce ?? "nonce-" + label, pool: "archive"), barcode: barcode ?? label + "L9")
        change(&sight)
        return sight
    }

    private static func other(_ contents: MediumSight.Contents) -> MediumSight {
        MediumSight(contents, barcode: "NX0007L9")
    }

    private func check(_ row: Row) {
        var question = LabelQuestion(row.purpose, row.sight, pool: Pool(name: "archive"))
        question.drive = .lto9
        if case .ours(let label, let nonce, _) = row.sight.contents { question.known = volume(label, nonce: nonce) }
        question.contents = VolumeContents()
        row.change(&question)
        let verdict = LabelVerdict.judge(question)
        #expect(verdict.action == row.action, "\(verdict)")
        #expect(verdict.reason == row.reason)
        #expect(verdict.notes == row.notes)
        #expect(!verdict.words.isEmpty && !verdict.words.contains("\n") && !verdict.words.contains("\u{1b}"))
    }

    @Test(
        "F6 F13 F18 F29 the label's nonce decides which tape it is",
        arguments: [
            Row(name: "wanted", purpose: append, sight: tape("NX0007"), action: .use, reason: .fits),
            Row(
                name: "another one of ours", purpose: append, sight: tape("NX0003"), action: .refuse,
                reason: .wrongVolume),
            Row(
                name: "another that would do", purpose: .append([wanted, volume("NX0003")]), sight: tape("NX0003"),
                action: .use, reason: .fits),
            Row(
                name: "the wanted label in another cartridge", purpose: append,
                sight: tape("NX0007", barcode: "NX0009L9"), action: .use, reason: .fits,
                notes: [.misfiled(expected: "NX0007L9", found: "NX0009L9")]),
            Row(
                name: "an old cycle's tape of that name", purpose: append, sight: tape("NX0007", nonce: "older"),
                action: .refuse, reason: .namesake, notes: [.quarantine]
            ) {
                $0.known = nil
                $0.namesakes = [wanted]
            },
            Row(
                name: "the same, only to be looked at", purpose: .read(nil), sight: tape("NX0007", nonce: "older"),
                action: .use, reason: .fits
            ) {
                $0.known = nil
                $0.namesakes = [wanted]
            },
            Row(
                name: "one in quarantine", purpose: append, sight: tape("NX0007"), action: .refuse, reason: .quarantined
            ) { $0.known?.state = .quarantined },
            Row(
                name: "ours, unknown to the catalog", purpose: append, sight: tape("NX0007"), action: .refuse,
                reason: .unknownVolume
            ) { $0.known = nil },
            Row(
                name: "wrong one to read", purpose: .read(wanted), sight: tape("NX0003"), action: .refuse,
                reason: .wrongVolume),
            Row(
                name: "hostile label", purpose: append, sight: tape("N\u{1b}[2J\n"), action: .refuse,
                reason: .wrongVolume),
        ])
    func identity(row: Row) { check(row) }

    @Test(
        "F7 F8 F9 blank is proven, half a label and foreign data are not blank",
        arguments: [
            Row(
                name: "blank", purpose: .label, sight: other(.blank(isProven: true)), action: .label(.typeLabel),
                reason: .blank),
            Row(
                name: "blank while appending", purpose: append, sight: other(.blank(isProven: true)),
                action: .label(.typeLabel), reason: .blank),
            Row(
                name: "an error at the beginning", purpose: .label, sight: other(.blank(isProven: false)),
                action: .refuse, reason: .blankUnproven),
            Row(
                name: "blank where a volume should be", purpose: append, sight: other(.blank(isProven: true)),
                action: .refuse, reason: .blankButKnown
            ) { $0.namesakes = [wanted] },
            Row(
                name: "the same, to be labelled", purpose: .label, sight: other(.blank(isProven: true)),
                action: .label(.typeBarcode), reason: .blankButKnown
            ) { $0.namesakes = [wanted] },
            Row(name: "half a label", purpose: append, sight: other(.halfLabel), action: .refuse, reason: .halfLabel),
            Row(
                name: "half a label, to be labelled", purpose: .label, sight: other(.halfLabel),
                action: .label(.typeBarcode), reason: .halfLabel),
            Row(
                name: "LTFS", purpose: append, sight: other(.foreign("LTFS")), action: .refuse, reason: .foreignData),
            Row(
                name: "LTFS, to be labelled", purpose: .label, sight: other(.foreign("LTFS")),
                action: .label(.typeBarcode), reason: .foreignData),
            Row(
                name: "noise", purpose: .label, sight: other(.unknown), action: .label(.typeBarcode),
                reason: .unknownData),
            Row(
                name: "a newer label", purpose: .label, sight: other(.newerLabel(format: 2)), action: .refuse,
                reason: .newerLabel),
            Row(
                name: "unreadable", purpose: .label, sight: other(.unreadable("medium error")), action: .refuse,
                reason: .unreadable),
            Row(
                name: "not ours by its barcode", purpose: .label, sight: other(.blank(isProven: true)), action: .refuse,
                reason: .notOurs
            ) { $0.ours = [BarcodeRange("AB0000..AB9999")].compactMap(\.self) },
            Row(
                name: "a cleaning cartridge", purpose: .label, sight: MediumSight(.unknown, barcode: "CLNU01L1"),
                action: .refuse, reason: .cleaningCartridge),
        ])
    func contents(row: Row) { check(row) }

    @Test(
        "F10 F33 F34 what the medium itself forbids",
        arguments: [
            Row(
                name: "write-protected", purpose: append, sight: tape("NX0007") { $0.isWriteProtected = true },
                action: .refuse, reason: .writeProtected),
            Row(
                name: "write-protected, to be read", purpose: .read(wanted),
                sight: tape("NX0007") { $0.isWriteProtected = true }, action: .use, reason: .fits),
            Row(
                name: "too old for the drive", purpose: append, sight: tape("NX0007", barcode: "NX0007L7"),
                action: .refuse, reason: .wrongGeneration
            ) { $0.known?.barcode = "NX0007L7" },
            Row(
                name: "no medium of the pool", purpose: append, sight: tape("NX0007"), action: .refuse,
                reason: .wrongGeneration
            ) { $0.pool.media = [.lto6] },
            Row(name: "worn", purpose: append, sight: tape("NX0007"), action: .refuse, reason: .worn) {
                $0.known?.isWorn = true
            },
            Row(name: "worn, to be read", purpose: .read(wanted), sight: tape("NX0007"), action: .use, reason: .fits) {
                $0.known?.isWorn = true
            },
            Row(
                name: "WORM appends", purpose: append, sight: tape("NX0007", barcode: "NX0007LZ"), action: .use,
                reason: .fits
            ) { $0.known?.barcode = "NX0007LZ" },
            Row(
                name: "WORM is never labelled anew", purpose: .label, sight: tape("NX0007", barcode: "NX0007LZ"),
                action: .refuse, reason: .unexpired
            ) { $0.known?.barcode = "NX0007LZ" },
            Row(
                name: "WORM with foreign data", purpose: .label, sight: MediumSight(.unknown, barcode: "NX0007LZ"),
                action: .refuse, reason: .unknownData),
            Row(name: "after an error", purpose: append, sight: tape("NX0007"), action: .refuse, reason: .notAppendable)
            {
                $0.known?.state = .error
            },
            Row(name: "full", purpose: append, sight: tape("NX0007"), action: .refuse, reason: .notAppendable) {
                $0.known?.state = .full
            },
        ])
    func medium(row: Row) { check(row) }

    @Test(
        "F11 F12 only what nobody needs any more is labelled anew",
        arguments: [
            Row(
                name: "all expired", purpose: .label, sight: tape("NX0007"), action: .label(.none), reason: .recyclable
            ) { $0.contents = VolumeContents(archives: 3) },
            Row(name: "one unexpired", purpose: .label, sight: tape("NX0007"), action: .refuse, reason: .unexpired) {
                $0.contents = VolumeContents(archives: 3, unexpired: 1)
            },
            Row(
                name: "the newest verified copy", purpose: .label, sight: tape("NX0007"), action: .refuse,
                reason: .unexpired
            ) { $0.contents = VolumeContents(archives: 3, isNeeded: true) },
            Row(name: "a doubted clock", purpose: .label, sight: tape("NX0007"), action: .refuse, reason: .unexpired) {
                $0.contents = VolumeContents(archives: 3)
                $0.clockIsDoubted = true
            },
            Row(
                name: "a pool that never overwrites", purpose: .label, sight: tape("NX0007"), action: .refuse,
                reason: .unexpired
            ) {
                $0.contents = VolumeContents(archives: 3)
                $0.pool.overwrite = .never
            },
            Row(
                name: "contents unknown", purpose: .label, sight: tape("NX0007"), action: .refuse, reason: .unexpired
            ) { $0.contents = nil },
            Row(name: "retired", purpose: .label, sight: tape("NX0007"), action: .refuse, reason: .notAppendable) {
                $0.known?.state = .retired
            },
            Row(
                name: "killed between label and catalog", purpose: append, sight: tape("NX0007", nonce: "new"),
                action: .refuse, reason: .wrongVolume, notes: [.relabelled]
            ) {
                $0.known = wanted
                $0.known?.intendedNonce = "new"
            },
        ])
    func recycling(row: Row) { check(row) }
}

@Suite struct AppendVerdictTests {
    @Test(
        "F14 F16 F19 F23 F24 nothing is appended before label, position and catalog agree",
        arguments: [
            (AppendSight(nonce: "nonce-A", endFile: 3, endBlock: 1000, lastSequence: 2), AppendVerdict.append(file: 3)),
            (AppendSight(nonce: "nonce-A", endFile: 3, endBlock: 1000, lastSequence: nil), .append(file: 3)),
            (AppendSight(nonce: "nonce-B", endFile: 3, endBlock: 1000, lastSequence: 2), .wrongVolume),
            (AppendSight(nonce: "nonce-A", endFile: nil, endBlock: 1000, lastSequence: 2), .positionUnknown),
            (AppendSight(nonce: "nonce-A", endFile: 2, endBlock: 700, lastSequence: 1), .lost(from: 2)),
            (AppendSight(nonce: "nonce-A", endFile: 5, endBlock: 2000, lastSequence: 4), .adopt(from: 3)),
            (
                AppendSight(nonce: "nonce-A", endFile: 3, endBlock: 1004, lastSequence: 2),
                .discardTail(file: 3, block: 1000)
            ),
            (AppendSight(nonce: "nonce-A", endFile: 3, endBlock: 999, lastSequence: 2), .filesDiffer),
            (AppendSight(nonce: "nonce-A", endFile: 3, endBlock: 1000, lastSequence: 3), .filesDiffer),
        ])
    func table(sight: AppendSight, expected: AppendVerdict) {
        #expect(AppendVerdict.judge(volume("A"), sight) == expected)
    }

    @Test("a volume without a nonce is never appended to")
    func unlabelled() {
        let sight = AppendSight(nonce: "", endFile: 0, endBlock: 0, lastSequence: nil)
        #expect(AppendVerdict.judge(Volume(label: "", barcode: "NX0007L9", state: .unlabelled), sight) == .wrongVolume)
    }
}
