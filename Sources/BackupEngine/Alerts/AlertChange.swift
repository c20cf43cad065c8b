package import BackupCatalog
package import BackupModel

/// Something that is so now and should not be.
package struct AlertCondition: Hashable, Sendable {
    package var subject: String
    package var severity: Severity
    package var failure: Failure

    package init(subject: String, severity: Severity, failure: Failure) {
        self.subject = subject
        self.severity = severity
        self.failure = failure
    }

    var key: AlertKey { AlertKey(subject: subject, code: failure.code) }
}

/// One alert at a time has this subject and code.
package struct AlertKey: Hashable, Sendable {
    package var subject: String
    package var code: String

    package init(subject: String, code: String) {
        self.subject = subject
        self.code = code
    }
}

/// What a step of the board changed.
package struct AlertChange: Hashable, Sendable {
    package var raised: [KeptAlert]
    /// Acknowledged, put to sleep, or worse than before.
    package var changed: [KeptAlert]
    /// Only met once more; kept on disk when there is time.
    package var counted: [KeptAlert]
    /// Over: to be told as a recovery to whoever was told of the alert.
    package var cleared: [Alert]

    package init(
        raised: [KeptAlert] = [], changed: [KeptAlert] = [], counted: [KeptAlert] = [], cleared: [Alert] = []
    ) {
        self.raised = raised
        self.changed = changed
        self.counted = counted
        self.cleared = cleared
    }

    package var isEmpty: Bool { raised.isEmpty && changed.isEmpty && counted.isEmpty && cleared.isEmpty }

    static func += (a: inout AlertChange, b: AlertChange) {
        a.raised += b.raised
        a.changed += b.changed
        a.counted += b.counted
        a.cleared += b.cleared
    }
}
