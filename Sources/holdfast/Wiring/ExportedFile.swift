import BackupModel
import Foundation
import OperatorConsole

/// A file the operator asked for: written into the working folder, never over another.
enum ExportedFile {
    static func write(_ text: String, named name: String) -> OperatorConsole.Message {
        let folder = FileManager.default.currentDirectoryPath
        for number in 1...999 {
            let path = folder + "/" + numbered(name, number)
            let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
            if file < 0, errno == EEXIST { continue }
            guard file >= 0 else { break }
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
            guard (try? handle.write(contentsOf: Data(text.utf8))) != nil, (try? handle.synchronize()) != nil else {
                break
            }
            return .note(.info, SafeText("written to " + path))
        }
        return .note(.error, SafeText("cannot write \(name) in \(folder): " + String(cString: strerror(errno))))
    }

    private static func numbered(_ name: String, _ number: Int) -> String {
        guard number > 1 else { return name }
        let dot = name.lastIndex(of: ".") ?? name.endIndex
        return name[..<dot] + "-\(number)" + name[dot...]
    }
}
