/// The text for somebody without our program, at the head of every tape file and in the label's README.
package enum HowToRead {
    /// A few lines about one tape file. `device`: the non-rewinding one, for instance `/dev/nst0`.
    static func text(_ facts: PartFacts, device: String) -> String {
        let size = facts.blockSize
        let factor = size / Tar.record
        switch facts.kind {
        case .label, .end:
            return """
                This is \(facts.kind == .label ? "the label" : "the end mark") of a Holdfast tape. To read it:
                  mt -f \(device) asf \(facts.sequence); dd if=\(device) bs=\(size) | tar -xvf -

                """
        case .index where facts.key.isEmpty:
            return """
                This is the list of an archive on this tape, a plain tar file. To read it:
                  mt -f \(device) asf \(facts.sequence); dd if=\(device) bs=\(size) | tar -xvf -

                """
        case .index,
            .archive where !facts.compression.isPlain || !facts.key.isEmpty:
            return rawText(facts, device: device)
        case .archive:
            return """
                This is part \(facts.part) of a plain tar archive (POSIX pax), from its byte \(facts.offset) on.
                All of it is on this tape if the tape file behind it is not an end mark. To restore it:
                  mt -f \(device) asf \(facts.sequence); tar -xpf \(device) -b \(factor)
                If it goes on over several tapes, begin with part 1 and put the next in when tar asks:
                  mt -f \(device) asf \(facts.sequence); tar -xpMf \(device) -b \(factor)
                (before each answer wind the tape to its part with mt; add --xattrs --xattrs-include='*' --acls for all
                attributes). The README in tape file 0 says more.

                """
        }
    }

    private static func rawText(_ facts: PartFacts, device: String) -> String {
        let unpack = facts.compression.isPlain ? "" : " | \(facts.compression.unpack)"
        let decrypt = facts.key.isEmpty ? "" : " | python3 holdfast-decrypt.py KEYFILE"
        let locked = facts.key.isEmpty ? "" : "It is ENCRYPTED (AES-256-GCM) with the key \(facts.key).\n"
        return """
            The next tape file is part \(facts.part) of \(facts.kind == .index ? "an archive's list" : "an archive"), raw, from its byte \(facts.offset) on.
            \(locked)Get all parts in order, one file each, then unpack them together:
              mt -f \(device) asf \(facts.sequence + 1); dd if=\(device) bs=\(facts.blockSize) of=part.\(facts.part)
              cat part.1 part.2 ...\(decrypt)\(unpack) | tar -xpf -

            """
    }
}
