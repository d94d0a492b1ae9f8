"""Probes, held against the server's own log: how true the stamps are, what a probe costs.

    open loop   so many a second whether those before have ended or not, answers after 500 ms:
                what was recorded against what the server stamped before it wrote
    ... stream  the same as event streams: time to first token
    ... syncs   the same while lists of `--scale` models are synced in the same process
    burst       5,000 endpoints at once: queueing is no latency, and holds nobody up
    cost        CPU and memory of a probe beside probe_floor.c, the least that libcurl takes

Probes on a grid have the lateness of their begin recorded, so that nothing is omitted when we
are slow ourselves.  Each figure is the median of the runs.
"""
import json
import statistics
import subprocess

import measure

URL = "https://router.huggingface.co/groq/openai/v1/chat/completions"
LATENCY_MS, SLOW_MS = 500, 8000
RATE, SECONDS, WARM = 1000, 20, 1000
BURST = 5000
LAG_MAX_US = 5000
COST_BAR = 1.5
FIELDS = ("number", "lateness", "content", "end", "lag", "sends", "outcome")


class Chat(measure.Market):
    """marketsim's chat side, in the clear and with TLS."""

    def __init__(self, build, place):
        self.ca_file = place / "ca.pem"
        self.process = subprocess.Popen(
            [build / "marketsim", "--scale", "10", "--listen", "127.0.0.1:0", "--tls-listen",
             "127.0.0.1:0", "--ca-file", self.ca_file], stdout=subprocess.PIPE, text=True)
        self.url, self.tls_url = (self.process.stdout.readline().split()[-1] for _ in range(2))

    def order(self, **order):
        self.post("chat?" + "&".join(f"{name}={value}" for name, value in order.items()))

    def log(self):
        """By the number of the probe: every request that came with it."""
        seen = {}
        with measure.OPENER.open(f"{self.url}/sim/chat/log?clear=1", timeout=120) as answer:
            for line in answer:
                entry = json.loads(line)
                seen.setdefault(int(entry["prompt"].partition(":")[0]), []).append(entry)
        return seen


def lists_market(build, place, options):
    """In a folder of its own, because its port is told by a file."""
    folder = place / "lists"
    folder.mkdir(exist_ok=True)
    market = measure.Market(build, folder, options.scale, options.seed)
    market.post("config?provider=openrouter&etag=0&gzip=0")
    market.warm("/openrouter.ai/api/v1/models")
    return market


class Side:
    """A program, and how it is called."""

    def __init__(self, build, place, chat, program, *options):
        self.argv = [build / "bench" / program, "--url", URL, *options]
        self.place, self.chat = place, chat

    def clear(self):
        for old in self.place.glob("probe.*"):
            old.unlink()

    def run(self, *options, tls=False):
        upstream = ["--upstream", self.chat.tls_url, "--ca-file", self.chat.ca_file] if tls else \
            ["--upstream", self.chat.url]
        return json.loads(measure.run_well([*self.argv, *upstream, *options]).out)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def read_lines(path):
    probes = [dict(zip(FIELDS, line.split())) for line in path.read_text().splitlines()]
    return [{name: value if name == "outcome" else int(value) for name, value in p.items()}
            for p in probes]


# ---- what was recorded, beside what happened ----

class Truth:
    """One run, probe by probe; all in microseconds."""

    def __init__(self, probes, log, stream, whole):
        self.wrong = [f"probe {p['number']}: {p['sends']} sent, {len(log.get(p['number'], []))} seen"
                      for p in probes if len(log.get(p["number"], [])) != p["sends"]]
        self.wrong += [f"probe {p['number']}: {p['outcome']}" for p in probes
                       if p["outcome"] != "ok"]
        pairs = [(p, log[p["number"]][0]) for p in probes if log.get(p["number"])]
        self.total = [abs(p["end"] - (s["end"] - s["read"])) for p, s in pairs]
        self.ttft = [abs(p["content"] - (s["content"] - s["read"])) for p, s in pairs if stream]
        self.lateness = [p["lateness"] for p in probes]
        self.flagged = sum(p["lag"] > LAG_MAX_US for p in probes) / len(probes)
        self.slowest = max(s["end"] - s["read"] for _, s in pairs)
        self.whole = whole

    def figures(self):
        shown = {name: {"p50_us": percentile(values, .5), "p99_us": percentile(values, .99),
                        "max_us": max(values)}
                 for name in ("total", "ttft", "lateness") if (values := getattr(self, name))}
        return {**shown, "flagged": self.flagged, "slowest_us": self.slowest,
                "whole_us": self.whole, "wrong": self.wrong[:10]}


class Scenario:
    def __init__(self, name, bars, *options, stream=False):
        self.name, self.bars, self.options, self.stream = name, bars, options, stream
        self.runs = []

    def run(self, side):
        out = side.place / "lines"
        side.chat.log()
        side.clear()
        said = side.run(*self.options, *(["--stream"] if self.stream else []), "--out", out)
        truth = Truth(read_lines(out), side.chat.log(), self.stream, said["whole_us"])
        self.runs.append({**truth.figures(), "says": said})

    def median(self, name, figure):
        return statistics.median(r[name][figure] for r in self.runs)

    def wrong(self):
        return [line for r in self.runs for line in r["wrong"]]

    def missed(self):
        return [f"{name} {self.median(name, 'p99_us') / 1000:.2f} ms" for name, bar in
                self.bars.items() if self.median(name, "p99_us") > bar]

    def passed(self):
        return not self.wrong() and not self.missed()

    def show(self):
        said = self.runs[0]["says"]
        parts = [f"{name} p50 {self.median(name, 'p50_us') / 1000:.2f} p99 "
                 f"{self.median(name, 'p99_us') / 1000:.2f} ms"
                 f"{f' (bar {self.bars[name] / 1000:.0f})' if name in self.bars else ''}"
                 for name in ("total", "ttft", "lateness") if name in self.runs[0]]
        flagged = statistics.median(r["flagged"] for r in self.runs)
        print(f"{self.name:<18} {'; '.join(parts)}; lag above 5 ms: {flagged:.2%}"
              f"{', syncs ' + str(said['syncs']) if said.get('syncs') else ''}"
              f"  {'PASS' if self.passed() else 'FAIL'}")
        for line in self.wrong():
            print(f"WRONG {self.name}: {line}")


class Burst(Scenario):
    """Nobody is late who has to queue: what counts is the whole.  Beside it the bare floor, which
    records nothing, and net/ask alone: what this machine needs for so many at once."""

    def __init__(self, *args):
        super().__init__(*args)
        self.besides = {"floor": [], "ask": []}

    def run_beside(self, name, side):
        self.besides[name].append(side.run(*self.options)["whole_us"])

    def missed(self):
        over = statistics.median(r["whole_us"] - r["slowest_us"] for r in self.runs)
        return [f"{over / 1e6:.2f} s after the slowest answer"] if over > 1e6 else []

    def show(self):
        super().show()
        for r in self.runs:
            print(f"{'':<18} slowest answer {r['slowest_us'] / 1e6:.2f} s, all over after "
                  f"{r['whole_us'] / 1e6:.2f} s (bar: 1 s more)")
        print(f"{'':<18} without recording " + ", ".join(
            f"{name} {statistics.median(whole) / 1e6:.2f} s"
            for name, whole in self.besides.items()))


# ---- what it costs ----

class Cost:
    def __init__(self, name, rate, seconds, *options, tls=False):
        self.name, self.options, self.tls = name, options, tls
        warm = 0 if "--fresh" in options else WARM
        self.load = ["--rate", str(rate), "--probes", str(rate * seconds + warm),
                     "--warm", str(warm)]
        self.runs = {"floor": [], "ask": [], "whole": []}

    def run(self, side, program):
        self.runs[side].append(program.run(*self.load, *self.options, tls=self.tls))

    def cpu(self, side):
        return statistics.median(r["cpu_us"] for r in self.runs[side])

    def ratio(self):
        return self.cpu("ask") / self.cpu("floor")

    def passed(self):
        return self.ratio() <= COST_BAR

    def show(self):
        print(f"{self.name:<18} CPU us a probe: floor {self.cpu('floor'):.0f}, ours "
              f"{self.cpu('ask'):.0f}, up to the committed sample {self.cpu('whole'):.0f}; ratio {self.ratio():.2f} (bar {COST_BAR})"
              f"  {'PASS' if self.passed() else 'FAIL'}")


class Memory:
    """Of a probe under way, with its connection: the peak of a burst that waits for its answers."""

    name = "memory"

    def __init__(self):
        self.runs = {"floor": [], "ask": []}

    def run(self, side, program):
        program.chat.order(latency=SLOW_MS)
        said = program.run("--probes", str(BURST), "--fresh")
        self.runs[side].append(said["memory_kib"] * 1024 / BURST)

    def ratio(self):
        return statistics.median(self.runs["ask"]) / statistics.median(self.runs["floor"])

    def passed(self):
        return self.ratio() <= COST_BAR

    def show(self):
        print(f"{self.name:<18} bytes a probe under way: floor "
              f"{statistics.median(self.runs['floor']):.0f}, ours "
              f"{statistics.median(self.runs['ask']):.0f}; ratio {self.ratio():.2f} "
              f"(bar {COST_BAR})  {'PASS' if self.passed() else 'FAIL'}")


# ---- all of it ----

def scenarios(place, options):
    seconds = 3 if options.quick else SECONDS
    grid = ["--rate", str(RATE), "--warm", str(WARM), "--probes", str(WARM + RATE * seconds)]
    true = {"total": 1000, "lateness": 1000}
    return [Scenario("open loop", true, *grid),
            Scenario("... stream", {**true, "ttft": 1000}, *grid, stream=True),
            Burst("burst", {}, "--probes", str(BURST))], \
        Scenario("... syncs", {"total": 3000, "ttft": 3000}, *grid, stream=True)


def costs(options):
    seconds = 3 if options.quick else 8
    return [Cost("keep-alive", RATE // 2, seconds), Cost("fresh", RATE // 2, seconds, "--fresh"),
            Cost("keep-alive TLS", RATE // 4, seconds, tls=True),
            Cost("fresh TLS", RATE // 8, seconds, "--fresh", tls=True), Memory()]


def with_syncs(scenario, build, place, options, side):
    lists = lists_market(build, place, options)
    try:
        scenario.options = (*scenario.options, "--lists", lists.url)
        for _ in range(options.runs):
            scenario.run(side)
    finally:
        lists.stop()


def bench(build, place, options):
    if options.quick:
        options.runs = 1
    chat = Chat(build, place)
    sides = {"floor": Side(build, place, chat, "bench_probe_floor"),
             "ask": Side(build, place, chat, "bench_probe"),
             "whole": Side(build, place, chat, "bench_probe", "--whole", "--dir", place)}
    measured, besides = scenarios(place, options)
    costed = costs(options)
    try:
        chat.order(latency=LATENCY_MS)
        for s in measured:
            for _ in range(options.runs):
                s.run(sides["whole"])
                if isinstance(s, Burst):
                    for name in s.besides:
                        s.run_beside(name, sides[name])
            s.show()
        with_syncs(besides, build, place, options, sides["whole"])
        besides.show()
        for cost in costed:
            for _ in range(options.runs):
                for side in cost.runs:
                    sides[side].clear()
                    cost.run(side, sides[side])
            cost.show()
    finally:
        chat.stop()
    everything = [*measured, besides, *costed]
    return all(x.passed() for x in everything), \
        {x.name: {"passed": x.passed(), "runs": x.runs} for x in everything}
