/// How often the station looks, and how long it has patience. Seconds.
package struct StationPace: Hashable, Sendable {
    /// Between two looks at a drive that waits for a tape.
    package var watch = 2.0
    /// For a cartridge to be loaded and its label to be read.
    package var probe = 120.0
    /// For the first load of a cartridge (LTO-9: 40 to 132 minutes by IBM's TS2290 specifications).
    package var firstLoad = 2 * 3600.0
    /// Between two tries to open a drive that another program has, or that is gone.
    package var retry = 5.0
    /// Between two looks at a drive that nobody uses.
    package var idle = 30.0
    /// Between two rounds of the station; nil: none by itself.
    package var round: Double? = 2
    /// How long an order is waited for before it goes on by itself; nil: to its end.
    package var order: Double? = 10

    package static let standard = StationPace()

    package init() {}
}
