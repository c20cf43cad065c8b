import Synchronization

/// Answers of parallel jobs, by number.
final class Answers<Value: Sendable>: Sendable {
    private let values: Mutex<[Value]>
    init(_ values: [Value]) { self.values = Mutex(values) }
    func set(_ number: Int, _ value: Value) { values.withLock { $0[number] = value } }
    var all: [Value] { values.withLock { $0 } }
}

/// Hands a value that is not Sendable to one other thread.
///
/// @unchecked Sendable: whoever makes one does not touch the value again until the other thread is done.
final class Handed<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
