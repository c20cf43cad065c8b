"""Reads what strace wrote: one `Call` for each system call, in the order in which they began."""
import os
import re

LINE = re.compile(r"(\d+) +(.*)\Z", re.S)
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)\Z", re.S)
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)\Z", re.S)
HEX = re.compile(r"\\x([0-9a-f]{2})")
TOKEN = re.compile(r'(AT_FDCWD|-?\d+)<([^>]*)>|"((?:[^"\\]|\\.)*)"')

WRITES = {"write", "pwrite64", "writev", "pwritev", "pwritev2", "copy_file_range", "sendfile", "splice",
          "fallocate", "ftruncate"}
READS = {"read", "pread64", "readv", "preadv", "preadv2"}
OPENS = {"open", "openat", "openat2", "creat"}
REMOVES = {"unlink", "unlinkat", "rmdir"}
RENAMES = {"rename", "renameat", "renameat2"}
LINKS = {"link", "linkat", "symlink", "symlinkat"}
CHANGES = {"truncate", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime",
           "utimes", "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
           "fremovexattr", "mkdir", "mkdirat", "mknod", "mknodat"}
SYNCS = {"fsync", "fdatasync", "syncfs", "sync", "sync_file_range", "msync"}
# Calls that would hide work from a trace.
HIDING = {"io_uring_setup", "io_uring_enter", "io_submit"}
TRACED = (WRITES | READS | OPENS | REMOVES | RENAMES | LINKS | CHANGES | SYNCS | HIDING | {"close"})


def strace(log, *more, calls=TRACED, content=0):
    """The words before a command that trace it. `content`: how many bytes of what is written are kept."""
    known = [f"?{name}" for name in sorted(calls)]
    return ["strace", "-f", "-y", "-xx", "-s", str(max(content, 4096)), "--seccomp-bpf", "-o", log, "-e",
            "trace=" + ",".join(known), *more]


class Call:
    __slots__ = ("pid", "name", "arguments", "result", "note", "entry", "exit", "descriptors", "strings", "paths")

    def __init__(self, pid, name, arguments, result, note, entry, exit_):
        self.pid, self.name, self.arguments, self.note = pid, name, arguments, note
        self.result = int(result, 0) if result != "?" else None
        self.entry, self.exit = entry, exit_
        self.descriptors, self.strings, self.paths = [], [], []
        folder = None
        for number, path, text in ((m.group(1), m.group(2), m.group(3)) for m in TOKEN.finditer(arguments)):
            if number is not None:
                folder = plain(path)
                self.descriptors.append((number, folder))
            else:
                self.strings.append(text)
                if self.name not in WRITES and self.name not in READS:
                    self.paths.append(os.path.normpath(os.path.join(folder or "/", plain(text))))
        if self.name in WRITES | READS | SYNCS | {"close"} or (not self.paths and self.descriptors):
            self.paths = [path for _, path in self.descriptors]

    @property
    def ok(self):
        return self.result is not None and self.result >= 0

    @property
    def injected(self):
        return "(INJECTED)" in self.note

    def data(self):
        """The bytes written."""
        return bytes(int(byte, 16) for byte in HEX.findall(self.strings[0])) if self.strings else b""

    def __str__(self):
        shown = plain(self.arguments)
        return f"{self.name}({shown[:160]}) = {self.result}{self.note}"


def plain(text):
    text = HEX.sub(lambda match: chr(int(match.group(1), 16)), text)
    return text.removesuffix(" (deleted)")


def read(log):
    """The calls of a log. A call that never returned (the process was killed) has the result None."""
    calls, open_calls = [], {}
    with open(log, errors="replace") as file:
        for number, line in enumerate(file):
            match = LINE.match(line.rstrip("\n"))
            if not match or match.group(2)[:3] in ("---", "+++"):
                continue
            pid, rest = match.groups()
            if rest.endswith("<unfinished ...>"):
                open_calls[pid] = (number, rest[:-len("<unfinished ...>")])
                continue
            entry = number
            if (resumed := RESUMED.match(rest)) is not None:
                if pid not in open_calls:
                    continue
                entry, start = open_calls.pop(pid)
                rest = start + resumed.group(2)
            if (call := CALL.match(rest)) is not None:
                calls.append(Call(pid, *call.groups(), entry, number))
    for pid, (entry, start) in open_calls.items():
        name, _, arguments = start.partition("(")
        calls.append(Call(pid, name, arguments, "?", "", entry, 1 << 60))
    calls.sort(key=lambda call: call.entry)
    return calls


def below(path, root):
    return path == root or path.startswith(root.rstrip("/") + "/")


def opens_for_writing(call):
    """By its flags; creat has none."""
    return call.name == "creat" or bool(re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE", call.arguments))
