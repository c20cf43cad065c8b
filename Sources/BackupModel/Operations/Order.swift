/// An intent with who sent it and a name of its own: sent twice, it is done once.
package struct Order: Hashable, Codable, Sendable {
    /// Chosen at random by the sender, at most 64 characters.
    package var id: String
    package var intent: Intent
    package var by: Person
    /// The sequence of the state it was decided on; nil: decided on none.
    package var basis: UInt64?

    package init(id: String, intent: Intent, by: Person, basis: UInt64? = nil) {
        self.id = id
        self.intent = intent
        self.by = by
        self.basis = basis
    }
}

/// One line of the audit log.
package struct AuditEntry: Hashable, Codable, Sendable {
    package var number: Int64
    package var at: WallTime
    package var order: Order
    /// The intent in words, foreign bytes escaped.
    package var words: String
    package var result: IntentResult

    package init(number: Int64 = 0, at: WallTime, order: Order, words: String, result: IntentResult) {
        self.number = number
        self.at = at
        self.order = order
        self.words = words
        self.result = result
    }
}
