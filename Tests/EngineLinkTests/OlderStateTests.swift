import BackupModel
import NIOCore
import Testing

@testable import EngineLink

/// What a version of the protocol promises: a console reads the states of every engine that speaks it.
@Suite struct OlderStateTests {
    /// As the first engine of version 2 sent it. A field that is missing here is optional, or the version is raised:
    /// then engines of version 2 are refused in the hello, and this state is written anew.
    private static let version2 = #"""
        {"state":{"_0":{"startedAt":1,"copies":[{"workers":[],"source":"/a","phase":{"idle":{}},\#
        "rates":{"average":0,"oneMinute":0,"seconds":"","peak":0,"blobsPerMinute":0,"sinceProgress":0,\#
        "minutes":"","stalledFor":0,"tenMinutes":0,"now":0},"volume":{"free":0,"isPresent":false,"capacity":0,\#
        "fileSystem":"","uuid":""},"bottleneck":{"target":0,"commit":0,"idle":0,"source":0,"hash":0},\#
        "progress":{"total":{"count":0,"bytes":0},"remaining":{"count":0,"bytes":0},"thisRun":{"count":0,\#
        "bytes":0},"verified":{"count":0,"bytes":0},"before":{"count":0,"bytes":0},"retries":0,\#
        "failed":{"count":0,"bytes":0},"states":{}},"failures":[],"target":"/b","map":"","limits":{"batch":0,\#
        "workers":0,"readBack":"direct"},"elapsed":0,"name":"cold","eta":{"unknown":{}}}],"firings":[],\#
        "host":"h","requests":[],"hold":{"isDraining":false},"version":"1","jobs":[{"priority":50,"durations":[],\#
        "name":"nightly","sizes":[],"schedule":"","after":[],"phase":{"idle":{}},"isEnabled":true,\#
        "kind":"mirror.run","resources":[]}],"recentEvents":[],"alerts":[],"sequence":3,"consoles":[],\#
        "sets":[{"jobs":["nightly"],"evidence":"","flawedAtSource":0,"name":"blobs","priority":"normal"}],\#
        "settingsFile":"","delivery":{"lastProblem":"","waiting":0},"at":2}}}
        """#

    @Test("I-5 a state without the fields that were added to its version is read")
    func read() throws {
        #expect(WireVersions.current == WireVersions(lowest: 2, highest: 2))
        guard case .message(.state(let state)) = WireCoder().reading(ByteBuffer(string: Self.version2)) else {
            Issue.record("a field was added that states of this version do not have")
            return
        }
        #expect(state.copies.map(\.name) == ["cold"])
        #expect(state.jobs.map(\.name) == ["nightly"])
        #expect(state.sets.map(\.name) == ["blobs"])
    }
}
