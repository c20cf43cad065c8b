import WorkerKit

/// A folder held open for as long as somebody reads in it.
final class OpenFolder: Sendable {
    let files: any FileCalls
    let descriptor: Descriptor

    init(_ descriptor: Descriptor, _ files: any FileCalls) {
        self.descriptor = descriptor
        self.files = files
    }

    deinit { try? files.close(descriptor) }
}
