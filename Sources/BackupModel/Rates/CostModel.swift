/// What a byte and what a blob cost, learnt from what was done: `seconds = perByte * bytes + perBlob * blobs`.
///
/// By bytes alone a stretch of tiny blobs, by count alone a few huge ones make an estimate lie (N11). Least squares over
/// stretches of work give the ratio of the two costs; the scale comes from totals, because bursts would bias it.
struct CostModel: Hashable, Sendable {
    // Sums of products, each halved every `halfLife` seconds of work; x = bytes + assumedCost * blobs, y = blobs.
    private var xx = 0.0
    private var xy = 0.0
    private var yy = 0.0
    private var xt = 0.0
    private var yt = 0.0

    mutating func learn(_ work: Work) {
        guard work.seconds > 0 else { return }
        let keep = exponential2(-work.seconds / CostModel.halfLife)
        let x = (work.bytes + CostModel.assumedCost * work.blobs) / CostModel.unit
        xx = xx * keep + x * x
        xy = xy * keep + x * work.blobs
        yy = yy * keep + work.blobs * work.blobs
        xt = xt * keep + x * work.seconds
        yt = yt * keep + work.blobs * work.seconds
    }

    /// Work as a number in which a byte and a blob have the learnt ratio; only ratios of two such numbers mean anything.
    func units(_ work: Work) -> Double {
        let (perByte, perBlob) = costs
        return perByte * work.bytes + perBlob * work.blobs
    }

    /// Never negative, never both zero.
    private var costs: (perByte: Double, perBlob: Double) {
        // A little ridge on what a blob costs beyond the assumed: where all stretches are alike, nothing can be learnt.
        let ridged = yy * 1.01
        let determinant = xx * ridged - xy * xy
        guard xx > 0, determinant > xx * ridged * 1e-9 else { return CostModel.assumed }
        let perX = (xt * ridged - yt * xy) / determinant
        let extra = (yt * xx - xt * xy) / determinant
        let perByte = max(0, perX / CostModel.unit)
        let perBlob = max(0, perX * CostModel.assumedCost / CostModel.unit + extra)
        return perByte + perBlob > 0 ? (perByte, perBlob) : CostModel.assumed
    }

    /// Ten minutes.
    static let halfLife = 600.0
    /// Until it is learnt a blob costs as much as so many bytes.
    private static let assumedCost = 65_536.0
    private static let unit = 1_048_576.0
    private static let assumed = (perByte: 1.0, perBlob: assumedCost)
}

/// 2 to the power of `x`, for `x` in -1074 to 0, without a C library: halves and a short series.
func exponential2(_ x: Double) -> Double {
    guard x > -1000 else { return 0 }
    let whole = x.rounded(.up)
    let rest = (x - whole) * 0.693_147_180_559_945_3
    var term = 1.0
    var sum = 1.0
    for n in 1...14 {
        term *= rest / Double(n)
        sum += term
    }
    return sum * Double(sign: .plus, exponent: Int(whole), significand: 1)
}
