import BackupModel

/// What is lost for ever is named by whoever loses it: on the command line, or typed on a terminal.
enum TypedName {
    /// `given`, or what is typed after the question; nil where nobody can be asked.
    static func ask(given: String?, what: String, name: String) throws -> String {
        if let given { return given }
        guard Standard.isTerminal(0), Standard.isTerminal(2) else {
            throw Ended(
                .usage, words: "holdfast: \(what); say so by name: --overwrite \(name.isEmpty ? "LABEL" : name)")
        }
        Standard.raw("\(what). Type \(name.isEmpty ? "its label or barcode" : name) to go on: ")
        let typed = (readLine() ?? "").trimmingCharacters
        guard !typed.isEmpty else { throw Ended(.failed, words: "holdfast: nothing was done") }
        return typed
    }
}

extension DriveState {
    /// What lies in the drive, as a person names it; empty where nobody knows a name.
    var mediumName: String {
        guard let medium else { return "" }
        return printable((medium.label.isEmpty ? medium.barcode : medium.label).utf8)
    }
}

extension String {
    /// Without blanks at both ends.
    fileprivate var trimmingCharacters: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
