/// One `key = value` of a theme or key file, with where it stands, so that whoever understands it can complain well.
///
/// `Settings` reads TOML and knows lines; the console knows what roles, colours and actions there are.
package struct TextEntry: Hashable, Sendable {
    /// The table's name, for instance `palette`; empty at the top.
    package var section: String
    package var key: String
    /// One string, or the strings of an array.
    package var values: [String]
    /// Counted from 1.
    package var line: Int
    package var column: Int

    package init(section: String, key: String, values: [String], line: Int, column: Int) {
        self.section = section
        self.key = key
        self.values = values
        self.line = line
        self.column = column
    }
}

/// Something wrong in a text file: where, what, and the nearest right word if there is one.
package struct TextProblem: Hashable, Error, Sendable {
    package var file: String
    package var line: Int
    package var column: Int
    package var message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }
}
