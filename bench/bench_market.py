"""The whole market in one sync: every provider there is, each answering after a time of its own.

    whole market   one `assay sync` of all       against  the slowest provider alone + 1 s

Into fresh tables each time, in a SQLite file and in PostgreSQL.  The wait before each answer is
drawn from the provider's place in the list and is longest where the list is longest; a list in
pages waits before each page.  A result counts only when it equals the market's truth.
"""
import json
import pathlib

import market_keys
import measure
from bench_postgres import Cluster, Side

MARGIN_MS = 1000
MODELS = 25000
LONGEST, LONGEST_MS = "featherless", 1000
LEAST_MS, STEP_MS, MOST_MS = 20, 37, 400
# Lists that the simulator cuts small for its tests: as large as what is asked for really is.
PAGES = {"anthropic": 1000, "cohere": 1000, "google": 1000, "cloudflare-workers-ai": 100}
SLOWEST = 3  # providers that are measured alone more than once


class Sqlite:
    def __init__(self, place, build):
        self.file, self.assay = place / "market.db", build / "assay"
        self.url = f"sqlite:{self.file}"

    def fresh(self):
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        measure.run_well([self.assay, "migrate"], {"DATABASE_URL": self.url})


class Postgres(Side):
    """A schema of its own."""


class Whole:
    """One store."""

    def __init__(self, build, store, market, runs):
        self.assay, self.store, self.market = build / "assay", store, market
        self.runs = runs
        self.title = type(store).__name__
        known = json.loads(measure.run_well([self.assay, "providers", "--json"]).out)
        self.slugs = [p["slug"] for p in known]
        self.keys = market_keys.environment(market.url)
        self.wrong = []

    def sync(self, *slugs):
        self.store.fresh()
        environment = {"ASSAY_UPSTREAM": self.market.url, "LOG_LEVEL": "error",
                       "DATABASE_URL": self.store.url, **self.keys}
        chosen = ["--providers", *slugs] if slugs else []
        done = measure.run_well([self.assay, "sync", "--json", *chosen], environment)
        self.check(json.loads(done.out)["providers"], slugs or self.slugs)
        return done

    def check(self, reports, wanted):
        if sorted(p["provider"] for p in reports) != sorted(wanted):
            self.wrong.append(f"not all were synced: {len(reports)} of {len(wanted)}")
        for p in reports:
            if p["models"] == 0 or p["skipped"]:
                self.wrong.append(f"{p['provider']}: {p['models']} models, {p['skipped'][:2]}")

    def measure(self):
        self.sync()  # the market renders its documents
        self.alone = {slug: self.sync(slug).wall_ms for slug in self.slugs}
        for slug in sorted(self.alone, key=self.alone.get)[-SLOWEST:]:
            self.alone[slug] = measure.median([self.sync(slug) for _ in range(self.runs)])
        self.all = [self.sync() for _ in range(self.runs)]
        reports = json.loads(self.all[-1].out)["providers"]
        self.rows = sum(p["models"] + p["prices_written"] for p in reports)
        self.models = sum(p["models"] for p in reports)

    def slowest(self):
        return max(self.alone, key=self.alone.get)

    def passed(self):
        limit = self.alone[self.slowest()] + MARGIN_MS
        return not self.wrong and measure.median(self.all) <= limit

    def show(self):
        wall = measure.median(self.all)
        slowest = self.slowest()
        print(f"{self.title:<11} {wall:>6.0f} {self.alone[slowest]:>8.0f}"
              f" {wall / self.alone[slowest]:>6.2f} {measure.median(self.all, 'cpu_ms'):>7.0f}"
              f" {self.rows / wall * 1e3:>8.0f}"
              f" {measure.median(self.all, 'peak_bytes') / 2 ** 20:>8.0f}"
              f"  {'PASS' if self.passed() else 'FAIL'}  {len(self.slugs)} providers,"
              f" {self.models} models, {self.rows} rows; slowest: {slowest}")
        for line in self.wrong[:10]:
            print(f"WRONG {self.title}: {line}")

    def figures(self):
        return {"store": self.title, "all": [r.wall_ms for r in self.all],
                "cpu": [r.cpu_ms for r in self.all], "rows": self.rows, "alone": self.alone,
                "peak_bytes": [r.peak_bytes for r in self.all], "wrong": self.wrong}


def pace(market, slugs):
    for n, slug in enumerate(slugs):
        ms = LONGEST_MS if slug == LONGEST else LEAST_MS + n * STEP_MS % MOST_MS
        pages = f"&page_size={PAGES[slug]}" if slug in PAGES else ""
        market.post(f"config?provider={slug}&latency_ms={ms}{pages}")


def against_truth(whole):
    for slug in whole.slugs:
        whole.wrong += measure.verify("truth", whole.market.url, slug, whole.store.file)


def bench(build, place, options):
    market = measure.Market(build, place, None, options.seed, total=MODELS)
    try:
        place.chmod(0o711)  # the server may run as somebody else
        with Cluster(durable=True, place=place, shared_buffers="128MB") as cluster:
            both = [Whole(build, store, market, options.runs)
                    for store in (Sqlite(place, build),
                                  Postgres(cluster, build, "market"))]
            pace(market, both[0].slugs)
            print(f"\n{'whole market':<11} {'ms':>5} {'alone ms':>8} {'ratio':>6} {'CPU ms':>7}"
                  f" {'rows/s':>8} {'RSS MiB':>8}  (bar: slowest alone + {MARGIN_MS} ms)")
            for whole in both:
                whole.measure()
                if isinstance(whole.store, Sqlite):
                    against_truth(whole)
                whole.show()
    finally:
        market.stop()
    return all(w.passed() for w in both), {"runs": [w.figures() for w in both]}
