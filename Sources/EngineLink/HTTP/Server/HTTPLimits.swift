/// What one client may use up.
package struct HTTPLimits: Hashable, Sendable {
    /// Bytes of a request line with its header fields.
    package var header = 16 << 10
    package var body = 64 << 10
    /// At once; one more is told so and closed.
    package var connections = 64
    /// Of these, those that wait for events.
    package var waiting = 32
    /// Seconds between requests.
    package var idle = 30.0
    /// Seconds from a request's first byte to its last.
    package var arrival = 10.0
    /// Seconds in which an answer, or a piece of a stream, must have gone out.
    package var writing = 30.0

    package init() {}
}
