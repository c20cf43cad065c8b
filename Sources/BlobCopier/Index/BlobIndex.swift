package import BackupModel

/// The port to where the states of blobs are kept; SQLite here, PostgreSQL later. One contract suite proves each.
///
/// Rows are keyed by volume and blob. Every change of a state, its tally and its reason is one durable transaction;
/// when a call returns, a power cut does not undo it. All calls throw `Failure` with side `.catalog`.
package protocol BlobIndex: Sendable {
    // MARK: Volumes

    func volume(_ uuid: String) async throws(Failure) -> IndexedVolume?
    /// All enrolled volumes of this mirror, newest first.
    func volumes() async throws(Failure) -> [IndexedVolume]
    func enrol(_ volume: IndexedVolume) async throws(Failure)
    /// Records the generation about to be written to the marker, before it is written.
    func intend(_ generation: VolumeGeneration, volume: String) async throws(Failure)
    /// Records that the marker bears it.
    func confirm(_ generation: VolumeGeneration, volume: String) async throws(Failure)

    // MARK: Scanning

    /// What the last finished listing of each bucket was; missing for buckets never listed.
    func stamps(volume: String) async throws(Failure) -> [Int: BucketStamp]
    /// Adds new blobs as pending and notes the vanished ones; resumable, since each bucket's stamp goes with its rows.
    func record(_ buckets: [ScannedBucket], volume: String) async throws(Failure) -> ScanDelta
    /// Blobs noted as vanished and not yet applied, in order of name.
    func vanished(volume: String, after: BlobID?, limit: Int) async throws(Failure) -> [BlobID]
    /// Ends a scan: vanished blobs that had no safe copy become `source_missing`, except those in `stillThere`; safe
    /// copies stay safe. `fullWalkAt` is set when the walk was a full one.
    func finishScan(volume: String, stillThere: Set<BlobID>, fullWalkAt: WallTime?) async throws(Failure)
    /// Forgets the noted vanished blobs, when the scan was refused.
    func abandonScan(volume: String) async throws(Failure)
    func lastFullWalk(volume: String) async throws(Failure) -> WallTime?

    // MARK: Copying

    /// Marks the next remaining blobs in order of name as `copying` by this run and returns them (K1): at most `limit`
    /// rows and, after the first, at most `bytes`.
    func claim(
        run: RunID, volume: String, after: BlobID?, limit: Int, bytes: Int64
    ) async throws(Failure) -> [BlobRecord]
    /// What `claim` would give, all states unchanged; for `--dry-run`.
    func remaining(volume: String, after: BlobID?, limit: Int) async throws(Failure) -> [BlobRecord]
    /// Writes what became of blobs, with reasons and attempts, in one transaction (K9, K11).
    func settle(_ outcomes: [BlobOutcome], run: RunID, volume: String, at: WallTime) async throws(Failure) -> Tally
    /// Blobs left `copying` by runs other than this one, in order of name.
    func abandoned(besides run: RunID, volume: String, limit: Int) async throws(Failure) -> [AbandonedBlob]

    // MARK: Proving

    /// Safe copies whose last proof is older than `before` (never proved first), oldest first.
    func unproved(volume: String, before: WallTime, limit: Int) async throws(Failure) -> [BlobRecord]

    // MARK: Asking

    func tally(volume: String) async throws(Failure) -> Tally
    /// 256 cells, by the leading byte of the name.
    func map(volume: String) async throws(Failure) -> [MapCell]
    func record(of blob: BlobID, volume: String) async throws(Failure) -> BlobRecord?
    func failures(volume: String, after: BlobID?, limit: Int) async throws(Failure) -> [BlobFailure]
    /// Failed blobs back to `pending` with no attempts: all, or one; returns how many.
    func requeue(_ blob: BlobID?, volume: String) async throws(Failure) -> Int

    // MARK: Runs

    func begin(_ run: RunSummary, volume: String) async throws(Failure)
    func end(_ run: RunSummary, volume: String) async throws(Failure)
    func runs(volume: String, limit: Int) async throws(Failure) -> [RunSummary]
}
