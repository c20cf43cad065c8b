import Foundation
import Testing

@testable import BackupModel

private let tls = "https:" + "//"

@Suite struct RedactionTests {
    private let secret = Secret("canary-4f1c/bird+song")

    @Test("a secret leaves every text in which it is known", arguments: 0...5)
    func known(offset: Int) {
        let redaction = Redaction([secret])
        let before = String(repeating: "x", count: offset)
        let encoded = Data((before + secret.revealed + "yz").utf8).base64EncodedString()
        let percent = secret.revealed.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        for text in [secret.revealed, before + secret.revealed + secret.revealed, encoded, "\(percent)?", percent] {
            let clean = redaction.clean(text)
            #expect(!clean.contains(secret.revealed) && clean.contains(Redaction.mark), "\(text) became \(clean)")
            #expect(!clean.contains(encoded.dropFirst(8).dropLast(8)))
        }
        #expect(redaction.clean("nothing to hide") == "nothing to hide")
    }

    @Test(
        "what looks like a secret goes too, and prose stays",
        arguments: [
            ("\(tls)ben:pw@host/x", "\(tls)[secret]@host/x"), ("\(tls)tok3n@host/", "\(tls)[secret]@host/"),
            ("\(tls)host/a@b", "\(tls)host/a@b"),
            ("\(tls)host/?token=abc&x=1", "\(tls)host/?token=[secret]&x=1"),
            ("Authorization: Bearer abcdefgh123", "Authorization: Bearer [secret]"),
            ("AUTH: Basic YWJjOmRlZg==", "AUTH: Basic [secret]"), ("basic tests run", "basic tests run"),
            ("the password=hunter2 was wrong", "the password=[secret] was wrong"), ("monkey=1", "monkey=1"),
            ("API_KEY=x", "API_KEY=[secret]"), ("", ""), ("token=", "token="), ("mail to ben@host", "mail to ben@host"),
        ])
    func lookalike(text: String, clean: String) {
        #expect(Redaction().clean(text) == clean)
        #expect(Redaction().clean(clean) == clean)
    }

    @Test("no description or dump shows a secret")
    func described() {
        let channel = ResolvedChannel(ChannelSettings(name: "ops", kind: .desktop), secret: secret, host: "h")
        var dumped = ""
        dump(channel, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(channel)", String(reflecting: channel), dumped] {
            #expect(!text.contains("canary"), "\(text)")
        }
    }

    @Test("failures and events are cleaned in every field")
    func whole() {
        let failure = Failure(
            code: "X", side: .engine, message: "a \(secret.revealed)", subject: Array(secret.revealed.utf8),
            operation: secret.revealed, hint: secret.revealed)
        let event = Event(
            at: WallTime(milliseconds: 0), severity: .warn, component: "voice", code: "X", message: secret.revealed,
            failure: failure)
        #expect(!String(describing: Redaction([secret]).clean(event)).contains("canary"))
        #expect(!Redaction([secret]).clean(failure).subject.contains(UInt8(ascii: "+")))
    }

    @Test(
        "references to secrets",
        arguments: [
            ("file:/etc/holdfast/mail", SecretReference.file("/etc/holdfast/mail")),
            ("credential:mail", .credential("mail")), ("file:relative", nil), ("file:/", nil), ("credential:../x", nil),
            ("credential:", nil), ("hunter2", nil), ("env:MAIL", nil), ("", nil), ("credential:.hidden", nil),
        ])
    func references(text: String, reference: SecretReference?) {
        #expect(SecretReference(text) == reference)
        if let reference { #expect(reference.text == text) }
    }

    @Test(
        "the digest's hour",
        arguments: [
            ("07:00", 420), ("00:00", 0), ("23:59", 1439), ("24:00", nil), ("7:00", nil), ("07:60", nil), ("", nil),
            ("+7:00", nil), ("07:00:00", nil), ("07.00", nil),
        ])
    func hours(text: String, minute: Int?) {
        #expect(DigestSettings(hour: text, channels: []).minuteOfDay == minute)
    }

    @Test("base64 as the library has it", arguments: 0...20)
    func base64s(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 83 &+ 7) }
        #expect(String(decoding: base64(bytes), as: UTF8.self) == Data(bytes).base64EncodedString())
    }
}
