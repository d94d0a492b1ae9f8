"""A sync of one large list, beside the least that a C program would do for it (floor.c).

    first      into a fresh database         against  fetch, parse, insert the same rows
    unchanged  the identical body again      against  fetch, parse
    one price  other order, one new price    against  fetch, parse

Floor and ours take turns; each figure is a whole process, fork to exit.  The bars hold for the
plain body; gzip is measured besides.  No result counts before it was compared with the market's
ground truth.
"""
import json
import pathlib

import measure

SLUG = "openrouter"
PATH = "/openrouter.ai/api/v1/models"
PEAK_BAR = 4.0
SCHEMA = pathlib.Path(__file__).resolve().parents[1] / "sql/sqlite/0001_init.sql"


class Scenario:
    """What was measured of one of the three, in one encoding."""

    def __init__(self, name, encoding, bar, document):
        self.name, self.encoding, self.bar, self.document = name, encoding, bar, document
        self.floor, self.ours = [], []
        self.wrong = []

    def ratio(self, figure="wall_ms"):
        return measure.median(self.ours, figure) / measure.median(self.floor, figure)

    def peak(self):
        return max(r.peak_bytes for r in self.ours) / self.document

    def binding(self):
        return self.encoding == "plain"

    def fast(self):
        return self.ratio() <= self.bar

    def small(self):
        return self.name == "unchanged" or self.peak() <= PEAK_BAR

    def passed(self):
        return not self.wrong and (self.fast() or not self.binding()) and self.small()

    def expect(self, what, found, wanted):
        if found != wanted:
            self.wrong.append(f"{what}: {found}, should be {wanted}")

    def figures(self):
        sides = {"floor": self.floor, "ours": self.ours}
        return {"scenario": self.name, "encoding": self.encoding, "bar": self.bar,
                "ratio": self.ratio(), "cpu_ratio": self.ratio("cpu_ms"), "peak": self.peak(),
                "document_bytes": self.document, "passed": self.passed(), "wrong": self.wrong,
                **{side: [{"wall_ms": r.wall_ms, "cpu_ms": r.cpu_ms, "peak_bytes": r.peak_bytes,
                           "says": json.loads(r.out)} for r in runs]
                   for side, runs in sides.items()}}


class Sync:
    def __init__(self, build, place, options, market):
        self.market, self.runs = market, options.runs
        self.floor_program = build / "bench/bench_floor"
        self.assay = build / "assay"
        self.ours_db, self.floor_db = place / "ours.db", place / "floor.db"

    def fresh(self, path):
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(f"{path}{suffix}").unlink(missing_ok=True)

    def fetch_parse(self):
        return measure.run_well([self.floor_program, "fetch-parse", self.market.url + PATH])

    def insert(self):
        self.fresh(self.floor_db)
        return measure.run_well([self.floor_program, "insert", self.market.url + PATH,
                                 self.floor_db, SCHEMA])

    def sync(self):
        return measure.run_well([self.assay, "sync", "--providers", SLUG, "--json"],
                                {"ASSAY_UPSTREAM": self.market.url,
                                 "DATABASE_URL": f"sqlite:{self.ours_db}"})

    def report(self, done):
        return json.loads(done.out)["providers"][0]

    # ---- the three ----

    def first(self, s):
        for _ in range(self.runs):
            s.floor.append(self.insert())
            self.fresh(self.ours_db)
            s.ours.append(self.sync())
        floor, ours = json.loads(s.floor[-1].out), self.report(s.ours[-1])
        s.expect("models of floor and ours", (floor["models"], floor["prices"]),
                 (ours["models"], ours["prices"]))
        s.wrong += measure.verify("truth", self.market.url, SLUG, self.ours_db)
        s.wrong += [f"floor: {line}" for line in
                    measure.verify("truth", self.market.url, SLUG, self.floor_db)]
        s.wrong += measure.verify("same", self.floor_db, self.ours_db)

    def unchanged(self, s):
        before = measure.verify("digest", self.ours_db)
        for _ in range(self.runs):
            s.floor.append(self.fetch_parse())
            s.ours.append(self.sync())
            report = self.report(s.ours[-1])
            s.expect("unchanged_body", report["unchanged_body"], True)
            s.expect("bytes", report["bytes"], self.wire)
        s.expect("tables", measure.verify("digest", self.ours_db), before)

    def one_price(self, s):
        for _ in range(self.runs):
            self.market.post(f"shuffle?provider={SLUG}")
            self.market.post(f"reprice?provider={SLUG}&n=1")
            self.market.warm(PATH)
            s.floor.append(self.fetch_parse())
            s.ours.append(self.sync())
            report = self.report(s.ours[-1])
            s.expect("models written", report["models_written"], 1)
            s.expect("prices written (one closed, one opened)", report["prices_written"], 2)
            s.expect("changes", len(report["events"]), 1)
        s.wrong += measure.verify("truth", self.market.url, SLUG, self.ours_db)

    def encoded(self, encoding):
        gzip = int(encoding == "gzip")
        self.market.post(f"config?provider={SLUG}&etag=0&gzip={gzip}")
        self.wire = self.market.warm(PATH)
        document = json.loads(self.fetch_parse().out)["bytes"]
        print(f"{encoding}: {document / 1e6:.1f} MB, {self.wire / 1e6:.1f} MB on the wire")
        for name, bar, scenario in (("first", 2.5, self.first), ("unchanged", 1.0, self.unchanged),
                                    ("one price", 3.0, self.one_price)):
            s = Scenario(name, encoding, bar, document)
            scenario(s)
            yield s


# ---- what is printed ----

def phases(runs, names):
    said = [json.loads(r.out) for r in runs]
    return ", ".join(f"{name} {sorted(x[name + '_ms'] for x in said)[len(said) // 2]:.0f}"
                     for name in names)


def verdict(s):
    if not s.binding():
        return "(besides)"
    return "PASS" if s.fast() else "FAIL"


def print_times(scenarios):
    print(f"\n{'scenario':<17} {'floor ms':>8} {'(min)':>6} {'ours ms':>8} {'(min)':>6}"
          f" {'ratio':>6} {'bar':>4}  {'':<9}  CPU ms floor/ours, floor's phases in ms")
    for s in scenarios:
        print(f"{s.name + ' ' + s.encoding:<17}"
              f" {measure.median(s.floor):>8.0f} {measure.least(s.floor):>6.0f}"
              f" {measure.median(s.ours):>8.0f} {measure.least(s.ours):>6.0f}"
              f" {s.ratio():>6.2f} {s.bar:>4.1f}  {verdict(s):<9}"
              f"  {measure.median(s.floor, 'cpu_ms'):.0f}/{measure.median(s.ours, 'cpu_ms'):.0f},"
              f" {phases(s.floor, ('fetch', 'parse') + ('insert',) * (s.name == 'first'))}")


def print_peaks(scenarios):
    print(f"\n{'peak memory':<17} {'ours MB':>8} {'document':>9} {'ratio':>6} {'bar':>4}")
    for s in scenarios:
        barred = s.name != "unchanged"
        print(f"{s.name + ' ' + s.encoding:<17} {s.peak() * s.document / 1e6:>8.0f}"
              f" {s.document / 1e6:>9.1f} {s.peak():>6.2f}"
              f" {PEAK_BAR if barred else '':>4}  "
              f"{'(besides)' if not barred else 'PASS' if s.small() else 'FAIL'}")
    nothing = measure.run_well(["/bin/true"]).peak_bytes
    print(f"(a process that does nothing shows {nothing / 1e6:.0f} MB)")


def print_wrong(scenarios):
    print()
    for s in scenarios:
        for line in s.wrong:
            print(f"WRONG {s.name} {s.encoding}: {line}")
    if not any(s.wrong for s in scenarios):
        print("results: equal to the ground truth; unchanged wrote nothing, one price wrote one")


def bench(build, place, options):
    market = measure.Market(build, place, options.scale, options.seed)
    try:
        sync = Sync(build, place, options, market)
        scenarios = [s for encoding in ("plain", "gzip") for s in sync.encoded(encoding)]
    finally:
        market.stop()
    print_times(scenarios)
    print_peaks(scenarios)
    print_wrong(scenarios)
    return all(s.passed() for s in scenarios), {"runs": [s.figures() for s in scenarios]}
