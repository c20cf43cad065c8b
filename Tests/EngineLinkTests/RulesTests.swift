import BackupModel
import NIOCore
import Testing

@testable import EngineLink

@Suite struct RulesTests {
    @Test(
        "orders out of any range are refused before the engine computes with them",
        arguments: [
            (.snooze(alert: 1, seconds: 3600), true), (.snooze(alert: 1, seconds: .nan), false),
            (.snooze(alert: 1, seconds: 1e300), false), (.postpone(request: 1, seconds: -1), false),
            (.maintenance(until: WallTime(milliseconds: .max)), false),
            (.maintenance(until: WallTime(milliseconds: .min)), false), (.maintenance(until: nil), true),
            (.runMirror(name: "a", overrides: RunOverrides(workers: .max)), false),
            (.runMirror(name: "a", overrides: RunOverrides(limit: 10_000_000)), true),
            (.limitMirror(name: "a", limits: CopyLimits(rate: -1)), false),
            (.acknowledge(alert: 1, note: String(repeating: "n", count: 4097)), false),
            (.runJob(name: String(repeating: "n", count: 4096)), true), (.stopEngine, true),
        ] as [(Intent, Bool)])
    func orders(intent: Intent, isTaken: Bool) {
        #expect((RequestBounds().problem(id: "x", intent: intent) == nil) == isTaken)
    }

    @Test(
        "an id has 1 to 64 bytes",
        arguments: [("", false), ("x", true), (String(repeating: "x", count: 65), false)])
    func ids(id: String, isTaken: Bool) {
        #expect((RequestBounds().problem(id: id, intent: .acceptClock) == nil) == isTaken)
        #expect((RequestBounds().problem(id: id, query: .firings(days: 1)) == nil) == isTaken)
    }

    @Test(
        "queries out of range are refused",
        arguments: [
            (#"{"jobLog":{"run":{"text":"../../../etc/pass"},"offset":0}}"#, false),
            (#"{"jobLog":{"run":"0123456789abcdef","offset":0}}"#, true),
            (#"{"jobLog":{"run":"0123456789abcdef","offset":-1}}"#, false),
            (#"{"firings":{"days":14}}"#, true), (#"{"firings":{"days":9223372036854775807}}"#, false),
            (#"{"log":{"limit":-5,"atLeast":0}}"#, false), (#"{"audit":{"limit":10001}}"#, false),
            (#"{"jobRuns":{"before":-9223372036854775808,"limit":1}}"#, false),
        ])
    func queries(json: String, isTaken: Bool) throws {
        let reading = WireCoder().reading(
            ByteBuffer(string: #"{"query":{"id":"x","query":"# + json + "}}"))
        guard case .message(.query(_, let query)) = reading else {
            #expect(!isTaken, "not read: \(reading)")
            return
        }
        #expect((RequestBounds().problem(id: "x", query: query) == nil) == isTaken)
    }

    @Test(
        "I-1 I-9 who may come by which door",
        arguments: [
            (1000, false, .operate, true), (0, false, .operate, true), (1001, true, .operate, false),
            (1001, false, .operate, false), (1000, false, .look, true), (0, false, .look, true),
            (1001, true, .look, true), (1001, false, .look, false),
        ] as [(UInt32, Bool, LinkDoor, Bool)])
    func doors(uid: UInt32, isInGroup: Bool, door: LinkDoor, mayCome: Bool) {
        let peer = LinkPeer(uid: uid, pid: 1, isInGroup: isInGroup)
        #expect((peer.refusal(at: door, owner: 1000) == nil) == mayCome)
    }

    private func frame(_ size: Int) -> ByteBuffer { ByteBuffer(repeating: 120, count: size) }

    @Test("I-6 of the states only the newest waits; answers all wait, in order, and go first")
    func outboxOrder() {
        let now = NIODeadline.uptimeNanoseconds(0)
        var box = Outbox(keepLimit: 100, now: now)
        for size in 1...5 { box.replaceState(frame(size), now: now) }
        #expect(box.droppedStates == 4)
        for size in 11...13 {
            let isTaken = box.keep(frame(size), now: now)
            #expect(isTaken)
        }
        var sizes: [Int] = []
        while let next = box.next() {
            let second = box.next()
            #expect(second == nil)
            sizes.append(next.readableBytes)
            box.written(now: now)
        }
        #expect(sizes == [11, 12, 13, 5])
        #expect(box.isEmpty && box.keptBytes == 0)
    }

    @Test("I-6 the limit of what may wait")
    func outboxLimit() {
        var box = Outbox(keepLimit: 100, now: .uptimeNanoseconds(0))
        let fits = [100, 1].map { box.keep(frame($0), now: .uptimeNanoseconds(0)) }
        #expect(fits == [true, false])
    }

    @Test("I-6 stuck is: something waits and nothing leaves")
    func outboxStuck() {
        var box = Outbox(keepLimit: 100, now: .uptimeNanoseconds(0))
        #expect(box.stuck(at: .uptimeNanoseconds(90)) == .zero)
        box.replaceState(frame(5), now: .uptimeNanoseconds(100))
        _ = box.next()
        box.replaceState(frame(5), now: .uptimeNanoseconds(140))
        #expect(box.stuck(at: .uptimeNanoseconds(150)) == .nanoseconds(50))
        box.written(now: .uptimeNanoseconds(160))
        #expect(box.stuck(at: .uptimeNanoseconds(170)) == .nanoseconds(10))
        _ = box.next()
        box.written(now: .uptimeNanoseconds(180))
        #expect(box.stuck(at: .uptimeNanoseconds(999)) == .zero)
    }

    @Test("pauses between tries grow to their limit and are spread")
    func delays() {
        let timing = LinkTiming()
        #expect(timing.delay(afterTries: 0, share: 0) == .milliseconds(25))
        #expect(timing.delay(afterTries: 0, share: 1) == .milliseconds(50))
        #expect(timing.delay(afterTries: 3, share: 1) == .milliseconds(400))
        #expect(timing.delay(afterTries: .max, share: 1) == .seconds(2))
    }
}
