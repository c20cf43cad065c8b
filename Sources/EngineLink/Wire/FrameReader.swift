package import NIOCore

/// Cuts what arrives into frames. Holds at most one unfinished frame.
package struct FrameReader: Sendable {
    /// Longest JSON that is taken; a larger length is an error before a byte of it is kept.
    package var limit: Int
    private var pending = ByteBuffer()

    package init(limit: Int) { self.limit = limit }

    package struct BadLength: Error, Equatable {
        package var length: UInt32
    }

    /// Bytes that wait for the rest of their frame.
    package var pendingBytes: Int { pending.readableBytes }

    package mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        if pending.readableBytes == 0 { pending = bytes } else { pending.writeBuffer(&bytes) }
    }

    /// The next whole frame's JSON, or nil.
    package mutating func next() throws(BadLength) -> ByteBuffer? {
        guard let length: UInt32 = pending.getInteger(at: pending.readerIndex) else { return nil }
        guard length > 0, length <= limit else { throw BadLength(length: length) }
        guard pending.readableBytes >= 4 + Int(length) else { return nil }
        pending.moveReaderIndex(forwardBy: 4)
        let frame = pending.readSlice(length: Int(length))
        if pending.readableBytes == 0 { pending = ByteBuffer() } else { pending.discardReadBytes() }
        return frame
    }
}

/// The same for a pipeline of NIO.
struct FrameDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    func decode(buffer: inout ByteBuffer) throws -> ByteBuffer? {
        guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex) else { return nil }
        guard length > 0, length <= WireCoder.longestFrame else { throw FrameReader.BadLength(length: length) }
        guard buffer.readableBytes >= 4 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        return buffer.readSlice(length: Int(length))
    }

    func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> ByteBuffer? { try decode(buffer: &buffer) }
}
