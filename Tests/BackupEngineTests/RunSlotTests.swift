import BackupModel
import Synchronization
import Testing

@testable import BackupEngine

@Suite(.timeLimit(.minutes(1))) struct RunSlotTests {
    @Test("never, busy, over; the end is noticed once")
    func life() async {
        let slot = RunSlot()
        #expect(slot.standing == .never)
        #expect(slot.outcome == nil)
        #expect(!slot.takeEndNotice())
        await slot.wait()

        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let failure = Failure(code: "X", side: .source, message: "x")
        slot.begin {
            for await _ in gate {}
            return .refused(failure)
        }
        #expect(slot.isBusy)
        #expect(!slot.takeEndNotice())
        open.finish()
        await slot.wait()
        #expect(slot.outcome == .refused(failure))
        #expect(!slot.isBusy)
        #expect(slot.takeEndNotice())
        #expect(!slot.takeEndNotice())
    }

    @Test("a second run replaces the first one's end")
    func again() async {
        let slot = RunSlot()
        for number: UInt64 in 1...2 {
            let summary = RunSummary(run: RunID(bits: number), kind: .run, startedAt: WallTime(milliseconds: 0))
            slot.begin { .ended(summary) }
            await slot.wait()
            #expect(slot.outcome == .ended(summary))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SubscribersTests {
    private func state(_ sequence: UInt64) -> EngineState {
        EngineState(
            sequence: sequence, host: "h", version: "0", startedAt: WallTime(milliseconds: 0),
            at: WallTime(milliseconds: 0))
    }

    @Test("a slow reader gets the newest state and no backlog")
    func newest() async {
        var subscribers = Subscribers()
        let stream = subscribers.join { _ in }
        for sequence: UInt64 in 1...1000 { subscribers.publish(state(sequence)) }
        subscribers.end()
        var seen: [UInt64] = []
        for await state in stream { seen.append(state.sequence) }
        #expect(seen == [1000])
    }

    @Test("who leaves is told of by number, and gets nothing more")
    func leaving() async {
        var subscribers = Subscribers()
        let left = Mutex<[Int]>([])
        var stream: AsyncStream<EngineState>? = subscribers.join { id in left.withLock { $0.append(id) } }
        let other = subscribers.join { _ in }
        #expect(stream != nil)
        stream = nil
        #expect(left.withLock { $0 } == [1])
        subscribers.leave(1)
        #expect(!subscribers.isEmpty)
        subscribers.publish(state(7))
        var iterator = other.makeAsyncIterator()
        #expect(await iterator.next()?.sequence == 7)
        subscribers.leave(2)
        #expect(subscribers.isEmpty)
    }

    @Test("after the end, a stream ends at once")
    func late() async {
        var subscribers = Subscribers()
        subscribers.end()
        let stream = subscribers.join { _ in }
        for await _ in stream { Issue.record("a state after the end") }
        #expect(subscribers.isEmpty)
    }
}
