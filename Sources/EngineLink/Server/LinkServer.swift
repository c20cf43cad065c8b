package import BackupModel
import CLinux
import NIOCore
import NIOPosix
import Synchronization

/// The engine's two sockets: `engine.sock` for its own user, `view.sock` for those who may look.
package final class LinkServer: Sendable {
    private let hub: LinkHub
    private let acceptor: Acceptor
    private let folder: FolderBox

    /// Begins to listen. The caller holds the engine's lock.
    ///
    /// Throws `SOCKET_PATH_TOO_LONG`, `RUNTIME_FOLDER`, `RUNTIME_FOLDER_NOT_OURS`, `SOCKET_NAME_TAKEN`,
    /// `ENGINE_ANSWERS`, or what `checkLock` throws.
    package static func start(
        _ settings: LinkServerSettings, service: any EngineService
    ) async throws(Failure) -> LinkServer {
        let opened: Result<LinkServer, Failure>
        do {
            opened = try await NIOThreadPool.singleton.runIfActive {
                do throws(Failure) { return .success(try LinkServer(settings, service)) } catch {
                    return .failure(error)
                }
            }
        } catch { throw linkFailure("ENGINE_STOPS", "the process is ending") }
        let server = try opened.get()
        await server.learnOwnNames()
        server.open()
        return server
    }

    private init(_ settings: LinkServerSettings, _ service: any EngineService) throws(Failure) {
        var folder = try RuntimeFolder.claimed(settings.runtimeFolder)
        let group = settings.viewGroup
        let operate = try folder.listen(.operate, group: group, checkLock: settings.checkLock)
        let look: Int32
        do throws(Failure) {
            look = try folder.listen(.look, group: group, checkLock: settings.checkLock)
        } catch {
            folder.removeSockets()
            _ = clinux_close(operate)
            throw error
        }
        acceptor = try Acceptor(operate: operate, look: look, group: group ?? clinux_own_group())
        self.folder = FolderBox(folder)
        hub = LinkHub(
            loop: MultiThreadedEventLoopGroup.singleton.next(), service: service, settings: settings)
        PollDescriptors.closeOnExec()
    }

    /// Those who may give orders, so that each order has its name from the first on; a slow lookup is not waited for.
    private func learnOwnNames() async {
        let loop = hub.loop
        let names = EventLoopFuture.andAllComplete(
            [hub.owner, 0].map { hub.names.learn($0, on: loop) }, on: loop)
        let promise = loop.makePromise(of: Void.self)
        names.cascade(to: promise)
        let limit = loop.scheduleTask(in: .seconds(2)) { promise.succeed() }
        try? await promise.futureResult.get()
        limit.cancel()
    }

    private func open() {
        acceptor.start(
            admit: { [hub] fd, peer, door in hub.loop.execute { hub.admit(fd, peer, door) } },
            refused: { [hub] peer, failure in
                hub.loop.execute {
                    hub.report(Person(user: "uid \(peer.uid)", uid: peer.uid, via: "pid \(peer.pid)"), failure)
                }
            })
    }

    /// Removes the sockets, tells everybody that the engine stops, and closes.
    package func stop() async {
        try? await NIOThreadPool.singleton.runIfActive { [acceptor, folder] in
            folder.removeSockets()
            acceptor.stop()
        }
        try? await hub.loop.submit { [hub] in hub.stop() }.get()
    }
}

/// The folder's descriptor, closed with the server.
private final class FolderBox: Sendable {
    private let folder: Mutex<RuntimeFolder>
    init(_ folder: consuming RuntimeFolder) { self.folder = Mutex(folder) }
    func removeSockets() { folder.withLock { $0.removeSockets() } }
}
