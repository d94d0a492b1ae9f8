"""The same sync into PostgreSQL, beside a bare COPY of the rows it writes.

    first      into empty tables             against  COPY of the same rows into the same tables
    unchanged  the identical body again      against  fetch, parse
    one price  other order, one new price    against  fetch, parse (besides: no bar)

The server is a throw-away cluster with its own defaults: every commit reaches the disk.  COPY is
psql's, one transaction, text from files; the tables have all their indexes and keys.  Floor and
ours take turns; each figure is a whole process, fork to exit, so psql's and assay's own start and
connecting are in it.  A result counts only when it equals what SQLite has of the same list.
"""
import json
import subprocess

import measure
from cluster import Cluster

SLUG = "openrouter"
PATH = "/openrouter.ai/api/v1/models"
# In the order in which their foreign keys allow them.
TABLES = ("providers", "models", "model_versions", "prices", "snapshots", "documents",
          "sync_runs")
SAME = ("SELECT m.provider_model_id, p.meter, p.condition, p.state, p.amount, p.currency, p.raw"
        " FROM prices p JOIN models m ON m.id = p.model_id WHERE p.seen_to IS NULL"
        " ORDER BY 1, 2, 3",
        "SELECT provider_model_id, model_name, context_length, max_output_tokens, modality,"
        " pricing_prompt, pricing_completion, content_hash FROM models ORDER BY 1",
        "SELECT hash, models, prices FROM snapshots ORDER BY id")


class Side:
    """A schema of its own in the cluster."""

    def __init__(self, cluster, build, name):
        self.cluster, self.assay, self.name = cluster, build / "assay", name
        self.url = cluster.url(options=f"-csearch_path={name}")
        self.psql = [cluster.bin / "psql", self.url, "-X", "-q", "-v", "ON_ERROR_STOP=1"]

    def sql(self, text):
        done = subprocess.run([*map(str, self.psql), "-A", "-t", "-F", "\t", "-c", text],
                              capture_output=True, text=True, check=False,
                              env={"PGOPTIONS": "-cclient_min_messages=warning"})
        if done.returncode != 0:
            raise measure.Failed(f"psql: {done.stderr}")
        return done.stdout

    def fresh(self):
        self.sql(f"DROP SCHEMA IF EXISTS {self.name} CASCADE; CREATE SCHEMA {self.name}")
        measure.run_well([self.assay, "migrate"], {"DATABASE_URL": self.url})
        self.sql("CHECKPOINT")


class Postgres:
    def __init__(self, build, place, options, market, cluster):
        self.market, self.runs, self.place = market, options.runs, place
        self.floor_program, self.assay = build / "bench/bench_floor", build / "assay"
        self.ours, self.copy = Side(cluster, build, "ours"), Side(cluster, build, "floor")
        self.script = place / "copy.sql"

    def environment(self, url):
        return {"ASSAY_UPSTREAM": self.market.url, "DATABASE_URL": url}

    def sync(self, url=None):
        return measure.run_well([self.assay, "sync", "--providers", SLUG, "--json"],
                                self.environment(url or self.ours.url))

    def fetch_parse(self):
        return measure.run_well([self.floor_program, "fetch-parse", self.market.url + PATH])

    def dump(self):
        """What a first sync writes, as files, and the script that copies them in."""
        lines = []
        for table in TABLES:
            file = self.place / f"{table}.copy"
            self.ours.sql(f"\\copy {table} TO '{file}'")
            lines.append(f"\\copy {table} FROM '{file}'")
        self.script.write_text("BEGIN;\n" + "\n".join(lines) + "\nCOMMIT;\n")

    def differences(self):
        """Against a SQLite file filled by the same program from the same list."""
        file = self.place / "same.db"
        self.sync(f"sqlite:{file}")
        wrong = []
        for sql in SAME:
            done = subprocess.run(["sqlite3", "-separator", "\t", str(file), sql],
                                  capture_output=True, text=True, check=True)
            for side in (self.ours, self.copy):
                if side.sql(sql) != done.stdout:
                    wrong.append(f"{side.name}: not what SQLite has: {sql[:60]}…")
        return wrong

    # ---- the three ----

    def first(self, s):
        self.ours.fresh()
        self.sync()
        self.dump()
        for _ in range(self.runs):
            self.copy.fresh()
            s.floor.append(measure.run_well([*self.copy.psql, "-f", self.script]))
            self.ours.fresh()
            s.ours.append(self.sync())
        s.wrong += self.differences()

    def unchanged(self, s):
        before = [self.ours.sql(sql) for sql in SAME]
        for _ in range(self.runs):
            s.floor.append(self.fetch_parse())
            s.ours.append(self.sync())
            report = json.loads(s.ours[-1].out)["providers"][0]
            s.expect("unchanged_body", report["unchanged_body"], True)
        s.expect("tables", [self.ours.sql(sql) for sql in SAME], before)

    def one_price(self, s):
        for _ in range(self.runs):
            self.market.post(f"shuffle?provider={SLUG}")
            self.market.post(f"reprice?provider={SLUG}&n=1")
            self.market.warm(PATH)
            s.floor.append(self.fetch_parse())
            s.ours.append(self.sync())
            report = json.loads(s.ours[-1].out)["providers"][0]
            s.expect("models written", report["models_written"], 1)
            s.expect("changes", len(report["events"]), 1)


class Scenario:
    def __init__(self, name, bar):
        self.name, self.bar = name, bar
        self.floor, self.ours, self.wrong = [], [], []

    def ratio(self):
        return measure.median(self.ours) / measure.median(self.floor)

    def passed(self):
        return not self.wrong and (self.bar is None or self.ratio() <= self.bar)

    def expect(self, what, found, wanted):
        if found != wanted:
            self.wrong.append(f"{what}: {str(found)[:80]}, should be {str(wanted)[:80]}")

    def figures(self):
        return {"scenario": self.name, "bar": self.bar, "ratio": self.ratio(), "wrong": self.wrong,
                "floor": [r.wall_ms for r in self.floor], "ours": [r.wall_ms for r in self.ours]}

    def line(self):
        verdict = "(besides)" if self.bar is None else "PASS" if self.passed() else "FAIL"
        bar = "" if self.bar is None else f"{self.bar:.1f}"
        return (f"{self.name:<17} {measure.median(self.floor):>8.0f}"
                f" {measure.least(self.floor):>6.0f} {measure.median(self.ours):>8.0f}"
                f" {measure.least(self.ours):>6.0f} {self.ratio():>6.2f} {bar:>4}  {verdict:<9}"
                f"  CPU ms of ours {measure.median(self.ours, 'cpu_ms'):.0f}")


def bench(build, place, options):
    market = measure.Market(build, place, options.scale, options.seed)
    try:
        market.post(f"config?provider={SLUG}&etag=0&gzip=0")
        market.warm(PATH)
        place.chmod(0o711)  # the server may run as somebody else
        with Cluster(durable=True, place=place, shared_buffers="128MB") as cluster:
            b = Postgres(build, place, options, market, cluster)
            scenarios = [Scenario("first", 4.0), Scenario("unchanged", 1.0),
                         Scenario("one price", None)]
            for scenario, measured in zip(scenarios, (b.first, b.unchanged, b.one_price)):
                measured(scenario)
    finally:
        market.stop()
    print(f"\n{'PostgreSQL':<17} {'floor ms':>8} {'(min)':>6} {'ours ms':>8} {'(min)':>6}"
          f" {'ratio':>6} {'bar':>4}")
    for s in scenarios:
        print(s.line())
        for line in s.wrong:
            print(f"WRONG {s.name}: {line}")
    return all(s.passed() for s in scenarios), {"runs": [s.figures() for s in scenarios]}
