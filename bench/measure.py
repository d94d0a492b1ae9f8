"""What every bench needs: processes timed whole, the simulated market, a place, a calibration.

This process stays small on purpose: between vfork and exec a child shows its parent's peak
memory as its own, so whatever needs memory (verify.py) runs as a program of its own.
"""
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # cluster.py and market_keys.py lie beside their first users
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Run:
    """One process from fork to exit."""

    def __init__(self, wall_ns, usage, status, out):
        self.wall_ms = wall_ns / 1e6
        self.cpu_ms = (usage.ru_utime + usage.ru_stime) * 1e3
        self.peak_bytes = usage.ru_maxrss * 1024
        self.status = status
        self.out = out


class Failed(Exception):
    """A program did not do its work: its figures mean nothing."""


def run(argv, environment=None):
    """Time argv; its standard output comes back, its standard error is ours."""
    argv = [str(arg) for arg in argv]
    with tempfile.TemporaryFile() as out:
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1)]
        start = time.perf_counter_ns()
        pid = os.posix_spawn(argv[0], argv, environment or {}, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter_ns() - start
        out.seek(0)
        return Run(wall, usage, os.waitstatus_to_exitcode(status), out.read().decode())


def run_well(argv, environment=None):
    done = run(argv, environment)
    if done.status != 0:
        raise Failed(f"{' '.join(str(arg) for arg in argv)}: status {done.status}\n{done.out}")
    return done


def median(runs, figure="wall_ms"):
    return statistics.median(getattr(r, figure) for r in runs)


def least(runs, figure="wall_ms"):
    return min(getattr(r, figure) for r in runs)


@contextlib.contextmanager
def workplace(parent):
    """A directory that is also the current one, so that no .env is found."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="bench.", dir=parent))
    before = os.getcwd()
    os.chdir(place)
    try:
        yield place
    finally:
        os.chdir(before)
        shutil.rmtree(place)


def calibrate(build, place):
    figures = json.loads(run_well([build / "bench/bench_calibrate", place]).out)
    figures["load"] = os.getloadavg()[0]
    figures["cpus"] = os.cpu_count()
    print("calibration: SHA-256 of 64 MB {sha256_64mb_ms} ms, memcpy of 64 MB {memcpy_64mb_ms} ms, "
          "4 MB written and fsync'd {fsync_4mb_ms} ms; load {load:.1f} on {cpus} CPUs"
          .format(**figures))
    return figures


class Market:
    """marketsim on loopback; documents are rendered before anybody is timed."""

    def __init__(self, build, place, scale, seed, latency_ms=0, total=None):
        """`scale` rows of the largest list, or `total` in all as in the real market."""
        port_file = place / "port"
        port_file.unlink(missing_ok=True)
        size = ["--scale", str(scale)] if total is None else ["--total", str(total)]
        self.process = subprocess.Popen(
            [build / "marketsim", *size, "--seed", str(seed), "--latency-ms", str(latency_ms),
             "--port-file", port_file], stdout=subprocess.DEVNULL)
        for _ in range(600):
            if port_file.exists() or self.process.poll() is not None:
                break
            time.sleep(0.05)
        if not port_file.exists():
            self.stop()
            raise Failed("marketsim did not start")
        self.url = f"http://127.0.0.1:{port_file.read_text().strip()}"

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def post(self, route):
        request = urllib.request.Request(f"{self.url}/sim/{route}", data=b"", method="POST")
        with OPENER.open(request, timeout=120) as answer:
            return json.load(answer)

    def warm(self, path):
        """Fetch and drop, so that the document stands ready; bytes on the wire."""
        request = urllib.request.Request(self.url + path, headers={"Accept-Encoding": "gzip"})
        size = 0
        with OPENER.open(request, timeout=120) as answer:
            while part := answer.read(65536):
                size += len(part)
        return size


def verify(*arguments):
    """Lines of verify.py: nothing when all is well."""
    program = pathlib.Path(__file__).with_name("verify.py")
    done = subprocess.run([sys.executable, program, *map(str, arguments)],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise Failed(f"verify.py {arguments}: {done.stderr}")
    return done.stdout.splitlines()
