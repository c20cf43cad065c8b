#!/usr/bin/env python3
"""Random keys, pastes, broken sequences and sizes: the program goes on, and leaves the terminal as it was."""
import random
import sys
import tempfile
import time

from ptydriver import Count, Session, arguments, engine_for, environment

KEYS = [b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\x1bOA", b"\x1b[H", b"\x1b[F", b"\x1b[5~", b"\x1b[6~", b"\x1b[Z",
        b"\x1b[3~", b"\x1bOP", b"\x1b[15~", b"\t", b"\r", b"\x1b", b"\x7f", b" ", b"\x0c", b"\x1bx", b"\x1b[I", b"\x1b[O"]
BROKEN = [b"\xff", b"\xc3", b"\xe2\x82", b"\x1b[", b"\x1b[999;", b"\x1b[<0;10;10M", b"\x1b[M !!", b"\x1b]0;x\x07",
          b"\x1bPq\x1b\\", b"\x00", b"\xc2\x9b31m", b"\x1b[1;2;3;4;5;6z", "é漢👨‍👩‍👧".encode()]


# Keys that ask for something, and what is answered half a second later, when a dialog takes an answer.
ORDERS = [(b"7R", b"y"), (b"7X", b"yes\r"), (b"7P", b"y"), (b"7E", b"y"), (b"7K", b"y"), (b"!", b"M"), (b"!", b"A"),
          (b"!", b"C"), (b"!", b"Z5m\r"), (b"9A", b"seen\r"), (b"9Z", b"1h\r"), (b"2U", b"y"), (b"2V", b"y"),
          (b"2X", b"yes\r"), (b"7o", b"fGq")]


def order(session, keys, answer):
    for part, seconds in ((b"\x1b[201~", 0.05), (b"\x1b", 0.1), (b"\x1b", 0.1), (keys, 0.6), (answer, 0.05)):
        session.send(part)
        session.pump(seconds)


def event(chance, forbidden):
    kind = chance.random()
    if kind < 0.45:
        return chance.choice(KEYS)
    if kind < 0.80:
        return bytes([chance.choice([byte for byte in range(0x21, 0x7f) if byte not in forbidden])])
    if kind < 0.92:
        return chance.choice(BROKEN)
    return b"\x1b[200~" + bytes(chance.randrange(32, 127) for _ in range(chance.randrange(200))) + b"\x1b[201~"


def main():
    options = arguments(__doc__, events=(20000, "how many"), seed=(1, "of the random numbers"),
                        avoid=("qx", "keys that are never typed because they end the program"))
    count = Count("terminal monkey")
    with engine_for(options) as running, tempfile.TemporaryDirectory() as folder:
        before = running.orders() if running else 0
        play(count, options, folder, running)
        if running:
            count.check(running.is_alive(), f"seed {options.seed}: the engine did not outlive its consoles")
            orders = running.orders() - before
            count.check(orders > 0, f"seed {options.seed}: nothing was ordered, so nothing was tested")
            print(f"{orders} orders in the audit log")
    count.close()


def begin(options, folder):
    """Keys that write a file write it into the folder."""
    session = Session(options.command, 80, 24, environment(TERM="xterm-256color", LC_ALL="C.UTF-8"), cwd=folder)
    session.settle()
    return session


def play(count, options, folder, running):
    chance = random.Random(options.seed)
    forbidden = set(options.avoid.encode())
    session = begin(options, folder)
    done, attached, began = 0, 1, time.monotonic()
    while done < options.events:
        if running and session.process.poll() == 0:
            # Left by the palette, which asks nothing where the engine goes on: attach again.
            count.check(session.modes_kept(), f"seed {options.seed}: modes changed by a console that was left")
            session.close()
            session, attached = begin(options, folder), attached + 1
        if session.process.poll() is not None:
            break
        if chance.random() < 0.02:
            size = chance.choice([(0, 0), (1, 1), (2, 1), (7, 300), (500, 200), (80, 24), (160, 48)])
            session.resize(*size)
        elif not session.send(event(chance, forbidden)) and session.process.poll() is None:
            break
        done += 1
        if running and chance.random() < 0.015:
            order(session, *chance.choice(ORDERS))
        if done % 50 == 0:
            session.pump(0)
            session.output.clear()
    alive = session.process.poll() is None or (running and session.process.poll() == 0)
    count.check(
        done == options.events and alive,
        f"seed {options.seed}: stopped after {done} events, status {session.process.poll()}")
    leave(count, options, session)
    print(f"{done} events in {time.monotonic() - began:.1f} s" + (f", attached {attached} times" if running else ""))


def leave(count, options, session):
    session.resize(80, 24)
    session.send(b"\x1b[201~\x1b\\")
    session.settle(quiet=0.5, seconds=20)
    # Dialogs and prompts are left one by one, then the program.
    for _ in range(20):
        if session.process.poll() is not None:
            break
        session.send(b"\x1b")
        session.pump(0.1)
        session.leave(options.quit)
    status = session.exit_status()
    count.check(status is not None and status >= 0, f"seed {options.seed}: ended with {status}")
    count.check(session.modes_kept(), f"seed {options.seed}: modes of the terminal changed")
    session.close()


if __name__ == "__main__":
    sys.exit(main())
