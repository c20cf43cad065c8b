#!/usr/bin/env python3
"""Signals, crashes, stops and hang-ups: the terminal is left as it was, and nobody spins."""
import os
import signal
import sys
import time

from ptydriver import Count, Session, arguments, engine_for, environment

PLAIN = dict(TERM="xterm-256color", LC_ALL="C.UTF-8")


def start(options, **more):
    session = Session(options.command, 80, 24, environment(**PLAIN), **more)
    session.wait_for(lambda: b"\x1b[?1049h" in session.output)
    session.settle()
    return session


def left(session):
    output = bytes(session.output)
    return (output.rfind(b"\x1b[?1049l") > output.rfind(b"\x1b[?1049h")
            and output.rfind(b"\x1b[?25h") > output.rfind(b"\x1b[?25l")
            and output.rfind(b"\x1b[?2004l") > output.rfind(b"\x1b[?2004h"))


def deadly(count, options, number, crashes):
    name = signal.Signals(number).name
    session = start(options)
    os.kill(session.process.pid, number)
    status = session.exit_status(options.patience)
    count.check(status is not None, f"{name}: still running")
    if crashes:
        count.check(status == -number, f"{name}: ended with {status}")
    else:
        count.check(status is not None and status >= 0, f"{name}: ended with {status}")
    count.check(left(session), f"{name}: screen not left")
    count.check(session.modes_kept(), f"{name}: modes of the terminal changed")
    session.close()


def trap(count, options):
    if not options.crash:
        return
    session = start(options)
    session.send(options.crash.encode())
    status = session.exit_status(options.patience)
    count.check(status is not None and status < 0, f"trap: ended with {status}")
    count.check(left(session) and session.modes_kept(), "trap: terminal not as it was")
    session.close()


def state(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def stop(count, options, how):
    """^Z, an outside TSTP, and a STOP that nobody can see coming; then CONT."""
    session = start(options)
    pid = session.process.pid
    if how == "key":
        session.send(b"\x1a")
    else:
        os.kill(pid, signal.SIGTSTP if how == "tstp" else signal.SIGSTOP)
    stopped = session.wait_for(lambda: state(pid) == "T", 3)
    if how != "stop":
        # A session's leader has no parent in its session: its group is orphaned, the kernel drops the stop, and the
        # program must come back by itself. Where it does stop, its terminal must be free meanwhile.
        if stopped:
            count.check(left(session) and session.modes_kept(), f"{how}: terminal not free while stopped")
    else:
        count.check(stopped, "stop: not stopped")
    session.settle()
    before = len(session.output)
    session.resize(100, 30)
    os.kill(pid, signal.SIGCONT)
    session.wait_for(lambda: len(session.output) > before, 3)
    session.settle()
    count.check(len(session.output) > before, f"{how}: not drawn again")
    count.check(not session.modes_kept(), f"{how}: not back in raw modes")
    session.leave(options.quit)
    count.check(session.exit_status(options.patience) is not None, f"{how}: still running")
    count.check(left(session) and session.modes_kept(), f"{how}: terminal not as it was")
    session.close()


def job_control(count, options):
    """Under a shell with job control: ^Z gives the shell back, fg the screen."""
    shell = Session(["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"], 80, 24, environment(PS1="READY> ", **PLAIN))
    shell.wait_for(lambda: b"READY> " in shell.output)
    shell.send((" ".join(options.command) + "\n").encode())
    shell.wait_for(lambda: b"\x1b[?1049h" in shell.output)
    shell.settle()
    shell.send(b"\x1a")
    stopped = shell.wait_for(lambda: b"Stopped" in shell.output, 5)
    count.check(stopped and left(shell), "job control: ^Z did not stop")
    shell.send(b"bg\n")
    shell.settle(quiet=0.6)
    mark = len(shell.output)
    shell.pump(1.5)
    count.check(b"\x1b[?1049h" not in shell.output[mark:], "job control: drawn from the background")
    shell.send(b"fg\n")
    count.check(shell.wait_for(lambda: b"\x1b[?1049h" in shell.output[mark:], 5), "job control: fg did not draw")
    shell.settle()
    shell.leave(options.quit)
    count.check(shell.wait_for(lambda: left(shell), 5), "job control: screen not left")
    shell.send(b"exit\n")
    shell.exit_status(5)
    shell.close()


def hang_up(count, options, ignore):
    name = "hang-up with HUP ignored" if ignore else "hang-up"
    session = start(options, ignore_hup=ignore)
    began = time.monotonic()
    session.hang_up()
    while session.process.poll() is None and time.monotonic() - began < 5:
        time.sleep(0.02)
    took = time.monotonic() - began
    count.check(session.process.poll() is not None and took < options.within, f"{name}: took {took:.2f} s")
    session.close()


def noise(count, options):
    """What a library prints must not reach the screen."""
    if not options.noise:
        return
    session = start(options)
    session.send(options.noise.encode())
    session.settle()
    count.check(b"noise" not in session.output, "noise: standard error reached the screen")
    session.leave(options.quit)
    session.exit_status()
    session.close()


def main():
    options = arguments(
        __doc__, patience=(5.0, "seconds to wait for the end"), within=(1.0, "seconds to end after a hang-up"),
        crash=("", "key that makes the program trap"), noise=("", "key that prints `noise` to standard error"))
    count = Count("terminal signals")
    with engine_for(options) as running:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
            deadly(count, options, number, crashes=False)
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP):
            deadly(count, options, number, crashes=True)
        trap(count, options)
        for how in ("key", "tstp", "stop"):
            stop(count, options, how)
        job_control(count, options)
        hang_up(count, options, ignore=False)
        hang_up(count, options, ignore=True)
        noise(count, options)
        if running:
            count.check(running.is_alive(), "the engine did not outlive its consoles")
    count.close()


if __name__ == "__main__":
    sys.exit(main())
