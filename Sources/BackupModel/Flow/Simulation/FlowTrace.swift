/// What a source could give over time: phases of a steady rate.
package struct FlowTrace: Hashable, Sendable {
    package struct Phase: Hashable, Sendable {
        package var seconds: Double
        /// Bytes a second.
        package var rate: Double

        package init(seconds: Double, rate: Double) {
            self.seconds = seconds
            self.rate = rate
        }
    }

    package var phases: [Phase]

    package init(phases: [Phase]) { self.phases = phases }

    package var seconds: Double { phases.reduce(0) { $0 + $1.seconds } }
    package var bytes: Double { phases.reduce(0) { $0 + $1.seconds * $1.rate } }
    package var meanRate: Double { seconds > 0 ? bytes / seconds : 0 }

    /// The most bytes by which the source falls behind a drive of that speed in one stretch.
    package func deepestDip(below speed: Double) -> Double {
        var (behind, deepest) = (0.0, 0.0)
        for phase in phases {
            behind = max(0, behind + (speed - phase.rate) * phase.seconds)
            deepest = max(deepest, behind)
        }
        return deepest
    }

    /// Lines of `seconds MB/s`; `#` begins a comment. Nil when a line is anything else.
    package init?(text: String) {
        phases = []
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(separator: " ")
            if words.isEmpty { continue }
            guard words.count == 2, let seconds = Double(words[0]), let rate = Double(words[1]) else { return nil }
            guard seconds > 0, rate >= 0, seconds.isFinite, rate.isFinite else { return nil }
            phases.append(Phase(seconds: seconds, rate: rate * 1e6))
        }
    }
}
