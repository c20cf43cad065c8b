"""What the proofs share: a workspace, a mirror driven through the binary, counting, loop devices and power cuts."""
import contextlib
import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import auditor
import store

# _IOR('X', 125, __u32): takes a mounted file system off its device; 2 drops the unwritten journal with it.
FS_IOC_SHUTDOWN, NOLOGFLUSH = 0x8004587D, 2
SMALL = (1, 1)
OK, FAILED, USAGE, WARNINGS, BUSY, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 75, 130, 143


class Proof:
    """Counts what was looked at; ends with the line that `all.py` reads."""

    def __init__(self, name):
        self.name, self.cases, self.failures, self.began = name, 0, [], time.monotonic()

    def check(self, holds, what):
        """One case. What does not hold is printed at once."""
        self.cases += 1
        return self.require(holds, what)

    def require(self, holds, what):
        """Part of a case that is counted elsewhere."""
        if not holds:
            self.failures.append(what)
            print(f"{self.name}: FAILED: {str(what)[:600]}", flush=True)
        return holds

    def end(self, summary):
        if self.cases == 0:
            self.require(False, "nothing was tested")
        seconds = time.monotonic() - self.began
        print(f"{self.name}: {summary} ({seconds:.0f} s)")
        print(f"PROOF {self.name} cases={self.cases} failed={len(self.failures)}", flush=True)
        return 1 if self.failures else 0


@contextlib.contextmanager
def workspace(parent=None):
    """A folder of its own, in memory where there is memory, gone afterwards."""
    if parent is None and os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK):
        parent = "/dev/shm"
    root = tempfile.mkdtemp(prefix="holdfast-proof-", dir=parent)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


class Answer:
    """What one command said."""

    def __init__(self, status, out, err, seconds):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds

    def documents(self):
        """Every JSON document on standard output: one, or one a line."""
        try:
            return [json.loads(self.out)]
        except ValueError:
            pass
        found = []
        for line in self.out.splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return found

    def brief(self):
        tail = (self.err.strip() or self.out.strip())[-400:]
        return f"exit {self.status}: {tail}"


def dictionaries(value):
    """Every object inside a JSON value."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from dictionaries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from dictionaries(inner)


def reasons(documents):
    """Every failure in an answer: objects that name a code and a side."""
    return [d for d in dictionaries(documents) if isinstance(d.get("side"), str) and isinstance(d.get("code"), str)]


class Mirror:
    """A source, a target and a state folder, and the binary that mirrors one to the other."""

    def __init__(self, binary, root, source=None, target=None, state=None, fan_out=SMALL, name="cold", **settings):
        self.binary, self.root, self.fan_out, self.name = binary, root, fan_out, name
        self.source = source or os.path.join(root, "source")
        self.target = target or os.path.join(root, "target")
        self.state = state or os.path.join(root, "state")
        self.config = os.path.join(root, f"{name}.toml")
        self.settings = {"hash": "blake3", "workers": 4, "batch": 10, "read_back": "direct", "keep_free": "1MiB"}
        self.settings.update(settings)
        for folder in (self.source, self.target, self.state):
            os.makedirs(folder, exist_ok=True)
        self.configure()

    def configure(self, **settings):
        self.settings.update(settings)
        lines = [f"[mirror.{self.name}]", f'source = "{self.source}"', f'target = "{self.target}"']
        for key, value in self.settings.items():
            lines.append(f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {json.dumps(value)}")
        with open(self.config, "w") as file:
            file.write("\n".join(lines) + "\n")

    index = property(lambda self: os.path.join(self.state, "holdfast", "mirrors", f"{self.name}.sqlite"))

    def arguments(self, verb, *more):
        return [self.binary, "mirror", verb, self.name, "--config", self.config, "--json", *more]

    def environment(self, extra):
        env = {key: value for key, value in os.environ.items() if not key.startswith(("HOLDFAST_", "XDG_"))}
        env.update(XDG_STATE_HOME=self.state, XDG_RUNTIME_DIR=self.state, SWIFT_BACKTRACE="enable=no", TERM="dumb")
        env.update(extra)
        return env

    def start(self, verb, *more, before=(), **env):
        """Starts a command in a process group of its own."""
        return subprocess.Popen(
            [*before, *self.arguments(verb, *more)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.environment(env), start_new_session=True, text=True, errors="replace")

    def call(self, verb, *more, timeout=120, before=(), **env):
        """Runs a command to its end; one that does not end in time is killed and counts as status -999."""
        began = time.monotonic()
        process = self.start(verb, *more, before=before, **env)
        return finish(process, began, timeout)

    def enrol(self):
        answer = self.call("enrol", "--fan-out", ",".join(map(str, self.fan_out)))
        if answer.status not in (OK, WARNINGS):
            raise SystemExit(f"enrol failed, nothing can be proved: {answer.brief()}")
        return answer

    def make(self, count, seed=1, largest=1 << 18, **more):
        return store.make(self.source, count, seed, self.settings["hash"], self.fan_out, largest, **more)

    def source_path(self, name):
        return store.blob_path(self.source, name, self.fan_out)

    def target_path(self, name):
        return store.blob_path(os.path.join(self.target, "by-hash"), name, self.fan_out)

    def truth(self):
        return auditor.Tree(self.source, self.settings["hash"], self.fan_out)

    def foreign(self):
        return auditor.foreign_files(self.target, self.fan_out)

    def audit(self, **more):
        return auditor.audit(self.source, self.target, self.index, self.settings["hash"], self.fan_out, **more)

    def rows(self):
        verdict = auditor.Verdict()
        index = auditor.Index(self.index, verdict)
        return index.of(auditor.read_marker(self.target, index, verdict))


def finish(process, began=None, timeout=120):
    began = began or time.monotonic()
    try:
        out, err = process.communicate(timeout=timeout)
        status = process.returncode
    except subprocess.TimeoutExpired:
        kill(process)
        out, err = process.communicate()
        status = -999
    return Answer(status, out, err, time.monotonic() - began)


def kill(process, number=signal.SIGKILL):
    """To the whole group of a command that `start` began."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def until(condition, seconds=20.0, step=0.01):
    """Waits for a condition; the last answer is returned."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(step)
    return value


def replace_tree(template, folder):
    """Puts a folder back as it was, under the same name."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["cp", "-a", "--", template, folder], check=True)


def private_mounts():
    """Runs this program again where its mounts are nobody else's and end with it."""
    if os.environ.get("HOLDFAST_PROOF_MOUNTS") == "private":
        return
    if os.geteuid() != 0:
        raise SystemExit("this proof mounts file systems: run it as root")
    os.environ["HOLDFAST_PROOF_MOUNTS"] = "private"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


class Image:
    """An ext4 file system in a file, on a loop device of its own."""

    def __init__(self, path, mount_point, megabytes=96, options="noatime"):
        self.path, self.mount_point, self.options, self.device = path, mount_point, options, None
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.truncate(megabytes << 20)
            subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-N", "4096", path], check=True)
        os.makedirs(mount_point, exist_ok=True)

    def mount(self):
        if self.device is None:
            done = subprocess.run(["losetup", "--find", "--show", self.path], check=True, stdout=subprocess.PIPE)
            self.device = done.stdout.decode().strip()
        subprocess.run(["mount", "-t", "ext4", "-o", self.options, self.device, self.mount_point], check=True)

    def unmount(self, lazy=False):
        if os.path.ismount(self.mount_point):
            for _ in range(100):
                flags = ["-l"] if lazy else []
                if subprocess.run(["umount", *flags, self.mount_point], stderr=subprocess.DEVNULL).returncode == 0:
                    return
                time.sleep(0.02)
            subprocess.run(["umount", "-l", self.mount_point], check=False)

    def detach(self):
        self.unmount()
        if self.device is not None:
            subprocess.run(["losetup", "--detach", self.device], check=False)
            self.device = None

    def handle(self):
        """Keeps hold of the file system, so that the cut itself opens nothing."""
        return os.open(self.mount_point, os.O_RDONLY | os.O_DIRECTORY)

    def commit_journal(self):
        """Makes names durable without their data, as the journal's own timer may at any moment."""
        place = os.open(os.path.join(self.mount_point, "lost+found"), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.utime(place)
            os.fsync(place)
        finally:
            os.close(place)


def cut_power(handle):
    """What was not written out is gone; every later call on this file system fails with EIO."""
    fcntl.ioctl(handle, FS_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))


def copy_sparse(template, path):
    subprocess.run(["cp", "--sparse=always", "--", template, path], check=True)


def options_of(parser):
    """The options every proof has."""
    parser.add_argument("--binary", required=True, help="the holdfast program")
    parser.add_argument("--count", type=int, help="how many, instead of the share that CI runs")
    parser.add_argument("--long", action="store_true", help="the whole count")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    return options


def probe_of(options):
    """The program that drives the tape library from inside; it is built beside the other."""
    if os.path.basename(options.binary) == "TapeProbe":
        return options.binary
    folder = os.path.dirname(options.binary)
    # Of the tests' own build, where only the program was built for release.
    places = [os.path.join(folder, "TapeProbe"), os.path.join(os.path.dirname(folder), "debug", "TapeProbe")]
    return next(filter(os.path.exists, places), places[0])
