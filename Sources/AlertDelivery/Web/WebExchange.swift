import BackupModel
import NIOCore
import NIOHTTP1

/// Sends a request and takes a 2xx for yes. Redirections are not followed: a token would go where nobody meant it to.
func exchange(_ request: WebRequest, caFile: String?, timeout: Double) async throws(Trouble) {
    let tls = request.isTLS ? try await readTrust(caFile: caFile) : nil
    let endpoint = Endpoint(host: request.host, port: request.port, tls: tls)
    let wire = try await Wire<HTTPClientResponsePart>.connect(to: endpoint, before: .after(timeout)) { channel in
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
    }
    defer { wire.close() }
    guard request.isTLS || !request.carriesSecret || wire.isLoopback else {
        throw .settings("no token goes to \(endpoint.name) without TLS; use https")
    }
    try await send(request, over: wire, before: .after(timeout))
    try await judge(wire, before: .after(timeout))
}

private func send(
    _ request: WebRequest, over wire: Wire<HTTPClientResponsePart>, before deadline: NIODeadline
) async throws(Trouble) {
    let head = HTTPRequestHead(
        version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.target,
        headers: HTTPHeaders(request.headers.map { ($0.name, $0.value) }))
    wire.channel.write(HTTPClientRequestPart.head(head), promise: nil)
    if !request.body.isEmpty {
        wire.channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: request.body))), promise: nil)
    }
    try await wire.write(HTTPClientRequestPart.end(nil), before: deadline, "sending")
}

private func judge(_ wire: Wire<HTTPClientResponsePart>, before deadline: NIODeadline) async throws(Trouble) {
    guard case .head(let head)? = try await wire.next(before: deadline, "answer") else {
        throw .again("\(wire.endpoint.name) closed the connection without an answer")
    }
    let status = Int(head.status.code)
    if (200..<300).contains(status) { return }
    let name = wire.endpoint.name
    if (300..<400).contains(status) {
        throw .settings("\(name) answers \(status), a redirection, which is not followed; correct the url")
    }
    // What it says is for people only; a slow answer changes nothing.
    let said = await opening(of: wire, before: min(deadline, .after(5)))
    let reason = "\(name) answers \(status)" + (said.isEmpty ? "" : ": \(said)")
    switch status {
    case 400, 413, 414, 415, 422: throw .refused(reason)
    case 408, 425, 429, 500...: throw .again(reason, after: retryAfter(head.headers))
    default: throw .settings(reason)
    }
}

/// The first 200 bytes of a body, in one safe line.
private func opening(of wire: Wire<HTTPClientResponsePart>, before deadline: NIODeadline) async -> String {
    var bytes: [UInt8] = []
    while bytes.count < 200, let part = try? await wire.next(before: deadline, "answer"),
        case .body(let buffer) = part
    {
        bytes += buffer.readableBytesView.prefix(200 - bytes.count)
    }
    while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
    return printable(bytes)
}

/// Seconds that the other side asks for, at most a day. Its form as a date is left to our own back-off.
private func retryAfter(_ headers: HTTPHeaders) -> Double? {
    guard let text = headers.first(name: "Retry-After"), let seconds = Int(text), seconds >= 0 else { return nil }
    return min(Double(seconds), 86_400)
}
