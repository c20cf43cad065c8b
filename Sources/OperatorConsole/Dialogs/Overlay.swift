import BackupModel

/// What lies over the screen and takes the keys. Nothing opens by itself: an operator's key always did.
package enum Overlay: Sendable {
    case filter(TextField)
    case chooser(ActionChooser)
    case confirmation(Confirmation)
    case limits(LimitsForm)
    case tapeForm(TapeForm)
    case detail(DetailPage)
    case prompt(Prompt)
    case request(RequestDialog)
    case jobLog(JobLogView)
}

/// One line of typed text.
package struct TextField: Hashable, Sendable {
    package private(set) var text = ""

    static let limit = 200

    init(_ text: String = "") { self.text = text }

    /// - Returns: true when the text changed.
    mutating func take(_ key: Key) -> Bool {
        switch key {
        case .character(let scalar) where text.unicodeScalars.count < TextField.limit:
            text.unicodeScalars.append(scalar)
        case .backspace where !text.isEmpty: text.unicodeScalars.removeLast()
        case .control("u") where !text.isEmpty: text = ""
        default: return false
        }
        return true
    }

    /// Takes pasted text up to its first line end; control characters are left out.
    mutating func take(pasted bytes: [UInt8]) {
        let line = bytes.prefix(4096).prefix { $0 != 10 && $0 != 13 }
        for scalar in String(decoding: line, as: UTF8.self).unicodeScalars where scalar.value >= 0x20 {
            guard scalar.value != 0x7f else { continue }
            _ = take(.character(scalar))
        }
    }
}

/// A text about one thing, scrolled.
package struct DetailPage: Sendable {
    enum Subject: Sendable {
        case failure(mirror: String, BlobFailure)
        case alert(Alert)
        case event(Event)
        case runs(mirror: String)
        case volume(String)
        case nextTape(pool: String, drive: String?)
    }

    var subject: Subject
    var scroll = 0

    /// What the page about tapes asks the engine.
    var query: Query? {
        switch subject {
        case .volume(let name): .volumeContents(volume: name)
        case .nextTape(let pool, let drive): .nextTape(pool: pool, drive: drive)
        case .failure, .alert, .event, .runs: nil
        }
    }
}
