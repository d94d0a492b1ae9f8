"""Run the program under test: clean environment, own directory, a clock that each sync turns on."""
import datetime
import json
import os
import resource
import signal
import subprocess
import sys
import threading

from lib.database import Sqlite

START = datetime.datetime(2026, 8, 22, tzinfo=datetime.timezone.utc)
KEPT = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE")
PATIENCE_S = 120
# Every built-in provider that a key opens, and a key for each: marketsim lets anyone in who has one.
# What wants the token of a service account (google-vertex) has tests of its own.
OPENED_BY = {
    "aihubmix": "AIHUBMIX_API_KEY", "aimo": "AIMO_API_KEY", "alibaba": "DASHSCOPE_API_KEY",
    "anannas": "ANANNAS_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "cerebras": "CEREBRAS_API_KEY",
    "chutes": "CHUTES_API_KEY", "cloudflare-workers-ai": "CLOUDFLARE_API_TOKEN",
    "cohere": "COHERE_API_KEY", "deepinfra": "DEEPINFRA_API_KEY", "deepseek": "DEEPSEEK_API_KEY",
    "fal": "FAL_KEY", "featherless": "FEATHERLESS_API_KEY", "fireworks": "FIREWORKS_API_KEY",
    "google": "GEMINI_API_KEY", "groq": "GROQ_API_KEY", "helicone": "HELICONE_API_KEY",
    "huggingface": "HF_TOKEN", "hyperbolic": "HYPERBOLIC_API_KEY", "minimax": "MINIMAX_API_KEY",
    "mistral": "MISTRAL_API_KEY", "moonshot": "MOONSHOT_API_KEY", "near": "NEAR_API_KEY",
    "nebius": "NEBIUS_API_KEY", "novita": "NOVITA_API_KEY", "openai": "OPENAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY", "poe": "POE_API_KEY", "requesty": "REQUESTY_API_KEY",
    "sambanova": "SAMBANOVA_API_KEY", "together": "TOGETHER_API_KEY", "venice": "VENICE_API_KEY",
    "vercel-ai-gateway": "AI_GATEWAY_API_KEY", "xai": "XAI_API_KEY", "zai": "ZAI_API_KEY",
}
PROVIDERS = tuple(OPENED_BY)
KEYS = {name: f"key-of-the-tests-{name.lower()}"
        for name in (*OPENED_BY.values(), "CLOUDFLARE_ACCOUNT_ID")}

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
            "ASSAY_TIMEOUT_SECONDS": "20",
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
            how = {**(KEYS if providers != "openrouter" else {}), **how}
        run = (self.measured if measure else self.run)("sync", *args, **how)
        assert run.code == expect, run
        return run

    def sync_json(self, slug="openrouter", **more):
        return self.sync("--json", providers=slug, **more).provider(slug)
