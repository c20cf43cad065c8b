import Testing

@testable import TapeArchive

@Suite struct BlockTrialTests {
    @Test("the best block size is the smallest that gains nothing by being larger")
    func best() {
        let rates = [(256 << 10, 200.0), (512 << 10, 290), (1 << 20, 298), (2 << 20, 300), (4 << 20, 299)]
        let trials = rates.map { BlockTrial(size: $0.0, rate: $0.1 * 1e6) }
        #expect(BlockTrial.best(trials) == 1 << 20)
        #expect(BlockTrial.best([]) == nil)
        #expect(BlockTrial.words(trials).hasSuffix("block_size = \"1.00 MiB\""))
    }
}
