import Testing

@testable import TapeArchive

@Suite struct TapeFaultTests {
    @Test func `every kind has a name of its own in logs`() {
        let names = TapeFault.Kind.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
    }
}
