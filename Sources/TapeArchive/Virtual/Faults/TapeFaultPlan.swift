import BackupModel
import Synchronization
import WorkerKit

/// What goes wrong in a virtual library: the rules of the program, and those in `faults.json` of its folder.
///
/// The file is read again whenever it changes, and its rules count calls anew. One plan belongs to one opened library.
package final class TapeFaultPlan: Sendable {
    private struct Counted {
        var rule: TapeFaultRule
        var seen = 0
    }
    private struct State {
        var own: [Counted] = []
        var fromFile: [Counted] = []
        var stamp: FileStamp?
        var struck = 0
    }
    private struct FileStamp: Hashable {
        var inode: UInt64
        var size: Int64
        var changed: FileTime
    }
    private let state: Mutex<State>

    package init(_ rules: [TapeFaultRule] = []) {
        state = Mutex(State(own: rules.map { Counted(rule: $0) }))
    }

    package func add(_ rule: TapeFaultRule) { state.withLock { $0.own.append(Counted(rule: rule)) } }

    /// Ends the rules of the program; those of the file stay.
    package func clear() { state.withLock { $0.own = [] } }

    /// How often a rule changed a call.
    package var struck: Int { state.withLock { $0.struck } }

    /// The rules that strike this call.
    func rules(for call: TapeCall) -> [TapeFaultRule] {
        state.withLock { state in
            let found = Self.count(&state.own, call) + Self.count(&state.fromFile, call)
            state.struck += found.count
            return found
        }
    }

    /// The barcodes that an inventory shows instead of the true ones.
    func shownBarcode(_ barcode: String) -> String {
        rules(for: TapeCall(operation: .inventory, barcode: barcode)).last { $0.effect == .wrongBarcode }?.text
            ?? barcode
    }

    /// Looks at the file again. One that is not understood holds no rules.
    func refresh(in folder: Descriptor, files: any FileCalls) {
        let found = (try? files.status(at: Self.fileName, beneath: folder)).map {
            FileStamp(inode: $0.inode, size: $0.size, changed: $0.changed)
        }
        if state.withLock({ $0.stamp }) == found { return }
        let file = SmallFile(name: Self.fileName, folder: folder, files: files)
        let rules = found == nil ? [] : (try? file.read([TapeFaultRule].self)) ?? []
        state.withLock { state in
            state.stamp = found
            state.fromFile = rules.map { Counted(rule: $0) }
        }
    }

    static let fileName: PathBytes = "faults.json"

    private static func count(_ rules: inout [Counted], _ call: TapeCall) -> [TapeFaultRule] {
        var struck: [TapeFaultRule] = []
        for index in rules.indices where rules[index].rule.concerns(call) {
            rules[index].seen += 1
            if rules[index].rule.strikes(rules[index].seen) { struck.append(rules[index].rule) }
        }
        return struck
    }
}
