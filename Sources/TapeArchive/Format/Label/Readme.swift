extension VolumeLabel {
    /// The README in the label: everything needed to restore with the programs of any Linux.
    func readme(device: String) -> String {
        let factor = blockSize / Tar.record
        return """
            HOLDFAST TAPE \(label)
            ======================
            Labelled \(created)\(barcode.isEmpty ? "" : ", barcode \(barcode)")\(pool.isEmpty ? "" : ", pool \(pool)").
            You need no special program: mt (package mt-st), dd and GNU tar read all of it.
            Blocks have \(blockSize) bytes (tar -b \(factor), dd bs=\(blockSize)); the drive must be in variable block mode:
              mt -f \(device) setblk 0

            WHAT IS ON THE TAPE
            Tape files are divided by filemarks and counted from 0. File 0 is this label. Then for each archive:
            the archive (plain POSIX tar), then its index (a small tar with a list of all files and hashes).
            A full tape ends with an end mark, which names the next tape. To see what file N is:
              mt -f \(device) asf N; dd if=\(device) bs=\(blockSize) count=1 | head -c 2000

            RESTORE AN ARCHIVE
              mt -f \(device) asf N; tar -xpf \(device) -b \(factor) --xattrs --xattrs-include='*' --acls --numeric-owner
            One that goes on over several tapes (begin with part 1, tar asks for the next):
              mt -f \(device) asf N; tar -xpMf \(device) -b \(factor) --xattrs --xattrs-include='*' --acls --numeric-owner
            When it asks: open a second terminal, eject, put the next tape in, mt -f \(device) asf M to its part, then
            press return. Or copy all parts to disk first and give them in order:
              dd if=\(device) bs=\(blockSize) of=part.1    (and so on)
              tar -xpM -b \(factor) -f part.1 -f part.2 ...

            COMPRESSED OR ENCRYPTED ARCHIVES
            These are two tape files: a small tar with a text that says so, then the raw part. Copy all parts to disk:
              cat part.1 part.2 ... | zstd -dc | tar -xpf -                 (or gzip -dc, lz4 -dc, as the text says)
              cat part.1 part.2 ... | python3 holdfast-decrypt.py KEYFILE | zstd -dc | tar -xpf -
            holdfast-decrypt.py lies beside this README; it needs Python 3 and OpenSSL's libcrypto. KEYFILE is the key
            file or the paper key, typed in. Keys that archives here may need: \(keys.isEmpty ? "none" : keys.joined(separator: ", "))

            INDEX
              mt -f \(device) asf N+1; dd if=\(device) bs=\(blockSize) | tar -xf -; less HOLDFAST-INDEX.jsonl
            Each line is a file: name, size, hash (BLAKE3, program b3sum), tape file and block.

            """
    }
}
