import BackupModel
import WorkerKit

/// Mounting, and what is done when a tape or a drive fails.
extension TapeWriter {
    /// Parks until a volume is mounted that is what the catalog says it is. Throws `ArchiveVoid` when cancelled.
    func mount(_ passage: Passage) async throws {
        while mounted == nil {
            gauges.set { $0.phase = .parked }
            guard !stop.isRaised,
                let offer = try await supply.next(
                    VolumeNeed(passage.need, archive: passage.plan.archive, part: passage.part))
            else { throw ArchiveVoid(words: "cancelled while it waited for a tape", canBeginAnew: false) }
            gauges.set { $0.phase = .mounting }
            do {
                let label = try VolumeMount.forAppend(
                    offer.drive, nonce: offer.nonce, name: offer.label, end: offer.end,
                    blockSize: passage.plan.blockSize)
                mounted = MountedVolume(
                    drive: offer.drive, label: label, end: offer.end, holdings: offer.holdings, reopen: offer.reopen)
                volumeNumber += 1
                gauges.set { $0.health = DriveHealth() }
                if let mounted { sampleHealth(mounted) }
            } catch let refusal as MountRefusal {
                passage.need = .refused(refusal)
            } catch let fault as TapeFault {
                passage.need = .fault(fault)
            }
        }
    }

    /// What to do about a fault of drive or tape while a part is written. Throws when nothing can be done.
    func recover(_ passage: Passage, _ fault: TapeFault) async throws {
        guard let volume = mounted else { throw fault }
        switch fault.kind {
        case .endOfMedium:
            // Not even the filemark went on: the part is none, and is written again on the next tape (F2).
            passage.isAgain = passage.isBegun
            try await leave(passage, as: .full, because: .full(volume.label.label))
        case .mediumError, .hardware:
            passage.isAgain = passage.isBegun
            let words = Words.of(fault)
            try await leave(passage, as: .error(words), because: .failed(volume.label.label, words: words))
        case .gone, .mediumChanged, .notReady:
            try await reopen(passage, fault)
        case .positionLost where passage.isBegun: try await reopen(passage, fault)
        case .positionLost:
            try await leave(passage, as: .unproved(Words.of(fault)), because: .begins)
            throw fault
        default: throw fault
        }
    }

    /// F14, F32. Goes on at a proved position or not at all.
    private func reopen(_ passage: Passage, _ fault: TapeFault) async throws {
        guard var volume = mounted else { throw fault }
        let composer = passage.composer
        let found: MountedVolume.Recovery
        do {
            found = try volume.recover(blocks: composer.blocks, last: composer.last)
        } catch {
            try await leave(
                passage, as: .unproved(Words.of(fault)), because: .failed(volume.label.label, words: Words.of(fault)))
            throw ArchiveVoid(words: "\(Words.of(fault)); then \(Words.of(error))", canBeginAnew: true)
        }
        switch found {
        case .goesOn: mounted = volume
        case .fromPartStart:
            mounted = volume
            passage.isAgain = passage.isBegun
            passage.isBegun = false
        case .hopeless:
            let words = Words.of(fault)
            try await leave(passage, as: .unproved(words), because: .failed(volume.label.label, words: words))
            throw ArchiveVoid(words: words, canBeginAnew: true)
        }
    }

    /// The archive is void: ends the tape file that was begun, so that the volume stays appendable, or tells why not.
    func abandon(_ passage: Passage, _ error: any Error) async throws {
        guard var volume = mounted, passage.isBegun else { return }
        let composer = passage.composer
        guard composer.blocks > 0 || passage.hasFront else { return }
        let first = volume.end
        do {
            try volume.requirePosition(first.block + composer.blocks)
            if composer.blocks > 0 { try volume.endFile(blocks: composer.blocks) }
        } catch let fault {
            try await leave(passage, as: .unproved("\(Words.of(error)); \(Words.of(fault))"), because: .begins)
            return
        }
        mounted = volume
        let part = StoredPart(
            part: passage.part, label: volume.label.label, nonce: volume.label.nonce, file: first.files,
            blocks: composer.blocks, headBytes: composer.frame.headBytes, offset: composer.frame.start,
            length: composer.offset - composer.frame.start, firstBlock: first.block)
        try await journalled {
            try await journal.wrote(
                WrittenFile(
                    kind: passage.kind, archive: passage.plan.archive, part: part, isSound: false, end: volume.end,
                    drive: volume.drive.identity, health: gauges.read().health))
        }
    }
}
