/// What a cell is, not how it looks: a theme gives each role its colours.
package enum StyleRole: UInt8, Hashable, CaseIterable, Sendable {
    case textNormal
    case textDim
    case textStrong
    case textEscaped
    case textMatch
    case titleBar
    case titleHost
    case titleAgeOK
    case titleAgeLate
    case titleReadOnly
    case tabNormal
    case tabActive
    case tabAlert
    case boxBorder
    case boxBorderFocus
    case boxTitle
    case hintKey
    case hintText
    case bannerRequest
    case bannerAlert
    case bannerOK
    case promptText
    case promptSuggest
    case promptError
    case listHeader
    case listSort
    case listCursor
    case listCursorInactive
    case listMark
    case listChanged
    case progressFill
    case progressEmpty
    case progressStalled
    case gaugeLow
    case gaugeOK
    case gaugeHigh
    case graphLine
    case graphAxis
    case stateRunning
    case stateWaiting
    case stateParked
    case stateOK
    case stateWarn
    case stateFailed
    case stateDisabled
    case statePlanned
    case ageOK
    case ageLate
    case severityInfo
    case severityWarn
    case severityError
    case severityAction
    case logDebug
    case logInfo
    case logWarn
    case logError
    case logTime
    case logLastSeen
    case treeLine
    case pathFolder
    case pathFile
    case pathLink
    case mapDone
    case mapActive
    case mapWait
    case mapFailed
    case mapVerified
    case diffAdd
    case diffRemove
    case diffChange
    case dialogBorder
    case dialogText
    case dialogDanger
    case dialogInput
    case scrollbar

    /// Its name in theme files, for instance `title.bar`.
    package var name: String { StyleRole.names[Int(rawValue)] }

    /// The role of that name, or nil.
    package init?(name: String) {
        guard let index = StyleRole.names.firstIndex(of: name) else { return nil }
        self = StyleRole.allCases[index]
    }

    /// One visible ASCII character per role, for style maps in tests; a space is `text.normal`.
    package var mapCharacter: Character { rawValue == 0 ? " " : Character(Unicode.Scalar(0x30 + rawValue)) }

    /// In the order of the cases.
    package static let names: [String] = [
        "text.normal", "text.dim", "text.strong", "text.escaped", "text.match", "title.bar", "title.host",
        "title.age.ok", "title.age.late", "title.ro", "tab.normal", "tab.active", "tab.alert", "box.border",
        "box.border.focus", "box.title", "hint.key", "hint.text", "banner.request", "banner.alert", "banner.ok",
        "prompt.text", "prompt.suggest", "prompt.error", "list.header", "list.sort", "list.cursor",
        "list.cursor.inactive", "list.mark", "list.changed", "progress.fill", "progress.empty", "progress.stalled",
        "gauge.low", "gauge.ok", "gauge.high", "graph.line", "graph.axis", "state.running", "state.waiting",
        "state.parked", "state.ok", "state.warn", "state.failed", "state.disabled", "state.planned", "age.ok",
        "age.late", "sev.info", "sev.warn", "sev.error", "sev.action", "log.debug", "log.info", "log.warn",
        "log.error", "log.time", "log.lastseen", "tree.line", "path.dir", "path.file", "path.link", "map.done",
        "map.active", "map.wait", "map.failed", "map.verified", "diff.add", "diff.remove", "diff.change",
        "dialog.border", "dialog.text", "dialog.danger", "dialog.input", "scrollbar",
    ]
}
