package import BackupModel

extension TapeStation {
    package func look(_ look: TapeLook, in drive: String) async throws(Failure) -> [String] { [] }
    package func move(_ motion: TapeMotion, in drive: String) async throws(Failure) -> String { "" }
    package func add(_ barcode: String, to library: String, capacity: Int64?) async throws(Failure) -> String { "" }
}
