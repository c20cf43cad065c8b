package import BackupModel
package import NIOCore
import Foundation

/// Frames and what is in them: four bytes of length, big-endian, then that much JSON. Both sides use this one.
package struct WireCoder: Sendable {
    /// Bytes of JSON in one frame at most.
    package static let longestFrame = 1 << 20
    /// Before its hello nobody gets more room than that.
    package static let longestHello = 4096

    package init() {}

    /// The whole frame. Throws `FRAME_TOO_LONG` or `NOT_ENCODABLE`.
    package func frame(_ message: WireMessage) throws(Failure) -> ByteBuffer {
        let data: Data
        do { data = try Self.encoder().encode(message) } catch {
            throw linkFailure("NOT_ENCODABLE", "cannot be written as JSON: " + printable("\(error)".utf8))
        }
        guard data.count <= Self.longestFrame else {
            throw linkFailure("FRAME_TOO_LONG", "\(data.count) bytes do not fit into a frame of 1 MiB")
        }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(data.count + 4)
        buffer.writeInteger(UInt32(data.count))
        buffer.writeBytes(data)
        return buffer
    }

    /// An answer, or why it does not fit; nil when not even that can be said.
    func frame(id: String, answer: Answer) -> ByteBuffer? {
        do throws(Failure) { return try frame(.answer(id: id, answer: answer)) } catch {
            return try? frame(.answer(id: id, answer: .refused(error)))
        }
    }

    /// What one frame's JSON means to us.
    package func reading(_ json: ByteBuffer) -> WireReading {
        let data = Data(json.readableBytesView)
        if let message = try? Self.decoder().decode(WireMessage.self, from: data) { return .message(message) }
        // A newer peer may send kinds, intents and queries that we do not have: those are told from rubbish.
        guard let stranger = try? Self.decoder().decode(StrangeMessage.self, from: data) else { return .malformed }
        return stranger.reading
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }

    private static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }
}

package enum WireReading: Hashable, Sendable {
    case message(WireMessage)
    /// Well formed, of a kind we do not know.
    case unknownKind(String)
    /// An order with an intent, or a query, that we do not know.
    case unknownOrder(id: String)
    case unknownQuery(id: String)
    /// A known kind whose contents we cannot read.
    case unreadable(String)
    case malformed
}

/// An object with one key, of which only the id inside is read.
private struct StrangeMessage: Decodable {
    private struct Inside: Decodable {
        var id: String?
        init(from decoder: any Decoder) throws {
            id = try? decoder.container(keyedBy: AnyKey.self).decode(String.self, forKey: AnyKey(stringValue: "id"))
        }
    }

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var reading: WireReading

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: AnyKey.self)
        guard object.allKeys.count == 1, let key = object.allKeys.first else {
            reading = .malformed
            return
        }
        let id = try? object.decode(Inside.self, forKey: key).id
        switch (key.stringValue, id) {
        case ("order", let id?): reading = .unknownOrder(id: id)
        case ("query", let id?): reading = .unknownQuery(id: id)
        case (let kind, _) where WireMessage.kinds.contains(kind): reading = .unreadable(kind)
        case (let kind, _): reading = .unknownKind(kind)
        }
    }
}

func linkFailure(
    _ code: String, _ message: String, subject: [UInt8] = [], errno: Int32 = 0, operation: String = "",
    hint: String = "", isTransient: Bool = false
) -> Failure {
    Failure(
        code: code, side: .engine, message: message, subject: subject, errno: errno, operation: operation, hint: hint,
        isTransient: isTransient)
}
