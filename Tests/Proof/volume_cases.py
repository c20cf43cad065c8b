"""Cases about the drive: away, wrong, cloned, read-only, full, unplugged and back."""
import os
import subprocess
import time

import auditor
from harness import FAILED, OK, WARNINGS, copy_sparse, cut_power, finish, reasons, until
from store import make


def a6_full(bench):
    """A6 full disk in the middle of a run: told on the destination's side, own temporaries gone, resumes when freed"""
    bench.mirror.configure(keep_free=0)
    process = bench.start_slowly()
    ballast = os.path.join(bench.mirror.target, "ballast")
    with open(ballast, "wb", buffering=0) as file:
        chunk = bytes(1 << 16)
        try:
            while True:
                file.write(chunk)
        except OSError:
            pass
    answer = finish(process, timeout=60)
    bench.check(answer.status in (FAILED, WARNINGS), f"a full disk is not ok: {answer.brief()}")
    sides = {reason["side"] for reason in reasons(answer.documents())}
    bench.check(sides == {"destination"}, f"sides told: {sides}: {answer.brief()}")
    bench.check(not leftovers(bench), f"temporaries left: {leftovers(bench)[:3]}")
    verdict = bench.mirror.audit(crashed=True)
    bench.check(verdict.clean, f"audit while full: {verdict.details()}")
    bench.check(os.path.exists(ballast), "somebody else's file was deleted to make room")
    os.unlink(ballast)
    bench.runs_clean("after room was made, without requeue")


def a6_preflight(bench):
    """A6 not enough room from the beginning: said before the first blob is written"""
    free = os.statvfs(bench.mirror.target)
    with open(os.path.join(bench.mirror.target, "ballast"), "wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - (2 << 20))
    bench.foreign = bench.mirror.foreign()
    answer = bench.mirror.call("run")
    bench.check(answer.status in (FAILED, WARNINGS), f"not enough room is not ok: {answer.brief()}")
    sides = {reason["side"] for reason in reasons(answer.documents())}
    bench.check(sides == {"destination"}, f"sides told: {sides}: {answer.brief()}")
    os.unlink(os.path.join(bench.mirror.target, "ballast"))
    bench.foreign.pop("ballast")
    bench.runs_clean("after room was made, without requeue")


def leftovers(bench):
    return auditor.Tree(os.path.join(bench.mirror.target, "by-hash"), "blake3", bench.mirror.fan_out).temporaries


def a10_unplugged(bench):
    """A10 unplugged in the middle and back: one event, no march through the table, resumes by itself"""
    process = bench.start_slowly()
    handle = bench.image.handle()
    cut_power(handle)
    os.close(handle)
    time.sleep(3)
    bench.check(process.poll() is None, "the run must wait for the volume to return")
    failed = [state for _, state in bench.mirror.rows().values() if state > 4]
    bench.check(not failed, f"{len(failed)} blobs were booked as failed for a lost drive")
    # The old mount may be busy: it goes when the run lets go of it, as with a drive that was pulled.
    bench.image.unmount(lazy=True)
    subprocess.run(["losetup", "--detach", bench.image.device], check=False)
    bench.image.device = None
    time.sleep(1)
    bench.image.mount()
    answer = finish(process, timeout=100)
    bench.check(answer.status in (OK, WARNINGS), f"must resume by itself: {answer.brief()}")
    bench.clean("after the volume returned")
    lost = answer.err.count("DESTINATION_LOST") + answer.out.count("DESTINATION_LOST")
    bench.check(lost <= 1, f"{lost} events for one lost drive")


def a11_not_mounted(bench):
    """A11 drive not mounted: the empty folder below it is refused and stays empty"""
    bench.image.unmount()
    before = os.stat(bench.mirror.target).st_mtime_ns
    for verb in ("run", "verify"):
        bench.refused(bench.mirror.call(verb))
    bench.check(os.listdir(bench.mirror.target) == [], "something was written below the mount point")
    bench.check(os.stat(bench.mirror.target).st_mtime_ns == before, "the folder below the mount was touched")
    bench.image.mount()
    bench.runs_clean("mounted again")


def a12_lazy_unmount(bench):
    """A12 lazily unmounted in the middle: nothing lands in the folder below"""
    process = bench.start_slowly()
    bench.image.unmount(lazy=True)
    time.sleep(2)
    bench.check(os.listdir(bench.mirror.target) == [], "something was written below the mount point")
    bench.image.mount()
    answer = finish(process, timeout=100)
    bench.check(answer.status in (OK, WARNINGS, FAILED), f"ended in no known way: {answer.brief()}")
    bench.image.unmount()
    bench.check(os.listdir(bench.mirror.target) == [], "something was written below the mount point")
    bench.image.mount()
    verdict = bench.mirror.audit(crashed=True)
    bench.check(verdict.clean, f"audit after the unmount: {verdict.details()}")
    bench.runs_clean("mounted again")


def snapshot(root):
    """Names, sizes and times of all there is: what a refusal must not change."""
    return {path: (os.lstat(os.path.join(root, path)).st_size, os.lstat(os.path.join(root, path)).st_mtime_ns)
            for path, _ in auditor.walk(root)}


def a13_wrong_drive(bench):
    """A13 another enrolled drive at the right path: refused, untouched"""
    mirror = bench.mirror
    bench.image.unmount()
    other = bench.new_image("other")
    other.mount()
    kept, mirror.state = mirror.state, os.path.join(bench.root, "other-state")
    os.makedirs(mirror.state)
    mirror.enrol()
    mirror.state = kept
    before = snapshot(mirror.target)
    bench.refused(mirror.call("run"))
    bench.check(snapshot(mirror.target) == before, "the wrong drive was written to")
    other.unmount()
    blank = bench.new_image("blank")
    blank.mount()
    bench.refused(mirror.call("run"))
    bench.check(os.listdir(mirror.target) == ["lost+found"], "a blank drive was written to")
    blank.unmount()
    bench.image.mount()
    bench.runs_clean("the right drive again")


def a14_clone(bench):
    """A14 a dd clone of an earlier day, with the same file system and the same marker: refused, untouched"""
    mirror = bench.mirror
    bench.runs_clean("the first day")
    bench.image.unmount()
    clone = bench.new_image("clone")
    copy_sparse(bench.image.path, clone.path)
    bench.image.mount()
    make(mirror.source, 20, 77, fan_out=mirror.fan_out, largest=1 << 14, empty=False)
    bench.runs_clean("the second day")
    bench.image.detach()
    clone.mount()
    before = snapshot(mirror.target)
    bench.refused(mirror.call("run"))
    bench.check(snapshot(mirror.target) == before, "the clone was written to")
    clone.detach()
    bench.image.mount()
    bench.runs_clean("the original again")


def a15_read_only(bench):
    """A15 read-only before and in the middle of a run: ends, on the destination's side, no loop"""
    process = bench.start_slowly()
    # What the kernel does with errors=remount-ro: the journal stops, every later write is refused.
    subprocess.run(["mount", "-o", "remount,abort", bench.mirror.target], check=True)
    answer = finish(process, timeout=60)
    bench.check(answer.status == FAILED, f"in the middle: {answer.brief()}")
    sides = {reason["side"] for reason in reasons(answer.documents())}
    bench.check(sides == {"destination"}, f"in the middle, sides told: {sides}: {answer.brief()}")
    bench.image.detach()
    subprocess.run(["e2fsck", "-p", bench.image.path], stdout=subprocess.DEVNULL, check=False)
    bench.image.mount()
    subprocess.run(["mount", "-o", "remount,ro", bench.mirror.target], check=True)
    answer = bench.mirror.call("run", timeout=30)
    bench.refused(answer)
    subprocess.run(["mount", "-o", "remount,rw", bench.mirror.target], check=True)
    bench.runs_clean("writable again")


def a20_rotten(bench):
    """A19, A20 a copy with the right size and rotten bytes: kept in quarantine, copied anew; a good one is adopted"""
    import random
    import shutil
    from store import flip
    mirror = bench.mirror
    names = [name for name in mirror.truth().sizes if name != auditor.EMPTY_SHA256]
    good, rotten = names[0], names[1]
    for name in (good, rotten):
        shutil.copyfile(mirror.source_path(name), mirror.target_path(name))
    flip(mirror.target_path(rotten), random.Random(1))
    with open(mirror.target_path(rotten), "rb") as file:
        bytes_before = file.read()
    inode = os.stat(mirror.target_path(good)).st_ino
    bench.runs_clean("with orphans")
    bench.check(os.stat(mirror.target_path(good)).st_ino == inode, "a good copy was not adopted")
    kept = [os.path.join(mirror.target, ".holdfast", "quarantine", path)
            for path, entry in auditor.walk(os.path.join(mirror.target, ".holdfast", "quarantine")) if entry.is_file()]
    bench.check(len(kept) == 1 and open(kept[0], "rb").read() == bytes_before, f"quarantine has {kept}")


def a22_stale(bench):
    """A22 temporaries of a dead run are swept, whatever their age; others' are left alone"""
    answer = bench.mirror.call("run", HOLDFAST_FAILPOINT="K3:kill:7")
    bench.check(answer.status == -9, f"the kill point was not reached: {answer.brief()}")
    stale = leftovers(bench)
    bench.check(stale, "a killed run left no temporary: this case tests nothing")
    by_hash = os.path.join(bench.mirror.target, "by-hash")
    for path in stale:
        os.utime(os.path.join(by_hash, path), (0, 0))
    for name in (".tmp-rsync", ".tmp-0123", "draft.tmp"):
        with open(os.path.join(by_hash, os.path.dirname(stale[0]), name), "w") as file:
            file.write("another program's")
    bench.foreign = bench.mirror.foreign()
    bench.runs_clean("after the dead run")


def big(**more):
    return {"blobs": 300, **more}


TABLE = {
    "A6": (a6_full, big()), "A6-preflight": (a6_preflight, big()), "A10": (a10_unplugged, big()),
    "A11": (a11_not_mounted, {"blobs": 30}), "A12": (a12_lazy_unmount, big()), "A13": (a13_wrong_drive, {"blobs": 30}),
    "A14": (a14_clone, {"blobs": 30}), "A15": (a15_read_only, big()), "A20": (a20_rotten, {"blobs": 30}),
    "A22": (a22_stale, {"blobs": 60}),
}
