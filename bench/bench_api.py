"""The API of `assay serve`, held against a bare libmicrohttpd program that answers the same bytes.

    pages      wrk: pages of GET /models, and what filters leave of it       against  api_floor.c
    stats      wrk: /models/stats                                            against  api_floor.c
    unmoved    wrk: pages whose tag the client has: 304                      against  api_floor.c
    metrics    wrk: /metrics a second
    syncing    500 requests a second that keep time (api_rate.c), while nothing happens and while
               every list of the market is synced with what has changed: the 99th percentile
    memory     of a daemon at rest, and from its start to the first answers

25,000 models.  Both servers have two threads; they are asked in turn, and of each pair of runs
the quotient counts; a bar is held against the median of those.
"""
import contextlib
import http.client
import json
import pathlib
import re
import signal
import statistics
import subprocess
import threading
import time

import market_keys
import measure
from bench_market import PAGES

MODELS, FEW = 25000, 450
LIMIT = 100
THREADS = 2
SECONDS, ROUNDS = 3, 5
RATE, RATE_SECONDS, RATE_CONNECTIONS = 500, 20, 32
BARS = {"pages": 0.5, "stats": 0.7, "unmoved": 0.7, "metrics": 500, "p99": 3.0,
        "rss": 64 * 2 ** 20, "rss_few": 20 * 2 ** 20, "answer_ms": 100}
KEY = "bench-key-of-the-administrator"
DROPPED = {"date", "connection", "content-length"}  # what libmicrohttpd writes by itself

# Requests are made before the clock runs.
LUA = """
local requests = {}
function init()
    math.randomseed(7)
    for line in io.lines("%(targets)s") do
        local target, tag = line:match("^(%%S+) ?(.*)$")
        local headers = {["Host"] = wrk.headers["Host"]}
        if tag ~= "" then headers["If-None-Match"] = tag end
        requests[#requests + 1] = wrk.format("GET", target, headers)
    end
end
function request() return requests[math.random(#requests)] end
"""


def rss(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) * 1024


class Daemon:
    """`assay serve`, its own schedules off."""

    def __init__(self, build, database, market_url):
        environment = {"DATABASE_URL": f"sqlite:{database}", "LOG_LEVEL": "error",
                       "ASSAY_UPSTREAM": market_url, "ASSAY_SCHEDULE": "off",
                       "ADMIN_API_KEY": KEY, **market_keys.environment(market_url)}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [build / "assay", "serve", "--listen", "127.0.0.1:0"], env=environment,
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rpartition(":")[2])
        self.first_answer_ms = self.since_start("/healthz")
        self.first_page_ms = self.since_start(f"/models?limit={LIMIT}")

    def since_start(self, target):
        """Until there is a 200, in ms since the program was started."""
        while self.get(target)[0] != 200:
            time.sleep(0.001)
        return (time.perf_counter() - self.began) * 1e3

    def get(self, target, method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        with contextlib.closing(connection):
            connection.request(method, target, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def sync(self):
        status, _, body = self.get("/admin/model-sync/all", "POST",
                                   {"Authorization": f"Bearer {KEY}"})
        if status != 200:
            raise measure.Failed(f"sync: {status} {body[:300]}")
        return json.loads(body)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Floor:
    def __init__(self, build, recorded):
        self.process = subprocess.Popen([build / "bench/bench_api_floor", recorded, str(THREADS)],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.terminate()
        self.process.wait()


def stock(build, market, database):
    """A database with the whole market in it."""
    environment = {"ASSAY_UPSTREAM": market.url, "LOG_LEVEL": "fatal",
                   "DATABASE_URL": f"sqlite:{database}", **market_keys.environment(market.url)}
    measure.run([build / "assay", "sync"], environment)  # small markets have empty lists


def targets_of(daemon):
    """Pages, and filters: a provider's, a modality's, a health's."""
    slugs = [p["slug"] for p in json.loads(daemon.get("/providers?limit=1000")[2])]
    modalities = list(json.loads(daemon.get("/models/stats")[2])["by_modality"])
    pages = [f"/models?limit={LIMIT}&offset={offset}" for offset in range(0, MODELS, LIMIT)]
    filters = [f"/models?limit={LIMIT}&provider_slug={slug}" for slug in slugs]
    filters += [f"/models?limit={LIMIT}&modality={m.replace('+', '%2B').replace('>', '%3E')}"
                for m in modalities if m != "unknown"]
    filters += [f"/models?limit={LIMIT}&offset={offset}&health_status=unknown"
                for offset in range(0, MODELS, 50 * LIMIT)]
    return {"pages": pages + filters, "stats": ["/models/stats"], "metrics": ["/metrics"]}


def record(daemon, targets, file):
    """As api_floor.c reads it; the tag of each target comes back."""
    tags = {}
    with open(file, "wb") as out:
        for target in targets:
            status, headers, body = daemon.get(target)
            if status != 200:
                raise measure.Failed(f"{target}: {status} {body[:300]}")
            headers = [(k, v) for k, v in headers if k.lower() not in DROPPED]
            tags[target] = dict(headers).get("ETag", "")
            out.write(f"{target}\n{len(headers)}\n{len(body)}\n".encode())
            out.writelines(f"{k}: {v}\n".encode() for k, v in headers)
            out.write(body + b"\n")
    return tags


def same_bytes(daemon, floor_port, targets):
    """Both answer alike."""
    wrong = []
    for target in targets[::7]:
        connection = http.client.HTTPConnection("127.0.0.1", floor_port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", target)
            if connection.getresponse().read() != daemon.get(target)[2]:
                wrong.append(target)
    return wrong


def wrk(port, script):
    done = subprocess.run(["wrk", "-t1", "-c16", f"-d{SECONDS}s", "-s", script,
                           f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    failed = re.search(r"Socket errors: (.*)", done.stdout)
    if bad or failed:
        raise measure.Failed(f"wrk {script}: {(bad or failed)[0]}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])


def script_for(place, name, lines):
    targets, script = place / f"{name}.targets", place / f"{name}.lua"
    targets.write_text("\n".join(lines) + "\n")
    script.write_text(LUA % {"targets": targets})
    return script


class Api:
    def __init__(self, build, place, market, daemon):
        self.build, self.place, self.market, self.daemon = build, place, market, daemon
        self.rows, self.passed = [], True

    def show(self, name, figure, bar, passed, more=""):
        self.rows.append({"name": name, "figure": figure, "bar": bar, "passed": passed})
        self.passed = self.passed and passed
        print(f"{name:<26} {figure:>10}  bar {bar:<8} {'PASS' if passed else 'FAIL'}  {more}")

    def against_floor(self, name, script, floor):
        pairs = [(wrk(self.daemon.port, script), wrk(floor.port, script)) for _ in range(ROUNDS)]
        ratio = statistics.median(ours / bare for ours, bare in pairs)
        ours, bare = (statistics.median(side) for side in zip(*pairs))
        self.show(name, f"{ratio:.2f}x", f"{BARS[name]}x", ratio >= BARS[name],
                  f"{ours:.0f}/s beside {bare:.0f}/s")

    def throughput(self):
        targets = targets_of(self.daemon)
        everything = targets["pages"] + targets["stats"]
        tags = record(self.daemon, everything, self.place / "recorded")
        floor = Floor(self.build, self.place / "recorded")
        try:
            wrong = same_bytes(self.daemon, floor.port, everything)
            self.show("same bytes", len(wrong), 0, not wrong)
            self.against_floor("pages", script_for(self.place, "pages", targets["pages"]), floor)
            self.against_floor("stats", script_for(self.place, "stats", targets["stats"]), floor)
            tagged = [f"{target} {tags[target]}" for target in targets["pages"]]
            self.against_floor("unmoved", script_for(self.place, "unmoved", tagged), floor)
        finally:
            floor.stop()
        rate = statistics.median(
            wrk(self.daemon.port, script_for(self.place, "metrics", targets["metrics"]))
            for _ in range(ROUNDS))
        self.show("metrics", f"{rate:.0f}/s", f"{BARS['metrics']}/s", rate >= BARS["metrics"])
        return targets

    # ---- while a sync runs ----

    def keep_rate(self):
        done = measure.run_well([self.build / "bench/bench_api_rate", self.daemon.port, RATE,
                                 RATE_SECONDS, RATE_CONNECTIONS, self.place / "pages.targets"])
        return json.loads(done.out)

    def change_everything(self):
        for slug in market_keys.PROVIDERS:
            with contextlib.suppress(OSError):
                self.market.post(f"shuffle?provider={slug}")
                self.market.post(f"reprice?provider={slug}&n=1")

    def sync_until(self, stop, synced):
        while not stop.is_set():
            self.change_everything()
            synced.append(self.daemon.sync())

    def syncing(self):
        idle = self.keep_rate()
        stop, synced = threading.Event(), []
        thread = threading.Thread(target=self.sync_until, args=(stop, synced))
        thread.start()
        try:
            busy = self.keep_rate()
        finally:
            stop.set()
            thread.join()
        ratio = busy["p99_us"] / idle["p99_us"]
        models = [s["details"]["total_models_synced"] for s in synced]
        self.show("p99 while syncing", f"{ratio:.2f}x", f"{BARS['p99']}x", ratio <= BARS["p99"],
                  f"{busy['p99_us']:.0f} us, idle {idle['p99_us']:.0f} us; median "
                  f"{busy['p50_us']:.0f} and {idle['p50_us']:.0f}; {len(synced)} syncs of "
                  f"{min(models, default=0)} models")
        bad = idle["bad"] + busy["bad"]
        self.show("answers that failed", bad, 0, bad == 0)
        self.show("models a sync", min(models, default=0), MODELS * 0.95,
                  min(models, default=0) >= MODELS * 0.95)
        self.figures = {"idle": idle, "busy": busy, "syncs": len(synced)}


def at_rest(build, database, market, api, few):
    """Three daemons one after another: memory a moment after the start, and the first answers."""
    daemons = []
    for _ in range(3):
        daemon = Daemon(build, database, market.url)
        time.sleep(1)
        daemons.append((rss(daemon.process.pid), daemon.first_answer_ms, daemon.first_page_ms))
        daemon.stop()
    memory, answer, page = (statistics.median(side) for side in zip(*daemons))
    name = "few" if few else "all"
    bar = BARS["rss_few" if few else "rss"]
    api.show(f"memory at rest, {name}", f"{memory / 2 ** 20:.1f} MiB", f"{bar // 2 ** 20} MiB",
             memory <= bar)
    api.show(f"first answer, {name}", f"{answer:.0f} ms", f"{BARS['answer_ms']} ms",
             answer <= BARS["answer_ms"], f"first page {page:.0f} ms")


def market_of(build, place, total, seed):
    market = measure.Market(build, place, None, seed, total=total)
    for slug, size in PAGES.items():
        market.post(f"config?provider={slug}&page_size={size}")
    return market


def bench(build, place, options):
    """Whether every bar was reached, and all figures."""
    few = market_of(build, place, FEW, options.seed)
    try:
        stock(build, few, place / "few.db")
    finally:
        few.stop()
    market = market_of(build, place, MODELS, options.seed)
    try:
        stock(build, market, place / "all.db")
        daemon = Daemon(build, place / "all.db", market.url)
        api = Api(build, place, market, daemon)
        try:
            api.throughput()
            api.syncing()
            time.sleep(2)
            after = rss(daemon.process.pid)
            api.show("memory after all that", f"{after / 2 ** 20:.1f} MiB", "(none)", True)
        finally:
            daemon.stop()
        at_rest(build, place / "all.db", market, api, few=False)
        at_rest(build, place / "few.db", market, api, few=True)
    finally:
        market.stop()
    return api.passed, {"rows": api.rows, **api.figures}
