package import BackupModel
import Glibc

/// File calls that go wrong by plan, over real ones.
package struct FaultyFiles: FileCalls {
    private let files: any FileCalls
    private let plan: FaultPlan

    package var side: Side { files.side }

    package init(_ files: any FileCalls, _ plan: FaultPlan) {
        self.files = files
        self.plan = plan
    }

    package func openRoot(_ path: PathBytes) throws(FileError) -> Descriptor {
        try opening(.openRoot, path) { () throws(FileError) in try files.openRoot(path) }
    }

    package func open(
        _ path: PathBytes, beneath directory: Descriptor, _ how: OpenHow
    ) throws(FileError) -> Descriptor {
        try opening(.open, path) { () throws(FileError) in try files.open(path, beneath: directory, how) }
    }

    package func openFile(_ path: PathBytes) throws(FileError) -> Descriptor {
        try opening(.open, path) { () throws(FileError) in try files.openFile(path) }
    }

    package func close(_ file: Descriptor) throws(FileError) {
        let path = plan.path(of: file)
        // Forgotten before the number can be given out again.
        plan.closed(file)
        do throws(FileError) {
            try apply(.close, path) { () throws(FileError) in }
        } catch {
            try? files.close(file)
            throw error
        }
        try files.close(file)
    }

    package func read(_ file: Descriptor, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        try apply(.read, plan.path(of: file), limit: buffer.count) { (limit, flips) throws(FileError) in
            let count = try files.read(file, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit]))
            if flips, count > 0 { buffer[0] = ~buffer[0] }
            return count
        }
    }

    package func write(_ file: Descriptor, from buffer: UnsafeRawBufferPointer) throws(FileError) -> Int {
        try apply(.write, plan.path(of: file), limit: buffer.count) { (limit, _) throws(FileError) in
            limit == 0 ? 0 : try files.write(file, from: UnsafeRawBufferPointer(rebasing: buffer[..<limit]))
        }
    }

    package func allocate(_ file: Descriptor, bytes: Int64) throws(FileError) {
        try on(file, .allocate) { () throws(FileError) in try files.allocate(file, bytes: bytes) }
    }

    package func setDirect(_ file: Descriptor, _ isDirect: Bool) throws(FileError) {
        try on(file, .setDirect) { () throws(FileError) in try files.setDirect(file, isDirect) }
    }

    package func setModified(_ file: Descriptor, _ time: FileTime) throws(FileError) {
        try on(file, .setModified) { () throws(FileError) in try files.setModified(file, time) }
    }

    package func sync(_ file: Descriptor) throws(FileError) {
        try on(file, .sync) { () throws(FileError) in try files.sync(file) }
    }

    package func syncFileSystem(_ file: Descriptor) throws(FileError) {
        try on(file, .syncFileSystem) { () throws(FileError) in try files.syncFileSystem(file) }
    }

    package func dropCache(_ file: Descriptor) {
        try? on(file, .dropCache) { () throws(FileError) in files.dropCache(file) }
    }

    package func status(of file: Descriptor) throws(FileError) -> FileStatus {
        try on(file, .status) { () throws(FileError) in try files.status(of: file) }
    }

    package func status(at path: PathBytes, beneath directory: Descriptor) throws(FileError) -> FileStatus {
        try apply(.status, path) { () throws(FileError) in try files.status(at: path, beneath: directory) }
    }

    package func rename(_ old: PathBytes, to new: PathBytes, in directory: Descriptor) throws(FileError) {
        try apply(.rename, new) { () throws(FileError) in try files.rename(old, to: new, in: directory) }
    }

    package func move(
        _ old: PathBytes, from: Descriptor, to new: PathBytes, in directory: Descriptor
    ) throws(FileError) {
        try apply(.rename, new) { () throws(FileError) in try files.move(old, from: from, to: new, in: directory) }
    }

    package func replace(_ old: PathBytes, to new: PathBytes, in directory: Descriptor) throws(FileError) {
        try apply(.replace, new) { () throws(FileError) in try files.replace(old, to: new, in: directory) }
    }

    package func unlink(_ name: PathBytes, in directory: Descriptor) throws(FileError) {
        try apply(.unlink, name) { () throws(FileError) in try files.unlink(name, in: directory) }
    }

    package func makeDirectory(
        _ path: PathBytes, beneath directory: Descriptor, mode: UInt32
    ) throws(FileError) {
        try apply(.makeDirectory, path) { () throws(FileError) in
            try files.makeDirectory(path, beneath: directory, mode: mode)
        }
    }

    package func removeDirectory(_ name: PathBytes, in directory: Descriptor) throws(FileError) {
        try apply(.removeDirectory, name) { () throws(FileError) in try files.removeDirectory(name, in: directory) }
    }

    package func list(
        _ directory: Descriptor, _ body: (DirectoryEntry) throws(FileError) -> Void
    ) throws(FileError) {
        try on(directory, .list) { () throws(FileError) in try files.list(directory, body) }
    }

    package func space(of file: Descriptor) throws(FileError) -> VolumeSpace {
        try on(file, .space) { () throws(FileError) in try files.space(of: file) }
    }

    package func lock(_ file: Descriptor) throws(FileError) -> Bool {
        try on(file, .lock) { () throws(FileError) in try files.lock(file) }
    }
}

extension FaultyFiles {
    package func node(of file: Descriptor) throws(FileError) -> FileNode {
        try on(file, .status) { () throws(FileError) in try files.node(of: file) }
    }

    package func node(at name: PathBytes, in directory: Descriptor) throws(FileError) -> FileNode {
        try apply(.status, name) { () throws(FileError) in try files.node(at: name, in: directory) }
    }

    package func linkTarget(_ name: PathBytes, in directory: Descriptor) throws(FileError) -> [UInt8] {
        try apply(.linkTarget, name) { () throws(FileError) in try files.linkTarget(name, in: directory) }
    }

    package func attributes(of file: Descriptor) throws(FileError) -> [FileAttribute] {
        try on(file, .attributes) { () throws(FileError) in try files.attributes(of: file) }
    }

    package func attributes(at name: PathBytes, in directory: Descriptor) throws(FileError) -> [FileAttribute] {
        try apply(.attributes, name) { () throws(FileError) in try files.attributes(at: name, in: directory) }
    }

    package func nextData(in file: Descriptor, from offset: Int64) throws(FileError) -> Int64? {
        try on(file, .seek) { () throws(FileError) in try files.nextData(in: file, from: offset) }
    }

    package func nextHole(in file: Descriptor, from offset: Int64) throws(FileError) -> Int64 {
        try on(file, .seek) { () throws(FileError) in try files.nextHole(in: file, from: offset) }
    }

    package func seek(_ file: Descriptor, to offset: Int64) throws(FileError) {
        try on(file, .seek) { () throws(FileError) in try files.seek(file, to: offset) }
    }

    package func end(of file: Descriptor) throws(FileError) -> Int64 {
        try on(file, .seek) { () throws(FileError) in try files.end(of: file) }
    }
}

extension FaultyFiles {
    private func on<T>(
        _ file: Descriptor, _ operation: FileOperation, _ call: () throws(FileError) -> T
    ) throws(FileError) -> T {
        try apply(operation, plan.path(of: file), call)
    }

    private func opening(
        _ operation: FileOperation, _ path: PathBytes, _ call: () throws(FileError) -> Descriptor
    ) throws(FileError) -> Descriptor {
        var opened: Descriptor?
        do throws(FileError) {
            return try apply(operation, path) { () throws(FileError) in
                let file = try call()
                opened = file
                plan.opened(file, path)
                return file
            }
        } catch {
            // A call that failed afterwards gave nobody its descriptor.
            if let opened {
                plan.closed(opened)
                try? files.close(opened)
            }
            throw error
        }
    }

    private func apply<T>(
        _ operation: FileOperation, _ path: PathBytes, _ call: () throws(FileError) -> T
    ) throws(FileError) -> T {
        try apply(operation, path, limit: 0) { (_, _) throws(FileError) in try call() }
    }

    private func apply<T>(
        _ operation: FileOperation, _ path: PathBytes, limit: Int, _ call: (Int, Bool) throws(FileError) -> T
    ) throws(FileError) -> T {
        var limit = limit
        var flips = false
        var afterwards: Int32?
        for effect in plan.effects(on: JournaledCall(operation, side, path)) {
            switch effect {
            case .fail(let errno):
                throw FileError(side: side, operation: operation.rawValue, errno: errno, path: path)
            case .failAfterwards(let errno): afterwards = errno
            case .short(let bytes): limit = min(limit, bytes)
            case .delay(let seconds): usleep(UInt32(clamping: Int(seconds * 1e6)))
            case .hang: plan.hang()
            case .flip: flips = true
            }
        }
        let value = try call(limit, flips)
        if let afterwards {
            throw FileError(side: side, operation: operation.rawValue, errno: afterwards, path: path)
        }
        return value
    }
}
