#!/usr/bin/env python3
"""What one changed frame costs on the wire and in processor time, and what doing nothing costs."""
import os
import sys

from ptydriver import Count, Session, arguments, environment


def processor(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    options = arguments(__doc__, keys=("\x1b[B\x1b[A", "keys that change a little"), frames=(400, "how many"),
                        idle=(10.0, "seconds of doing nothing"), share=(0.01, "most processor share while idle"))
    count = Count("terminal cost")
    session = Session(options.command, 160, 48, environment(TERM="xterm-256color", LC_ALL="C.UTF-8"))
    session.wait_for(lambda: b"\x1b[?1049h" in session.output)
    session.settle()
    pid, size, used = session.process.pid, len(session.output), processor(session.process.pid)
    key = options.keys.encode().decode("unicode_escape").encode("latin1")
    for _ in range(options.frames):
        session.send(key)
        session.pump(0.005)
    session.settle()
    bytes_each = (len(session.output) - size) / options.frames
    cpu_each = (processor(pid) - used) / options.frames * 1000
    print(f"{bytes_each:.0f} bytes and {cpu_each:.2f} ms a key press at 160x48")
    used, size = processor(pid), len(session.output)
    session.pump(options.idle)
    idle = (processor(pid) - used) / options.idle
    print(f"{idle * 100:.2f} % of a core and {(len(session.output) - size) / options.idle:.0f} bytes/s while nothing is typed")
    count.check(idle <= options.share, f"{idle * 100:.2f} % of a core while idle")
    session.leave(options.quit)
    count.check(session.exit_status(30) is not None, "still running")
    session.close()
    count.close()


if __name__ == "__main__":
    sys.exit(main())
