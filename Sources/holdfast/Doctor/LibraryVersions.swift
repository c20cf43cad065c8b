import Foundation

/// Versions as the loaded libraries tell them themselves; a library that is linked in whole, or not loaded, tells none.
enum LibraryVersions {
    static var all: [String: String] {
        typealias Plain = @convention(c) () -> UnsafePointer<CChar>?
        typealias Numbered = @convention(c) (Int32) -> UnsafePointer<CChar>?
        var versions: [String: String] = [:]
        if let call = symbol("sqlite3_libversion") { versions["sqlite"] = text(unsafeBitCast(call, to: Plain.self)()) }
        if let call = symbol("curses_version") { versions["ncurses"] = text(unsafeBitCast(call, to: Plain.self)()) }
        if let call = symbol("OpenSSL_version") {
            versions["libcrypto"] = text(unsafeBitCast(call, to: Numbered.self)(0))
        }
        return versions
    }

    /// As the kernel has it (adjtimex, clock state TIME_ERROR is 5); nil where it may not be asked.
    static var clockIsSynchronised: Bool? {
        typealias Adjust = @convention(c) (UnsafeMutableRawPointer) -> Int32
        guard let call = symbol("adjtimex") else { return nil }
        // struct timex has 208 bytes; all zero asks and changes nothing.
        var request = [UInt64](repeating: 0, count: 64)
        let state = request.withUnsafeMutableBytes { bytes -> Int32 in
            bytes.baseAddress.map { unsafeBitCast(call, to: Adjust.self)($0) } ?? -1
        }
        return state < 0 ? nil : state != 5
    }

    private static func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(nil, name) }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
}
