import BackupModel

/// Why an attempt ended without the other side's yes. No text in it holds a secret that we sent.
enum Trouble: Error, Hashable {
    case again(String, after: Double? = nil)
    case refused(String)

    var result: DeliveryResult {
        switch self {
        case .again(let reason, let after): .again(reason: reason, after: after)
        case .refused(let reason): .refused(reason: reason)
        }
    }

    /// What only a change of the settings, or of the other side's, puts right: asked again, yet seldom.
    static func settings(_ reason: String) -> Trouble { .again(reason, after: 900) }
}

/// The reason of an error from below, in one line without foreign bytes.
func words(of error: any Error) -> String {
    let text = printable(String(describing: error).utf8)
    return text.count > 200 ? text.prefix(200) + "..." : text
}
