import Foundation
import Testing

/// A certificate and its key as files, made by the openssl program.
struct Certificate {
    let cert: String
    let key: String

    /// Signed by itself, for localhost and 127.0.0.1; made once.
    static let shared = try? Certificate(
        "self", ["req", "-x509", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=\(usualNames)"])

    /// Signs the others, and nobody vouches for it; made once.
    static let authority = try? Certificate(
        "authority", ["req", "-x509", "-days", "2", "-subj", "/CN=house authority"])

    static let usualNames = "DNS:localhost,IP:127.0.0.1"

    var plan: [String: any Sendable] { ["cert": cert, "key": key] }

    /// Signed by the authority for so many days from now.
    static func issued(to names: String = usualNames, days: Int = 2) throws -> Certificate {
        let authority = try #require(authority)
        let made = try Certificate(
            UUID().uuidString, ["req", "-subj", "/CN=of the house", "-addext", "subjectAltName=\(names)"])
        try openssl([
            "x509", "-req", "-in", made.cert, "-CA", authority.cert, "-CAkey", authority.key, "-days", "\(days)",
            "-copy_extensions", "copy", "-out", made.cert,
        ])
        return made
    }

    private init(_ name: String, _ arguments: [String]) throws {
        let folder = NSTemporaryDirectory() + "holdfast-delivery-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        cert = "\(folder)/\(name).pem"
        key = "\(folder)/\(name).key"
        let made = [
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
        ]
        try openssl(arguments + made)
    }
}

private func openssl(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
}
