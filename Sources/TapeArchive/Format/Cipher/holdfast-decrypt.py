#!/usr/bin/env python3
"""holdfast-decrypt.py KEYFILE < encrypted > plain     Decrypts an archive of a Holdfast tape.

Usage: cat part.1 part.2 ... | python3 holdfast-decrypt.py KEYFILE | zstd -dc | tar -xpf -
KEYFILE is the key file, or the paper key typed into a file: four lines "1 XXXX-XXXX-XXXX-XXXX" to "4 ...".
Needs Python 3 and OpenSSL's libcrypto (1.1.1 or later); nothing else. Ends with an error, and status 1, if a byte was
changed, a part is missing, exchanged or cut short: what was written before that is right all the same.

The format: 256 bytes of text (key id, salt, frame size), then frames. A frame is 4 bytes of length, big-endian, whose
highest bit marks the last; so many encrypted bytes; 16 bytes of tag. AES-256-GCM; the key is HKDF-SHA256 of the master
key, the salt and "holdfast archive 1"; the nonce is 4 zero bytes and the frame's number, 8 bytes big-endian, from 0;
authenticated with it are the 256 bytes and the 4 of the length.
"""
import ctypes, ctypes.util, hashlib, hmac, re, struct, sys

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def fail(words):
    sys.stderr.write("holdfast-decrypt: %s\n" % words)
    sys.exit(1)


def read_key(path):
    parts, wanted = {}, None
    for line in open(path, encoding="utf-8", errors="replace"):
        words = line.strip().split(" ", 1)
        if len(words) != 2:
            continue
        if words[0] == "id":
            wanted = words[1].replace(" ", "").lower()
        if words[0] not in ("1", "2", "3", "4"):
            continue
        number = int(words[0])
        text = re.sub(r"[\s-]", "", words[1]).upper().replace("O", "0").replace("I", "1").replace("L", "1")
        if len(text) != 16 or any(letter not in LETTERS for letter in text):
            fail("line %d of the key has not 16 letters of 0-9 A-Z" % number)
        value = 0
        for letter in text:
            value = value << 5 | LETTERS.index(letter)
        raw = value.to_bytes(10, "big")
        if hashlib.sha256(b"HOLDFAST KEY 1" + bytes([number]) + raw[:8]).digest()[:2] != raw[8:]:
            fail("line %d of the key has a typing error" % number)
        parts[number] = raw[:8]
    for number in (1, 2, 3, 4):
        if number not in parts:
            fail("line %d of the key is missing" % number)
    key = b"".join(parts[number] for number in (1, 2, 3, 4))
    name = hashlib.sha256(b"holdfast key id 1" + key).hexdigest()[:16]
    if wanted and wanted != name:
        fail("each line of the key is right, but its id line is that of another key")
    return key, name


def derive(key, salt, info):
    """HKDF-SHA256 (RFC 5869), 32 bytes."""
    return hmac.new(hmac.new(salt, key, "sha256").digest(), info + b"\x01", "sha256").digest()


class Cipher:
    """AES-256-GCM by libcrypto's EVP calls."""

    def __init__(self, key):
        name = ctypes.util.find_library("crypto")
        try:
            self.lib = ctypes.CDLL(name or "libcrypto.so.3")
        except OSError:
            fail("OpenSSL's libcrypto is not here (Debian: apt install libssl3)")
        for call in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm"):
            getattr(self.lib, call).restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.lib.EVP_CIPHER_CTX_new())
        self.must(self.lib.EVP_DecryptInit_ex(
            self.context, ctypes.c_void_p(self.lib.EVP_aes_256_gcm()), None, key, None))

    def must(self, answer):
        if answer != 1:
            fail("libcrypto cannot do AES-256-GCM")

    def open(self, nonce, bound, sealed, tag):
        length, out = ctypes.c_int(0), ctypes.create_string_buffer(len(sealed) + 16)
        self.must(self.lib.EVP_DecryptInit_ex(self.context, None, None, None, nonce))
        self.must(self.lib.EVP_DecryptUpdate(self.context, None, ctypes.byref(length), bound, len(bound)))
        if sealed:
            self.must(self.lib.EVP_DecryptUpdate(self.context, out, ctypes.byref(length), sealed, len(sealed)))
        self.must(self.lib.EVP_CIPHER_CTX_ctrl(self.context, 0x11, 16, tag))
        rest = ctypes.create_string_buffer(16)
        if self.lib.EVP_DecryptFinal_ex(self.context, rest, ctypes.byref(length)) != 1:
            return None
        return out.raw[:len(sealed)]


def take(stream, count):
    data = stream.read(count)
    if len(data) != count:
        fail("the stream is cut short: a part is missing, or not whole")
    return data


def main():
    if len(sys.argv) != 2:
        sys.stderr.write(__doc__)
        sys.exit(2)
    key, name = read_key(sys.argv[1])
    source, target = sys.stdin.buffer, sys.stdout.buffer
    header = take(source, 256)
    if not header.startswith(b"HFAEAD1\n"):
        fail("this is no encrypted archive of Holdfast, or not its first part")
    fields = dict(word.split("=", 1) for word in header[8:].decode("ascii", "replace").split() if "=" in word)
    if fields.get("key") != name:
        fail("the archive needs the key %r, this is the key %s" % (fields.get("key"), name))
    cipher = Cipher(derive(key, bytes.fromhex(fields["salt"]), b"holdfast archive 1"))
    size, number, last = int(fields["frame"]), 0, False
    while not last:
        prefix = take(source, 4)
        word = struct.unpack(">I", prefix)[0]
        last, length = bool(word >> 31), word & 0x7fffffff
        if length > size or (length < size and not last):
            fail("frame %d has no valid length" % number)
        sealed = take(source, length)
        plain = cipher.open(b"\0\0\0\0" + struct.pack(">Q", number), header + prefix, sealed, take(source, 16))
        if plain is None:
            fail("frame %d was changed or exchanged" % number)
        target.write(plain)
        number += 1
    target.flush()
    if source.read(1):
        fail("there are bytes behind the last frame")


main()
