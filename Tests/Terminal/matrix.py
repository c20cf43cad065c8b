#!/usr/bin/env python3
"""Every size, terminal and locale: no crash, modes as before, nothing foreign on the wire, alternate screen left."""
import os
import re
import subprocess
import sys
import tempfile

from ptydriver import Count, Session, arguments, engine_for, environment

SIZES = [(1, 1), (20, 5), (40, 10), (80, 24), (160, 48), (500, 200)]
TERMS = ["xterm-256color", "tmux", "linux", "vt100", "xterm-nobody-knows", "dumb", None]
LATIN = "de_DE.ISO-8859-1"

# What curses and the terminal descriptions write; anything else with a control byte came from a name.
ALLOWED = re.compile(
    rb"\x1b\[[?>]?[0-9;]*[@A-Za-z`]|\x1b[()][0AB]|\x1b[=>78MDcHZ]|\x1b\]52;c;[A-Za-z0-9+/=]*\x07"
    rb"|\x1b\]\d*R|\x1b\[!p|\$<\d+[*/]*>")
CONTROL = re.compile(rb"[\x00-\x07\x0b\x0c\x10-\x1f\x7f]")
MOVES = set(b"@ABCDEFGHJKLMPSTXZabcdefghlmnrstu`")
FOREIGN = [b"\x1b]0;", b"\x1b[6n", b"\x1b[c", b"\x1bP", b"\xc2\x9b", b"\xc2\x90", b"\xe2\x80\xae", b"\xe2\x80\x8b",
           b"\xef\xbb\xbf", b"\xee\x80\x80"]


def has_locale(name):
    return subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.lower().replace("-", "").find(
        name.lower().replace("-", "")) >= 0


def latin_environment(folder):
    """A locale that is not UTF-8, made in a folder of our own where the system has none."""
    if has_locale(LATIN):
        return {"LC_ALL": LATIN}
    target = os.path.join(folder, LATIN)
    made = subprocess.run(["localedef", "-i", "de_DE", "-f", "ISO-8859-1", target], capture_output=True)
    return {"LC_ALL": LATIN, "LOCPATH": folder} if os.path.isdir(target) else None


def leftovers(output, is_utf8):
    """Control bytes that no terminal description explains, and foreign sequences."""
    rest = ALLOWED.sub(b"", bytes(output))
    found = [hex(byte) for byte in set(CONTROL.findall(rest)) for byte in byte]
    if not is_utf8:
        # In a one-byte locale 0x80 to 0x9f are control bytes too.
        found += [hex(byte) for byte in set(rest) if 0x80 <= byte <= 0x9f]
    return found + [repr(sequence) for sequence in FOREIGN if sequence in output]


def one(count, options, size, term, name, locale):
    label = f"{size[0]}x{size[1]} TERM={term} {name}"
    session = Session(options.command, *size, environment(TERM=term, **locale))
    try:
        if term in (None, "dumb"):
            session.settle()
            if options.attached:
                session.wait_for(lambda: b"attached" in session.output)
                session.send(b"quit\n")
            else:
                session.leave(options.quit)
            status = session.exit_status(options.patience)
            # Without a full screen the program says so, or goes on as plain text; never an escape sequence.
            count.check(status is not None and status >= 0, f"{label}: ended with {status}")
            count.check(b"\x1b" not in session.output, f"{label}: escape sequences on a terminal without them")
        else:
            session.wait_for(lambda: len(session.output) > 0)
            session.settle()
            walk = [b"7", b"o", b"q", b"9", b"!", b"q", b"8", b"1"] if options.attached else []
            for keys in (*walk, b"\x1b[B" * 30, b"\x1b[6~", b"\t", b"?", b"\x1b"):
                session.send(keys)
                session.settle(quiet=0.05)
            # Escape and a letter in one breath are Alt and that letter.
            session.pump(0.2)
            session.leave(options.quit)
            status = session.exit_status(options.patience)
            count.check(status is not None and status >= 0, f"{label}: ended with {status}")
            output = bytes(session.output)
            last_on, last_off = output.rfind(b"\x1b[?1049h"), output.rfind(b"\x1b[?1049l")
            count.check(last_off >= last_on, f"{label}: alternate screen not left")
        count.check(session.modes_kept(), f"{label}: modes of the terminal changed")
        foreign = leftovers(session.output, is_utf8=name != "latin1")
        count.check(not foreign, f"{label}: foreign on the wire: {foreign[:8]}")
    finally:
        session.close()


def main():
    options = arguments(__doc__, patience=(10.0, "seconds to wait for the end"), folder=("", "for the made locale"))
    count = Count("terminal matrix")
    with tempfile.TemporaryDirectory() as made, engine_for(options) as running:
        locales = {"C": {"LC_ALL": "C"}, "C.UTF-8": {"LC_ALL": "C.UTF-8"}, "latin1": latin_environment(options.folder or made)}
        if count.check(locales["latin1"] is not None, "localedef made no ISO-8859-1 locale") is False:
            del locales["latin1"]
        for size in SIZES:
            for term in TERMS:
                for name, locale in locales.items():
                    one(count, options, size, term, name, locale)
        one(count, options, (80, 24), "xterm-256color", "no colour", {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"})
        if running:
            count.check(running.is_alive(), "the engine did not outlive its consoles")
    count.close()


if __name__ == "__main__":
    sys.exit(main())
