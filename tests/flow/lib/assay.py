"""Run the program under test: clean environment, own directory, a clock that each sync turns on."""
import datetime
import json
import os
import resource
import subprocess
import threading

START = datetime.datetime(2026, 8, 22, tzinfo=datetime.timezone.utc)
KEPT = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE")
PATIENCE_S = 120


def is_sanitized(binary):
    """Built with AddressSanitizer: its memory says nothing about ours."""
    return b"__asan_init" in binary.read_bytes()


class Run:
    """How one command ended."""

    def __init__(self, code, out, err, usage):
        self.code, self.raw_out, self.raw_err, self.usage = code, out, err, usage
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


class Assay:
    def __init__(self, binary, home, upstream=None, **settings):
        self.binary, self.home = binary, home
        self.database = home / "assay.db"
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
        env.update(self.settings, ASSAY_NOW=self.now())
        env.update({name: str(value) for name, value in more.items() if value is not None})
        for name in (name for name, value in more.items() if value is None):
            env.pop(name, None)
        return env

    def start(self, *args, out=subprocess.DEVNULL, err=subprocess.DEVNULL, limits=None, **env):
        return subprocess.Popen(
            [str(self.binary), *map(str, args)], cwd=self.home, env=self.environment(env),
            stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            preexec_fn=(lambda: resource.setrlimit(*limits)) if limits else None)

    def run(self, *args, out=None, limits=None, **env):
        """`out`: a file to write to instead; `limits`: (resource, (soft, hard)) of the process."""
        err_r = open(self.home / ".stderr", "w+b")
        out_r = open(self.home / ".stdout", "w+b")
        try:
            process = self.start(*args, out=out or out_r, err=err_r, limits=limits, **env)
            guard = threading.Timer(PATIENCE_S, process.kill)
            guard.start()
            _, status, usage = os.wait4(process.pid, 0)
            guard.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            for file in (out_r, err_r):
                file.seek(0)
            return Run(process.returncode, out_r.read(), err_r.read(), usage)
        finally:
            for file in (out_r, err_r):
                file.close()
                os.unlink(file.name)

    def sync(self, *args, expect=0, **env):
        """One hour later than the last one."""
        self.hour += 1
        run = self.run("sync", *args, **env)
        assert run.code == expect, run
        return run

    def sync_json(self, **more):
        return self.sync("--json", **more).provider()
