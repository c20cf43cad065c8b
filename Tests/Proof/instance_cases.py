"""Cases about processes: a second one, another host, locks, descriptors, signals."""
import os
import signal
import subprocess
import time

import auditor
from harness import BUSY, FAILED, INTERRUPTED, OK, TERMINATED, WARNINGS, finish, kill, until

CLOSE_ON_EXEC = 0o2000000


def lock_path(bench):
    return os.path.join(bench.mirror.state, "holdfast", "engine.lock")


def b1_enrol(bench):
    """B1 enrolling killed at random moments: enrolling again just works"""
    import random
    import shutil
    rng, began = random.Random(1), time.monotonic()
    bench.mirror.enrol()
    whole = time.monotonic() - began
    for _ in range(10):
        for folder in (bench.mirror.state, *(os.path.join(bench.mirror.target, name) for name in
                                             ("by-hash", ".holdfast"))):
            shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(bench.mirror.state)
        process = bench.mirror.start("enrol", "--fan-out", "1,1")
        time.sleep(rng.uniform(0, whole))
        kill(process)
        killed = finish(process).status == -9
        again = bench.mirror.call("enrol", "--fan-out", "1,1")
        bench.check(again.status in (OK, WARNINGS) or not killed, f"enrolling after a kill: {again.brief()}")
    bench.runs_clean("after enrolling")


def b21_second(bench):
    """B21 a second instance ends with 75 and names the first by its pid; the first is not disturbed"""
    process = bench.start_slowly()
    bench.full_speed()
    bench.mirror.configure(rate_limit="1 MiB/s")
    began = time.monotonic()
    answer = bench.mirror.call("run", timeout=20)
    bench.check(answer.status == BUSY, f"must be busy: {answer.brief()}")
    bench.check(str(process.pid) in answer.out + answer.err, f"must name pid {process.pid}: {answer.brief()}")
    bench.check(time.monotonic() - began < 5, "must say so at once")
    first = finish(process, timeout=60)
    bench.check(first.status in (OK, WARNINGS), f"the first: {first.brief()}")
    bench.clean("after both")


def b22_other_host(bench):
    """B22 a second host with the same drive, from a state folder copied to it: refused while the first works"""
    import shutil
    process = bench.start_slowly()
    mirror = bench.mirror
    kept, mirror.state = mirror.state, os.path.join(bench.root, "other-host")
    shutil.copytree(kept, mirror.state, ignore=shutil.ignore_patterns("*.sock"))
    machine = os.path.join(bench.root, "machine-id")
    with open(machine, "w") as file:
        file.write("f" * 32 + "\n")
    script = f'mount --bind {machine} /etc/machine-id; hostname other-host; exec "$@"'
    answer = mirror.call("run", timeout=30, before=["unshare", "--mount", "--uts", "sh", "-c", script, "sh"])
    mirror.state = kept
    bench.check(answer.status in (FAILED, BUSY), f"a second host must be refused: {answer.brief()}")
    first = finish(process, timeout=60)
    bench.check(first.status in (OK, WARNINGS), f"the first: {first.brief()}")
    bench.clean("after both")


def b23_stale(bench):
    """B23 an empty lock file, one with a stale pid, one with a living stranger's pid: the kernel's lock is the truth"""
    os.makedirs(os.path.dirname(lock_path(bench)), exist_ok=True)
    for number, text in enumerate(("", "1\n", f"{os.getpid()}\n", '{"pid": 1', "\x1b[2J" * 1000)):
        with open(lock_path(bench), "w") as file:
            file.write(text)
        bench.runs_clean(f"lock file with {text[:12]!r}")


def b23_killed(bench):
    """B23 a lock of a process that was killed: the next one simply works"""
    process = bench.start_slowly()
    kill(process)
    process.wait()
    bench.runs_clean("after the kill")


def b24_engine(bench):
    """B24 the state folder's lock is deleted under a run: it stops before the next commit"""
    deleted(bench, lock_path(bench))


def b24_volume(bench):
    """B24 the volume's lock is deleted under a run: it stops before the next commit"""
    deleted(bench, os.path.join(bench.mirror.target, ".holdfast", "lock"))


def deleted(bench, path):
    process = bench.start_slowly()
    os.unlink(path)
    answer = finish(process, timeout=20)
    bench.check(answer.status == FAILED, f"must stop as failed: {answer.brief()}")
    safe = sum(state in auditor.SAFE for _, state in bench.mirror.rows().values())
    bench.check(safe < 300, "it went on to the end")
    verdict = bench.mirror.audit(crashed=True)
    bench.check(verdict.clean, f"audit: {verdict.details()}")
    bench.runs_clean("started again")


def b25_descriptors(bench):
    """B25 every descriptor of a running mirror is close-on-exec"""
    process = bench.start_slowly()
    seen, inherited = 0, set()
    for _ in range(20):
        for number in os.listdir(f"/proc/{process.pid}/fdinfo"):
            if int(number) <= 2:
                continue
            try:
                with open(f"/proc/{process.pid}/fdinfo/{number}") as file:
                    flags = next(int(line.split()[1], 8) for line in file if line.startswith("flags"))
                where = os.readlink(f"/proc/{process.pid}/fd/{number}")
            except OSError:
                continue
            seen += 1
            if not flags & CLOSE_ON_EXEC:
                inherited.add(f"{number} {where}")
        time.sleep(0.05)
    bench.check(not inherited, f"children would inherit {sorted(inherited)}")
    bench.check(seen > 20, f"only {seen} descriptors seen")
    kill(process, signal.SIGTERM)
    finish(process)


def b26_nothing_left(bench):
    """B26 after kill -9 of a run nothing of it is left running"""
    process = bench.start_slowly()
    group = process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    def alive():
        found = subprocess.run(["pgrep", "-g", str(group)], stdout=subprocess.PIPE)
        return found.stdout.split()
    bench.check(until(lambda: not alive(), seconds=5), f"still running: {alive()}")
    bench.runs_clean("after the kill")


def stopped_by(number, status):
    def case(bench):
        process = bench.start_slowly()
        began = time.monotonic()
        kill(process, number)
        answer = finish(process, timeout=20)
        seconds = time.monotonic() - began
        bench.check(answer.status == status, f"must exit {status}: {answer.brief()}")
        bench.check(seconds < 10, f"took {seconds:.1f} s")
        left = auditor.Tree(os.path.join(bench.mirror.target, "by-hash"), "blake3", bench.mirror.fan_out).temporaries
        bench.check(not left, f"temporaries left: {left[:3]}")
        verdict = bench.mirror.audit(crashed=True, foreign=bench.foreign)
        bench.check(verdict.clean, f"audit: {verdict.details()}")
        copying = [n for n, (_, state) in bench.mirror.rows().items() if state == auditor.COPYING]
        bench.check(not copying, f"{len(copying)} rows left as begun")
        bench.runs_clean("afterwards")
    case.__doc__ = f"B29 {signal.Signals(number).name} in the middle: clean end within 10 s, status {status}"
    return case


SLOWLY = {"blobs": 300}
TABLE = {
    "B1": (b1_enrol, {"blobs": 30, "enrol": False}),
    "B21": (b21_second, SLOWLY), "B22": (b22_other_host, SLOWLY), "B23": (b23_stale, {"blobs": 30}),
    "B23-killed": (b23_killed, SLOWLY), "B24": (b24_engine, SLOWLY), "B24-volume": (b24_volume, SLOWLY), "B25": (b25_descriptors, SLOWLY),
    "B26": (b26_nothing_left, SLOWLY), "B29": (stopped_by(signal.SIGTERM, TERMINATED), SLOWLY),
    "B29-int": (stopped_by(signal.SIGINT, INTERRUPTED), SLOWLY),
}
