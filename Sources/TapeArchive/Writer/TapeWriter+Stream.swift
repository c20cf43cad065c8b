import BackupModel
import WorkerKit

/// One stream, an archive or an index, over the volumes that it takes.
extension TapeWriter {
    struct Streamed<Product: Sendable>: Sendable {
        var product: Product
        var parts: [StoredPart]
        var bytes: Int64
    }

    /// A stream while it is written. The actor's own.
    final class Passage {
        let kind: PartFacts.Kind
        let plan: ArchivePlan
        let packing: StreamPacking
        let composer: PartComposer
        var loop: DrainLoop
        var parts: [StoredPart] = []
        var need = VolumeNeed.Reason.begins
        /// The part is begun on the mounted volume.
        var isBegun = false
        /// The text before the raw part stands on the mounted volume.
        var hasFront = false
        /// Its bytes are in the ring from its start on, and it must begin again.
        var isAgain = false

        init(_ kind: PartFacts.Kind, _ plan: ArchivePlan, _ packing: StreamPacking, _ loop: DrainLoop) {
            self.kind = kind
            self.plan = plan
            self.packing = packing
            self.loop = loop
            composer = PartComposer(blockSize: plan.blockSize, isRaw: packing.isRaw)
        }

        var part: Int { parts.count + 1 }
    }

    private enum Ended { case whole, full, stopped }

    /// Throws `ArchiveVoid`, `JournalFault`, and what the source or the tape failed with.
    func stream<Product: Sendable>(
        _ kind: PartFacts.Kind, _ plan: ArchivePlan, _ packing: StreamPacking,
        produce: @escaping @Sendable (BlockRing) throws -> Product
    ) async throws -> Streamed<Product> {
        ring.restart()
        let ring = ring
        let producer = Task.detached {
            do { return try await runBlocking(name: "tape source") { try produce(ring) } } catch {
                // Also when it did not come so far as to fill the ring: the drive would wait for ever.
                ring.abort(error)
                throw error
            }
        }
        let passage = Passage(kind, plan, packing, DrainLoop(ring: ring, gauges: flow, drive: feed))
        do {
            while try await !step(passage) {}
            return try await Streamed(
                product: producer.value, parts: passage.parts, bytes: Int64(ring.received))
        } catch {
            ring.abort(error)
            _ = await producer.result
            try await abandon(passage, error)
            throw error
        }
    }

    /// As much of the stream as one volume takes; true when all is written.
    private func step(_ passage: Passage) async throws -> Bool {
        try await mount(passage)
        do {
            if !passage.isBegun {
                guard let part = try begin(passage) else {
                    try await endVolume(passage)
                    return false
                }
                try await journalled { try await journal.begins(part) }
            }
            switch try drain(passage) {
            case .whole:
                try await endPart(passage, isLast: true)
                return true
            case .full: try await endVolume(passage)
            case .stopped: throw ArchiveVoid(words: "cancelled", canBeginAnew: false)
            }
        } catch let fault as TapeFault {
            try await recover(passage, fault)
        }
        return false
    }

    private func drain(_ passage: Passage) throws -> Ended {
        guard let drive = mounted?.drive else { throw CancellationError() }
        let (composer, stop, hold) = (passage.composer, stop, hold)
        var end = DrainEnd.stopped
        while end == .stopped, !stop.isRaised {
            while hold.isRaised, !stop.isRaised { ring.sleep(seconds: 0.25) }
            end = try passage.loop.run(while: { !stop.isRaised && !hold.isRaised }) { try composer.put($0, to: drive) }
        }
        switch end {
        case .stopped: return .stopped
        case .refused: return .full
        case .endOfStream: return try composer.finish(to: drive) == .written ? .whole : .full
        }
    }

    /// The head of the part, at a proved position (F16). Of a raw part its text is written here, or refused.
    private func begin(_ passage: Passage) throws -> BegunPart? {
        guard var volume = mounted else { throw CancellationError() }
        try volume.requirePosition(volume.end.block)
        let plan = passage.plan
        var facts = PartFacts(
            passage.kind, set: plan.set, archive: plan.archive, sequence: volume.end.files, part: passage.part,
            offset: passage.isAgain ? passage.composer.frame.start : passage.composer.offset,
            label: volume.label.label, nonce: volume.label.nonce, blockSize: plan.blockSize,
            created: Words.instant(time))
        (facts.compression, facts.key) = (passage.packing.compression, passage.packing.seal?.id ?? "")
        if passage.packing.isRaw, !passage.hasFront {
            defer { mounted = volume }
            let front = try RawPart.front(facts, device: plan.device)
            guard try volume.writeFile(front, blockSize: plan.blockSize) == .written else { return nil }
            passage.hasFront = true
        }
        if passage.isAgain {
            guard try passage.composer.beginAgain(facts, device: plan.device, in: ring) else {
                throw ArchiveVoid(
                    words: "what must be written again is no longer in the buffer", canBeginAnew: true)
            }
        } else {
            try passage.composer.begin(facts, device: plan.device, ring: ring.released)
        }
        (passage.isAgain, passage.isBegun) = (false, true)
        gauges.set {
            ($0.phase, $0.archive, $0.part) = (passage.kind == .index ? .index : .archive, plan.archive, facts.part)
            ($0.volume, $0.file, $0.block) = (facts.label, volume.end.files, volume.end.block)
        }
        return BegunPart(
            kind: passage.kind, archive: plan.archive,
            part: StoredPart(
                part: facts.part, label: facts.label, nonce: facts.nonce, file: volume.end.files, blocks: 0,
                headBytes: passage.composer.frame.headBytes, offset: facts.offset, length: 0,
                firstBlock: volume.end.block),
            drive: volume.drive.identity, health: gauges.read().health)
    }

    /// Ends the part's tape file. What is on the tape then is safe, and the ring need not keep it.
    private func endPart(_ passage: Passage, isLast: Bool) async throws {
        guard var volume = mounted else { throw CancellationError() }
        let composer = passage.composer
        let first = volume.end
        Failpoint.hit("T4")
        try volume.endFile(blocks: composer.blocks)
        if try !volume.holdsLast(composer.last) {
            throw TapeFault(
                .mediumError, operation: "read back", detail: "the tape's last block is not what was written")
        }
        let end = isLast ? Int64(ring.received) : composer.offset
        let part = StoredPart(
            part: passage.part, label: volume.label.label, nonce: volume.label.nonce, file: first.files,
            blocks: composer.blocks, headBytes: composer.frame.headBytes, offset: composer.frame.start,
            length: end - composer.frame.start, firstBlock: first.block)
        let isVoid = !isLast && composer.isVoid
        if !isVoid {
            passage.parts.append(part)
            volume.holdings.append(VolumeEnd.Holding(archive: passage.plan.archive, part: part, isLast: isLast))
        }
        mounted = volume
        ring.settle()
        sampleHealth(volume)
        (passage.isBegun, passage.hasFront) = (false, false)
        try await journalled {
            try await journal.wrote(
                WrittenFile(
                    kind: passage.kind, archive: passage.plan.archive, part: part, isSound: !isVoid, end: volume.end,
                    drive: volume.drive.identity, health: gauges.read().health))
        }
    }

    /// Early warning: part, end mark, and the volume is full (F1).
    private func endVolume(_ passage: Passage) async throws {
        if passage.isBegun, passage.composer.blocks > 0 { try await endPart(passage, isLast: false) }
        guard var volume = mounted else { throw CancellationError() }
        let plan = passage.plan
        let trailer = VolumeEnd(
            set: plan.set, volume: volumeNumber, label: volume.label.label, nonce: volume.label.nonce,
            nextArchive: plan.archive, nextPart: passage.part, nextOffset: passage.composer.offset,
            holdings: volume.holdings)
        let facts = PartFacts(
            .end, set: plan.set, archive: plan.archive, sequence: volume.end.files, label: volume.label.label,
            nonce: volume.label.nonce, blockSize: plan.blockSize, created: Words.instant(time))
        Failpoint.hit("T6")
        volume.writeTrailer(trailer, facts, device: plan.device)
        Failpoint.hit("T7")
        try await leave(passage, as: .full, because: .full(volume.label.label))
    }

    /// Lets go of the volume; the next one is asked for.
    func leave(_ passage: Passage, as state: VolumeFate, because reason: VolumeNeed.Reason) async throws {
        let nonce = mounted?.label.nonce ?? ""
        unmount()
        (passage.isBegun, passage.hasFront) = (false, false)
        passage.need = reason
        try await journalled { try await journal.ended(volume: nonce, as: state) }
    }

    func journalled(_ body: () async throws -> Void) async throws {
        do { try await body() } catch { throw JournalFault(error: error) }
    }

    func sampleHealth(_ volume: MountedVolume) {
        let health = try? volume.drive.health()
        gauges.set {
            ($0.file, $0.block) = (volume.end.files, volume.end.block)
            if let health { $0.health = health }
        }
    }
}
