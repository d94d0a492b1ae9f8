"""Run the program under test: clean environment, own directory, a clock that each sync turns on."""
import datetime
import json
import os
import resource
import signal
import subprocess
import sys
import threading

import market_keys
from lib.database import Sqlite
from lib.patience import PATIENCE_S
from market_keys import KEYS, PROVIDERS  # noqa: F401 (for those who test with them)

START = datetime.datetime(2026, 8, 22, tzinfo=datetime.timezone.utc)
KEPT = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE")
TOKENED = "google-vertex"  # wants the token of a service account
# Where all providers would say no more than a few of each kind: a large list, numbers with noise, a
# list beside the first, an array, pages and prices asked for by ids, the pages of a token's holder.
SIX = ("openrouter", "deepinfra", "nebius", "together", "fal", TOKENED)
SYNC = ("sync", "--providers", "openrouter")  # of run() and start(), which add nothing

# A process inherits the peak memory of the one that forked it, and pytest's is large: a small one
# stands between and writes what its child took, in KiB, to the descriptor of its first argument.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
os.write(int(sys.argv[1]), b"%d" % usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


def is_sanitized(binary):
    """Built with AddressSanitizer: its memory says nothing about ours."""
    return b"__asan_init" in binary.read_bytes()


def largest_file(size):
    """For `before`: a disk that is full beyond `size` bytes a file (writing more is an error)."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


class Drain(threading.Thread):
    """Reads a pipe to its end, so that nobody waits for room in it."""

    def __init__(self, pipe):
        super().__init__()
        self.pipe, self.content = pipe, b""
        self.start()

    def run(self):
        if self.pipe:
            with self.pipe:
                self.content = self.pipe.read()

    def bytes(self):
        self.join()
        return self.content


class Run:
    """How one command ended."""

    def __init__(self, code, out, err, memory_kib=None):
        self.code, self.raw_out, self.raw_err, self.memory_kib = code, out, err, memory_kib
        self.out = out.decode("utf-8")
        self.err = err.decode("utf-8")

    def json(self):
        return json.loads(self.out)

    def logs(self):
        """Every line of stderr is one JSON object."""
        return [json.loads(line) for line in self.err.splitlines()]

    def provider(self, slug="openrouter"):
        return next(p for p in self.json()["providers"] if p["provider"] == slug)

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[-3000:]}\nstderr: {self.err[-3000:]}"


def asked(providers):
    """Arguments of a sync: a slug, several, or "all", which is said by saying nothing."""
    if providers == "all":
        return []
    return ["--providers", *([providers] if isinstance(providers, str) else providers)]


class Assay:
    def __init__(self, binary, home, upstream=None, database=None, **settings):
        """`database`: instead of the SQLite file in its directory, which assay finds by itself."""
        self.binary, self.home = binary, home
        self.database = database or Sqlite(home / "assay.db")
        self.hour = 0
        self.settings = {
            "ASSAY_RETRIES": "0",
            "ASSAY_RETRY_DELAY_MS": "1",
            "LOG_LEVEL": "info",
        }
        if upstream:
            self.settings["ASSAY_UPSTREAM"] = upstream
        self.settings.update(settings)

    def now(self):
        """The instant of the latest sync, as stored in the users' tables."""
        at = START + datetime.timedelta(hours=self.hour)
        return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def now_ms(self):
        return int((START + datetime.timedelta(hours=self.hour)).timestamp()) * 1000

    def keys(self, providers="all", now_s=None):
        """Variables that let in at marketsim; `now_s`: by which clock tokens are good, 0 is the
        computer's."""
        if providers != "all" and TOKENED not in providers:
            return KEYS
        return market_keys.environment(self.settings["ASSAY_UPSTREAM"],
                                       self.now_ms() // 1000 if now_s is None else now_s)

    def environment(self, more):
        env = {name: os.environ[name] for name in KEPT if name in os.environ}
        if self.database.url:
            env["DATABASE_URL"] = self.database.url
        env.update(self.settings, ASSAY_NOW=self.now())
        env.update({name: str(value) for name, value in more.items() if value is not None})
        for name in (name for name, value in more.items() if value is None):
            env.pop(name, None)
        return env

    def start(self, *args, out=subprocess.DEVNULL, err=subprocess.DEVNULL, before=None,
              through=(), fds=(), **env):
        """`before`: called in the child, before it becomes the program; `through`: a command that
        runs it, with descriptors of its own."""
        return subprocess.Popen(
            [*through, str(self.binary), *map(str, args)], cwd=self.home,
            env=self.environment(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            preexec_fn=before, pass_fds=fds)

    def run(self, *args, out=None, **how):
        """`out`: a file to write to instead of ours."""
        process = self.start(*args, out=out or subprocess.PIPE, err=subprocess.PIPE, **how)
        guard = threading.Timer(PATIENCE_S, process.kill)
        guard.start()
        streams = [Drain(process.stdout), Drain(process.stderr)]
        shown = [stream.bytes() for stream in streams]
        code = process.wait()
        guard.cancel()
        for secret in self.database.secrets:
            assert secret.encode() not in shown[0] + shown[1], "the database's password was told"
        return Run(code, *shown)

    def measured(self, *args, **how):
        """As run(), with the peak memory of the process."""
        read, write = os.pipe()
        try:
            run = self.run(*args, fds=(write,), **how,
                           through=(sys.executable, "-IS", "-c", MEASURE, str(write)))
        finally:
            os.close(write)
            with open(read, "rb") as pipe:
                said = pipe.read()
        run.memory_kib = int(said)
        return run

    def sync(self, *args, expect=0, measure=False, providers="openrouter", **how):
        """One hour later than the last one.  `providers`: see asked(); others than the default get
        their keys, unless `args` name them."""
        self.hour += 1
        if "--providers" not in args:
            args = (*args, *asked(providers))
            how = {**(self.keys(providers) if providers != "openrouter" else {}), **how}
        run = (self.measured if measure else self.run)("sync", *args, **how)
        assert run.code == expect, run
        return run

    def sync_json(self, slug="openrouter", **more):
        return self.sync("--json", providers=slug, **more).provider(slug)
