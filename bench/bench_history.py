"""A year of history: how large it gets, and how long answers about the past take.

    size      36 providers, 25,000 models, a sync of each every 5 minutes, 1 % of models moving a day
              beside one row per provider and sync, and beside git's pack of the same states
    quiet     1,000,000 syncs more that find nothing new, into a new database and after the year
    questions a state, a diff, the changes of a day: p50 and p95, beside bare statements that read
              the same rows; a state is right when it hashes to its snapshot, a diff when it is what
              two states held side by side differ in

bench_history (history.c) fills the database through the store's own functions.  PostgreSQL is
asked the same questions of the same year; syncs that find nothing new are told to it once an hour
instead of every five minutes, which changes no row that the questions read.
"""
import json
import shutil
import sqlite3
import statistics
import subprocess

import measure
from cluster import Cluster

SELLERS, MODELS, MINUTES = 36, 25000, 5
YEAR_DAYS = 365
QUIET = 1000000
ASKED = 100
SIZE_BAR, QUIET_BAR = 80e6, 1e6
BARS_MS = {"state": 100, "diff": 50, "changes": 10}  # of p95, by the first word
NAIVE_DAYS, GIT_DAYS = 10, 6
MB = 1e6
NAIVE = """CREATE TABLE snapshots (id INTEGER PRIMARY KEY, provider_id INTEGER NOT NULL, at INTEGER NOT NULL,
 hash TEXT NOT NULL, models INTEGER NOT NULL, prices INTEGER NOT NULL) STRICT;
CREATE INDEX snapshots_of_provider ON snapshots (provider_id, at)"""


def percentile(values, percent):
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


class Driver:
    def __init__(self, build, url):
        self.program, self.url = build / "bench/bench_history", url

    def run(self, verb, *arguments):
        return measure.run_well([self.program, verb, self.url, *arguments])

    def fill(self, days, seed, minutes=MINUTES):
        return self.run("fill", days, MODELS, SELLERS, minutes, seed)

    def quiet(self):
        return self.run("quiet", QUIET, SELLERS, MINUTES)

    def ask(self, seed, days):
        done = self.run("ask", ASKED, SELLERS, seed, days)
        return [json.loads(line) for line in done.out.splitlines()]


class File(Driver):
    def __init__(self, build, file):
        super().__init__(build, f"sqlite:{file}")
        self.file = file

    def size(self):
        return self.file.stat().st_size

    def tables(self):
        """(name, bytes, rows) of tables and indexes, the largest first."""
        db = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)
        try:
            sizes = db.execute("SELECT name, sum(pgsize), sum(ncell) FILTER (WHERE pagetype = 'leaf')"
                               " FROM dbstat GROUP BY name ORDER BY 2 DESC").fetchall()
        except sqlite3.OperationalError:  # built without it
            sizes = []
        db.close()
        return sizes

    def totals(self):
        db = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)
        row = db.execute("SELECT (SELECT count(*) FROM sync_runs) + (SELECT sum(runs) FROM sync_days),"
                         " (SELECT count(*) FROM sync_runs), (SELECT count(*) FROM snapshots),"
                         " (SELECT count(*) FROM changes)").fetchone()
        db.close()
        return dict(zip(("syncs", "sync_runs", "snapshots", "changes"), row))


# ---- rivals

def naive_bytes(place, days):
    """One row per provider and sync: written for some days, the rest by the rule of three."""
    file = place / "naive.db"
    db = sqlite3.connect(file)
    db.executescript(NAIVE)
    syncs = NAIVE_DAYS * 24 * 60 // MINUTES
    db.executemany("INSERT INTO snapshots (provider_id, at, hash, models, prices) VALUES (?, ?, ?, ?, ?)",
                   ((p, 1755820800000 + s * MINUTES * 60000, f"{p * s:064x}", 700, 2800)
                    for s in range(syncs) for p in range(SELLERS)))
    db.commit()
    db.close()
    return file.stat().st_size * days / NAIVE_DAYS


def git_bytes(place, driver, days):
    """Each provider's canonical text committed once a day, packed; the last days tell what a day costs."""
    files, repository = place / "states", place / "git"
    files.mkdir()
    repository.mkdir()

    def git(*arguments):
        return subprocess.run(["git", "-C", repository, "-c", "user.name=b", "-c", "user.email=b",
                               *arguments], capture_output=True, text=True, check=True).stdout

    def packed():
        git("gc", "--quiet", "--aggressive", "--prune=now")
        return sum(f.stat().st_size for f in (repository / ".git/objects/pack").iterdir())

    driver.run("states", files, SELLERS, GIT_DAYS)
    git("init", "--quiet")
    sizes = []
    for day in range(GIT_DAYS):
        for state in files.glob(f"{day:03}-*.json"):
            shutil.move(state, repository / state.name[4:])
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", "--message", f"day {day}")
        if day in (0, GIT_DAYS - 1):
            sizes.append(packed())
    return sizes[0] + (sizes[1] - sizes[0]) / (GIT_DAYS - 1) * days


# ---- sizes

class Sizes:
    def __init__(self, days):
        self.days, self.wrong = days, []

    def measure(self, build, place, seed):
        year, new = File(build, place / "year.db"), File(build, place / "new.db")
        self.year = year
        self.filled = year.fill(self.days, seed)
        self.bytes, self.tables, self.totals = year.size(), year.tables(), year.totals()
        if self.totals["syncs"] != SELLERS * (1 + self.days * 24 * 60 // MINUTES):
            self.wrong.append(f"{self.totals['syncs']} syncs are told of")
        self.naive = naive_bytes(place, self.days)
        self.git = git_bytes(place, year, self.days)
        new.fill(0, seed)
        self.quiet = {}
        for name, file in (("new database", new), ("after the year", year)):
            before = file.size()
            done = file.quiet()
            self.quiet[name] = (file.size() - before, done.wall_ms / QUIET * 1e3)

    def passed(self):
        return (not self.wrong and self.bytes <= SIZE_BAR * self.days / YEAR_DAYS
                and all(grown <= QUIET_BAR for grown, _ in self.quiet.values()))

    def show(self):
        seconds = self.filled.wall_ms / 1e3
        print(f"\n{self.days} days: {self.totals['syncs']} syncs written in {seconds:.0f} s;"
              f" {self.totals['changes']} changes, {self.totals['snapshots']} states,"
              f" {self.totals['sync_runs']} rows of sync_runs left")
        print(f"{'what':<34} {'MB':>7} {'bar':>5}")
        print(f"{'ours, all tables':<34} {self.bytes / MB:>7.1f} {SIZE_BAR / MB:>5.0f}  "
              f"{'PASS' if self.bytes <= SIZE_BAR else 'FAIL'}")
        print(f"{'one row per provider and sync':<34} {self.naive / MB:>7.1f}"
              f"        ratio {self.bytes / self.naive:.2f}; these rows alone, {NAIVE_DAYS} days written")
        print(f"{'git, packed, a commit a day':<34} {self.git / MB:>7.1f}"
              f"        ratio {self.bytes / self.git:.2f}; states alone, {GIT_DAYS} days written")
        for name, (grown, us) in self.quiet.items():
            print(f"{'1,000,000 quiet syncs, ' + name:<38} {grown / MB:>.2f} {QUIET_BAR / MB:>5.0f}  "
                  f"{'PASS' if grown <= QUIET_BAR else 'FAIL'}   {us:.0f} us each, an hour a commit")
        for name, size, rows in self.tables[:16]:
            print(f"    {name:<30} {size / MB:>7.1f}  {rows:>8} rows, {size / max(rows, 1):>5.0f} bytes each")
        for line in self.wrong:
            print(f"WRONG {line}")

    def figures(self):
        return {"days": self.days, "bytes": self.bytes, "naive": self.naive, "git": self.git,
                "quiet": self.quiet, "tables": self.tables, "totals": self.totals,
                "filled_ms": self.filled.wall_ms, "wrong": self.wrong}


# ---- questions

class Questions:
    def __init__(self, title, binding):
        self.title, self.binding = title, binding
        self.rounds, self.wrong = [], []

    def ask(self, driver, options):
        for n in range(options.runs):
            *answers, right = driver.ask(options.seed + n, options.days)
            self.rounds.append(answers)
            if right["wrong_states"] or right["wrong_diffs"]:
                self.wrong.append(f"{right}")

    def figure(self, which, side, percent):
        """Median over the rounds."""
        return statistics.median(percentile(r[which][side], percent) for r in self.rounds)

    def rows(self):
        for which, answer in enumerate(self.rounds[0]):
            bar = BARS_MS[answer["question"].split()[0].rstrip(",")]
            yield (answer, bar, *(self.figure(which, side, percent) for side in ("ours", "floor")
                                  for percent in (50, 95)),
                   self.figure(which, "ours_cpu", 95))

    def passed(self):
        return not self.wrong and (not self.binding or
                                   all(p95 <= bar for _, bar, _, p95, *_ in self.rows()))

    def show(self):
        print(f"\n{self.title:<22} {'p50 ms':>7} {'p95':>7} {'floor':>7} {'p95':>7} {'ratio':>6}"
              f" {'bar':>4}")
        for answer, bar, p50, p95, floor50, floor95, cpu in self.rows():
            verdict = ("PASS" if p95 <= bar else "FAIL") if self.binding else "(besides)"
            print(f"{answer['question']:<22} {p50:>7.2f} {p95:>7.2f} {floor50:>7.2f} {floor95:>7.2f}"
                  f" {p50 / floor50:>6.2f} {bar:>4}  {verdict:<9} {answer['items']} of"
                  f" {answer['rows']} rows; p95 of our own CPU {cpu:.1f} ms")
        for line in self.wrong:
            print(f"WRONG {self.title}: {line}")

    def figures(self):
        return {"store": self.title, "rounds": self.rounds, "wrong": self.wrong}


def ask_postgres(build, place, options):
    questions = Questions("PostgreSQL", False)
    place.chmod(0o711)  # the server may run as somebody else
    with Cluster(durable=True, place=place, shared_buffers="128MB") as cluster:
        driver = Driver(build, cluster.url())
        driver.fill(options.days, options.seed, minutes=60)
        subprocess.run([cluster.bin / "psql", cluster.url(), "-X", "-q", "-c", "VACUUM ANALYZE"],
                       check=True)
        questions.ask(driver, options)
    return questions


def bench(build, place, options):
    sizes = Sizes(options.days)
    sizes.measure(build, place, options.seed)
    sizes.show()
    ours = Questions("SQLite", True)
    ours.ask(sizes.year, options)
    ours.show()
    postgres = ask_postgres(build, place, options)
    postgres.show()
    parts = [sizes, ours, postgres]
    return all(p.passed() for p in parts), {"parts": [p.figures() for p in parts]}
