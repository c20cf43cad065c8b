/// The two texts that Prometheus reads.
enum MetricsFormat: Hashable, Sendable {
    /// Text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// Whether an Accept header likes OpenMetrics at least as well as plain text (RFC 9110, 12.5.1).
func prefersOpenMetrics(accept: String) -> Bool {
    var openMetrics = 0.0
    var plain = 0.0
    for range in accept.lowercased().split(separator: ",") {
        let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard let type = parts.first else { continue }
        let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        switch type {
        case "application/openmetrics-text": openMetrics = max(openMetrics, quality)
        case "text/plain": plain = max(plain, quality)
        default: break
        }
    }
    return openMetrics > 0 && openMetrics >= plain
}

/// One metric with all its samples, written with its HELP and TYPE before them.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable { case gauge, counter, info }

    struct Sample: Sendable {
        var labels: [(name: String, value: String)]
        var value: Double
    }

    /// Without `_total` or `_info`, which the kind adds.
    var name: String
    var kind: Kind
    var help: String
    var samples: [Sample]

    /// Nothing at all without samples: a name without a value says nothing.
    func text(_ format: MetricsFormat) -> String {
        guard !samples.isEmpty else { return "" }
        let sampleName = name + suffix
        let family = format == .openMetrics ? name : sampleName
        let type = format == .prometheus && kind == .info ? "gauge" : kind.rawValue
        var text = "# HELP \(family) \(escapedHelp(format))\n# TYPE \(family) \(type)\n"
        for sample in samples {
            text += sampleName + labelText(sample.labels) + " " + metricNumeral(sample.value) + "\n"
        }
        return text
    }

    private var suffix: String {
        switch kind {
        case .gauge: ""
        case .counter: "_total"
        case .info: "_info"
        }
    }

    private func escapedHelp(_ format: MetricsFormat) -> String {
        let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return format == .openMetrics ? escaped.replacing("\"", with: "\\\"") : escaped
    }
}

private func labelText(_ labels: [(name: String, value: String)]) -> String {
    if labels.isEmpty { return "" }
    return "{" + labels.map { $0.name + "=\"" + escapedLabel($0.value) + "\"" }.joined(separator: ",") + "}"
}

/// A label's value: backslash, quote and line feed are escaped, other controls replaced.
func escapedLabel(_ value: String) -> String {
    var out = ""
    for scalar in value.unicodeScalars {
        switch scalar {
        case "\\": out += "\\\\"
        case "\"": out += "\\\""
        case "\n": out += "\\n"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f: out += "\u{fffd}"
        default: out.unicodeScalars.append(scalar)
        }
    }
    return out
}

/// Go's spelling: `+Inf`, `-Inf`, `NaN`, whole numbers without a point.
func metricNumeral(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return String(value)
}
