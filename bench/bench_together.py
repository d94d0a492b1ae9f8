"""Six providers in one sync, beside each of them alone: who is slow must not slow the others.

    together   one `assay sync` of the six    against  the slowest provider alone + 0.2 s

Into a fresh SQLite file each time.  Two markets: one as large as the real one, whose providers take
their time to answer, and the large one of the other benches, where only computing counts.
"""
import json
import pathlib

import measure

MARGIN_MS = 200
SIX = ("cerebras", "deepinfra", "nebius", "openrouter", "together", "vercel-ai-gateway")
KEYS = {"TOGETHER_API_KEY": "bench-key-of-nobody", "NEBIUS_API_KEY": "bench-key-of-nobody"}
REAL_SCALE, REAL_LATENCY_MS = 421, 150


class Together:
    def __init__(self, build, place, market, runs):
        self.assay, self.market, self.runs = build / "assay", market, runs
        self.database = place / "together.db"
        self.slugs = SIX
        self.wrong = []

    def sync(self, *slugs):
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(f"{self.database}{suffix}").unlink(missing_ok=True)
        done = measure.run_well([self.assay, "sync", "--json", "--providers", *(slugs or SIX)],
                                {"ASSAY_UPSTREAM": self.market.url, "LOG_LEVEL": "error", **KEYS,
                                 "DATABASE_URL": f"sqlite:{self.database}"})
        for p in json.loads(done.out)["providers"]:
            if p["models"] == 0 or p["skipped"]:
                self.wrong.append(f"{p['provider']}: {p['models']} models, {p['skipped'][:2]}")
        return done

    def measure(self):
        self.sync()  # the market renders its documents
        self.alone = {slug: [] for slug in self.slugs}
        self.together = []
        for _ in range(self.runs):
            for slug in self.slugs:
                self.alone[slug].append(self.sync(slug))
            self.together.append(self.sync())

    def slowest(self):
        return max(measure.median(runs) for runs in self.alone.values())

    def passed(self):
        return not self.wrong and measure.median(self.together) <= self.slowest() + MARGIN_MS

    def show(self, title):
        each = ", ".join(f"{slug} {measure.median(runs):.0f}" for slug, runs in self.alone.items())
        print(f"{title:<40} together {measure.median(self.together):.0f} ms,"
              f" slowest alone {self.slowest():.0f} ms + {MARGIN_MS}"
              f"  {'PASS' if self.passed() else 'FAIL'}\n    alone: {each}")
        for line in self.wrong:
            print(f"WRONG {title}: {line}")

    def figures(self):
        return {"together": [r.wall_ms for r in self.together], "wrong": self.wrong,
                "alone": {slug: [r.wall_ms for r in runs] for slug, runs in self.alone.items()}}


def measured(build, place, options, scale, latency_ms):
    market = measure.Market(build, place, scale, options.seed, latency_ms)
    try:
        t = Together(build, place, market, options.runs)
        t.measure()
    finally:
        market.stop()
    t.show(f"{scale} models, {latency_ms} ms latency")
    return t


def bench(build, place, options):
    print()
    both = [measured(build, place, options, REAL_SCALE, REAL_LATENCY_MS),
            measured(build, place, options, options.scale, 0)]
    return all(t.passed() for t in both), {"runs": [t.figures() for t in both]}
