import Foundation
package import BackupModel
import WorkerKit

/// A robot by the program `mtx`, where the sg device is not ours to open but the program is.
package final class MtxChanger: TapeChanger {
    package let identity: DriveIdentity
    private let device: String
    private let program: String

    /// Seconds for one move.
    private static let patience = 900.0

    /// `device`: what `mtx -f` takes.
    package init(_ device: String, program: String = "mtx") throws(TapeFault) {
        self.device = device
        self.program = program
        let text = try Self.run("inquiry", [program, "-f", device, "inquiry"])
        identity = DriveIdentity(
            vendor: Self.field("Vendor ID", in: text), model: Self.field("Product ID", in: text), serial: "",
            firmware: Self.field("Revision", in: text))
    }

    package func inventory(rescan: Bool) throws(TapeFault) -> [LibraryElement] {
        if rescan { _ = try Self.run("inventory", [program, "-f", device, "inventory"]) }
        return MtxStatus.elements(try Self.run("status", [program, "-f", device, "status"]))
    }

    package func move(from: Int, to: Int) throws(TapeFault) {
        let first = MtxStatus.firstDrive
        let words: [String] =
            switch (from >= first, to >= first) {
            case (false, true): ["load", String(from), String(to - first)]
            case (true, false): ["unload", String(to), String(from - first)]
            case (false, false): ["transfer", String(from), String(to)]
            case (true, true):
                throw TapeFault(
                    .moveFailed, operation: "move medium", detail: "mtx moves no cartridge from drive to drive")
            }
        _ = try Self.run("move medium", [program, "-f", device] + words)
    }

    package func close() {}

    private static func run(_ operation: String, _ arguments: [String]) throws(TapeFault) -> String {
        let result: ChildResult
        do throws(Failure) { result = try ChildCommand(arguments, timeout: patience).runHere() } catch {
            throw TapeFault(.system, operation: operation, detail: error.message)
        }
        if result.timedOut {
            throw TapeFault(.moveFailed, operation: operation, detail: "mtx took longer than \(Int(patience)) s")
        }
        guard result.isSuccess else { throw MtxStatus.fault(operation, result.errors.bytes) }
        return String(decoding: result.output.bytes, as: UTF8.self)
    }

    /// `Vendor ID: 'IBM     ', Product ID: '3573-TL         ', Revision: 'D.10'`, on one line or three.
    static func field(_ name: String, in text: String) -> String {
        guard let start = text.range(of: name + ": '") else { return "" }
        return trimmedText(text[start.upperBound...].prefix { $0 != "'" && !$0.isNewline }.utf8)
    }
}
