#!/usr/bin/python3
"""./run soak [--seconds N]: the service under an even load of mixed routes while syncs, probes and pushes run
against a simulated market with faults on.

It passes when nothing answered 5xx that was not asked for, no connection broke, no descriptor was left open, memory is
flat, the write-ahead log stays bounded and the log has nothing fatal.  Prints the series, and of each route how long it
took early and late.  $ASSAY_SOAK_SECONDS is the default time (30 minutes), $ASSAY_BUILD the build directory.
"""
import argparse
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import sys
import time

import measure  # first: it says where tests/ is

sys.path.insert(0, str(measure.ROOT / "tests/flow"))

from lib.assay import PROVIDERS, Assay, is_sanitized
from lib.market import Market
from lib.probing import TOKEN
from lib.prometheus import scrape, series, total
from lib.receiver import Receiver
from lib.serving import Serving
from lib.sim_hub import REPO, WRITE, Hub
from soak_load import Client, Notebook, Operator, Reader, targets_of
from soak_weather import Weather

SECRET = "whsec_c29ha2luZyB0aGUgc2VydmljZSBmb3IgYSBsb25nIHRpbWU="
MIB = 1 << 20
# Memory is flat when in the second half it grows by less than the one or the other: the heap grows in steps of 1 MiB, and
# two of them are no trend; in a long run the bar of each 1,000 requests rules.
MEMORY_STEPS = 2 * MIB
MEMORY_BAR = 4 << 10
# Before so many requests SQLite's caches (4 MiB a connection) fill, and the list of jobs: only what is gross is seen there.
MEMORY_WARM = 100_000
MEMORY_WARMING = 12 * MIB
WAL_MAX = 64 * MIB  # SQLite cuts it to 16 as soon as no reader is in the way
OUTWARDS_MAX = 64  # connections to the world that are kept to be used again
FILES_SLACK = 2
WARM_UP_S = 3
SETTLE_S = 60  # until what was open for somebody is closed


def settings(market, receiver, options):
    """Everything on, in a hurry."""
    return {
        "ASSAY_NOW": None, "ASSAY_SCHEDULE": "on", "ASSAY_SYNC_SECONDS": f"*={options.sync_every}",
        "ASSAY_TIMEOUT_SECONDS": "5", "ASSAY_WATCH_SECONDS": "1", "ASSAY_EXPIRE_SECONDS": "5",
        "ASSAY_INCOMING_SECRET": SECRET, "ASSAY_EXEC_ON_CHANGE": "true {hash}",
        "ASSAY_PROBE": "on", "ASSAY_PROBE_STREAM": "on", "HF_TOKEN": TOKEN, "SCHEDULE_INTERVAL_SECONDS": str(options.probe_every),
        "ASSAY_PROBE_RETRY_DELAY_MS": "10", "ASSAY_PROBE_SPACING_MS": "5", "ASSAY_PROBE_JITTER_MS": "5",
        "ASSAY_PROBE_TIMEOUT_SECONDS": "5", "ASSAY_PROBE_BUDGET_USD": "1000",
        "PUSH_INTERVAL_CYCLES": "2", "HF_HUB_TOKEN": WRITE, "HF_DATASET_REPO_ID": REPO,
        "LOG_LEVEL": "info", **receiver.settings(),
    }


# ---- what is measured

def look(pid):
    """One row of the series, from outside."""
    proc = pathlib.Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    fields = (proc / "stat").read_text().rpartition(")")[2].split()
    return {"rss": int(status["VmRSS"].split()[0]) * 1024,
            "anonymous": int(status["RssAnon"].split()[0]) * 1024,
            "descriptors": len(list((proc / "fd").iterdir())),
            "threads": int(status["Threads"]),
            "cpu_s": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")}


def sockets(pid, address):
    """{inode: what it is}: connections of clients to `address`, and others; one that was reset is in no table."""
    mine = int(address.rpartition(":")[2])
    local_ones = pathlib.Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]
    found = {line.split()[6]: "unix" for line in local_ones}
    for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        local, remote = (int(end.rpartition(":")[2], 16) for end in fields[1:3])
        found[fields[9]] = "listening" if not remote else "client" if local == mine else "outwards"
    return found


def descriptors(pid, address):
    """{what: how many}"""
    known, counts = sockets(pid, address), {}
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            target = known.get(target[8:-1], "outwards")
        what = re.sub(r"\[.*|-[0-9a-f]+(?=\.log)", "", target.rpartition("/")[2])
        counts[what] = counts.get(what, 0) + 1
    return counts


def sizes(database):
    """Of the files that grow with what is written."""
    def size(path):
        return path.stat().st_size if path.exists() else 0
    return {"database": size(database), "wal": size(database.with_name(database.name + "-wal"))}


def show(row):
    print(f"{row['t']:7.0f} s  {row['requests']:8d} requests  {row['rate']:6.1f}/s  "
          f"p50 {row['p50_ms']:5.2f} p99 {row['p99_ms']:6.2f} ms  rss {row['rss'] / MIB:6.1f} MiB  "
          f"anonymous {row['anonymous'] / MIB:6.1f} MiB  {row['descriptors']:4d} descriptors  "
          f"{row['threads']:3d} threads  cpu {row['cpu']:5.1f} %  database {row['database'] / MIB:6.1f} MiB  "
          f"wal {row['wal'] / MIB:5.1f} MiB  {row['models']:5d} models", flush=True)


def rank(values, share):
    """The value that `share` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0


def watch(serving, notebook, seconds, every_s):
    """The series: a row each `every_s`; each is shown."""
    rows, begun, before = [], time.monotonic(), None
    for n in range(1, int(seconds / every_s) + 1):
        time.sleep(max(0, begun + n * every_s - time.monotonic()))
        if serving.process.poll() is not None:
            raise RuntimeError(f"the service ended, {serving.process.returncode}: {serving.log()[-3000:]}")
        row = {"t": time.monotonic() - begun, "requests": notebook.requests(), **look(serving.process.pid),
               **sizes(serving.desk.home / "assay.db"), "models": serving.get("/models/stats")["total"]}
        last = before or {"t": 0, "requests": 0, "cpu_s": row["cpu_s"]}
        row["rate"] = (row["requests"] - last["requests"]) / (row["t"] - last["t"])
        row["cpu"] = 100 * (row["cpu_s"] - last["cpu_s"]) / (row["t"] - last["t"])
        took = [s for times in notebook.turn_page().values() for s in times]
        row["p50_ms"], row["p99_ms"] = (1e3 * rank(took, share) for share in (0.5, 0.99))
        rows.append(row)
        before = row
        show(row)
    return rows


def second_half(rows):
    return rows[len(rows) // 2:]


def trend(rows, figure):
    """By how much it grows with each request: the median slope between any two rows, which no single peak moves."""
    return statistics.median((b[figure] - a[figure]) / (b["requests"] - a["requests"])
                             for a, b in itertools.combinations(rows, 2) if b["requests"] > a["requests"])


def quarters(pages):
    """{route: (times of the second quarter, times of the last)}"""
    size, found = len(pages) / 4, {}
    for place, quarter in enumerate((1, 3)):
        for page in pages[int(quarter * size):int((quarter + 1) * size)]:
            for route, took in page.items():
                found.setdefault(route, ([], []))[place].extend(took)
    return found


def show_routes(pages):
    """Whether it slows down as time goes by: what a route took in the second quarter, and in the last."""
    print(f"{'ms, in the 2nd quarter -> in the last':44s} {'requests':>9s} {'p50':>15s} {'p99':>17s}")
    for route, pair in sorted(quarters(pages).items()):
        if route.startswith("HEAD "):
            continue
        early, late = (tuple(1e3 * rank(took, share) for share in (0.5, 0.99)) for took in pair)
        print(f"{route:44s} {sum(map(len, pair)):9d} {early[0]:6.2f} -> {late[0]:5.2f} {early[1]:7.2f} -> {late[1]:6.2f}")


# ---- what is judged: each says what is wrong, or nothing

def growth(rows):
    """(bytes in the second half, bytes with each 1,000 requests)"""
    late = second_half(rows)
    slope = trend(late, "anonymous")
    return slope * (late[-1]["requests"] - late[0]["requests"]), 1000 * slope


def judge_memory(rows):
    grown, bar = growth(rows)
    limit = MEMORY_STEPS if second_half(rows)[0]["requests"] >= MEMORY_WARM else MEMORY_WARMING
    if grown > limit and bar > MEMORY_BAR:
        yield (f"memory grows: {grown / MIB:.1f} MiB in the second half, {bar / 1024:.1f} KiB with each 1,000 requests, "
               f"more than {limit / MIB:.0f} MiB and {MEMORY_BAR / 1024:.0f} KiB")


def judge_wal(rows):
    largest = max(row["wal"] for row in rows)
    if largest > WAL_MAX:
        yield f"the write-ahead log had {largest / MIB:.1f} MiB"


def allowed(what, had):
    """SQLite puts off closing a file while another connection of the process has it locked."""
    return {"outwards": OUTWARDS_MAX, "client": 0}.get(what, had + FILES_SLACK)


def judge_rest(before, after):
    """At rest before the load, and at rest after it."""
    for what in sorted(set(before["kinds"]) | set(after["kinds"])):
        had, has = before["kinds"].get(what, 0), after["kinds"].get(what, 0)
        if has > allowed(what, had):
            yield f"descriptors: {what}: {had} before the load, {has} after it"
    if after["threads"] > before["threads"]:
        yield f"threads: {before['threads']} before the load, {after['threads']} after it"


def judge_log(lines):
    """Of the service: nothing fatal, no lock that was in the way."""
    for line in lines:
        if line["level"] >= 60 or "database is locked" in json.dumps(line):
            yield f"log: {json.dumps(line)[:300]}"


def judge_work(said):
    """A soak in which nothing happened would say nothing."""
    for name, labels in (("assay_sync_runs_total", {"outcome": "complete"}),
                         ("assay_sync_runs_total", {"outcome": "failed"}),
                         ("assay_probes_total", {"outcome": "ok"}), ("assay_probes_total", {"fault": "theirs"}),
                         ("assay_pushes_total", {"outcome": "ok"}), ("assay_changes_total", {}),
                         ("assay_notices_total", {"kind": "hook", "outcome": "delivered"}),
                         ("assay_notices_total", {"kind": "webhook", "outcome": "delivered"})):
        if total(said, name, **labels) == 0:
            yield f"{name}{labels} is 0"


def judge_rate(rows, least):
    wanted = least * rows[-1]["t"]
    if rows[-1]["requests"] < wanted:
        yield f"{rows[-1]['requests']} requests, {wanted:.0f} were to be made"


# ---- the soak

def wait_for(what, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.2)
    return False


def is_at_work(serving):
    """Every part of it has done its first turn, so that what it opens once is open."""
    said = scrape(serving)
    return (total(said, "assay_pushes_total") >= 1 and total(said, "assay_probe_cycles_total") >= 2
            and total(said, "assay_sync_runs_total", outcome="complete") >= len(PROVIDERS) // 2)


def cast(mix, serving, notebook, weather, options):
    clients = [Client(n, notebook, serving, mix, options.rate / options.clients, options.seed)
               for n in range(options.clients)]
    return [*clients, *(Reader(n, notebook, serving) for n in range(2)),
            Operator(notebook, serving, weather, SECRET, options.act_every, options.seed), weather]


def at_rest(serving, before=None):
    """A row, and what its descriptors are; after the load, as soon as what was held for clients is given back."""
    kinds = descriptors(serving.process.pid, serving.address)

    def is_settled():
        kinds.clear()
        kinds.update(descriptors(serving.process.pid, serving.address))
        return all(n <= allowed(what, before["kinds"].get(what, 0)) for what, n in kinds.items())

    if before:
        wait_for(is_settled, SETTLE_S)
    return {**look(serving.process.pid), "kinds": kinds}


def warm_up(serving, mix, options):
    """Each connection to the database and each thread of a pool is made when it is needed first."""
    notebook = Notebook()
    clients = [Client(n, notebook, serving, mix, 25, "warm") for n in range(options.clients)]
    for client in clients:
        client.start()
    time.sleep(WARM_UP_S)
    for client in clients:
        client.ending.set()
        client.join()
    wait_for(lambda: "client" not in descriptors(serving.process.pid, serving.address), SETTLE_S)
    return at_rest(serving)


def soak(serving, market, hub, options):
    """(the series, what is wrong, figures)"""
    notebook = Notebook()
    weather = Weather(notebook, market, hub, PROVIDERS, options.act_every, options.seed)
    if not wait_for(lambda: is_at_work(serving), 300):
        return [], ["the service did not get to work: " + serving.log()[-2000:]], {}
    mix = targets_of(serving, random.Random(options.seed))
    before = warm_up(serving, mix, options)
    actors = cast(mix, serving, notebook, weather, options)
    for actor in actors:
        actor.start()
    rows = watch(serving, notebook, options.seconds, options.every)
    for actor in actors:
        actor.ending.set()
    for actor in actors:
        actor.join(300)
    after = at_rest(serving, before)
    show_routes(notebook.pages)
    said = scrape(serving)
    wrong = [*notebook.wrong, *judge_rest(before, after), *judge_rate(rows, options.least), *judge_wal(rows),
             *judge_work(said), *judge_log(serving.logs())]
    if not is_sanitized(serving.desk.binary):  # it keeps what is freed, to find who uses it
        wrong += judge_memory(rows)
    statuses = {}
    for (_, status), n in notebook.statuses.items():
        statuses[status] = statuses.get(status, 0) + n
    grown, bar = growth(rows)
    figures = {"statuses": dict(sorted(statuses.items())), "worst_s": notebook.worst_s,
               "grown_bytes": grown, "grown_bytes_per_1000_requests": bar,
               "csv_batches_left": total(said, "assay_csv_pending_batches"),
               "faults": weather.faults, "before": before, "after": after,
               "changes_read": sum(a.seen for a in actors if isinstance(a, Reader)),
               "syncs": total(said, "assay_sync_runs_total"), "probes": total(said, "assay_probes_total"),
               "pushes": total(said, "assay_pushes_total"), "notices": total(said, "assay_notices_total"),
               "metrics": sorted({name for name, _ in series(said)})}
    return rows, wrong, figures


def idle(desk, environment, seconds):
    """The same database, nobody asks and nothing is due: what it costs to be there."""
    quiet = {**environment, "ASSAY_SYNC_SECONDS": "*=86400", "ASSAY_PROBE": "off", "ASSAY_WATCH_SECONDS": None,
             "ASSAY_EXPIRE_SECONDS": None}
    serving = Serving(desk, **quiet).wait_ready()
    try:
        time.sleep(5)  # what was due at the start is done
        before = look(serving.process.pid)
        time.sleep(seconds)
        after = look(serving.process.pid)
        return {"cpu": 100 * (after["cpu_s"] - before["cpu_s"]) / seconds, "rss": after["rss"]}
    finally:
        serving.stop(expect=None)


def arguments():
    parser = argparse.ArgumentParser(prog="./run soak", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=float(os.environ.pop("ASSAY_SOAK_SECONDS", 1800)),
                        metavar="N", help="(1800)")
    parser.add_argument("--every", type=float, metavar="N", help="seconds between two rows of the series")
    parser.add_argument("--rate", type=float, default=200, metavar="N", help="requests a second (200)")
    parser.add_argument("--least", type=float, metavar="N",
                        help="so many a second there have to be at least (nine tenths of the rate)")
    parser.add_argument("--clients", type=int, default=8, metavar="N", help="who share it (8)")
    parser.add_argument("--scale", type=int, default=400, metavar="N",
                        help="models of the largest list; in all about six times as many (400)")
    parser.add_argument("--sync-every", type=int, default=20, metavar="N", help="seconds (20)")
    parser.add_argument("--probe-every", type=int, default=5, metavar="N", help="seconds (5)")
    parser.add_argument("--act-every", type=float, default=1, metavar="N",
                        help="seconds between two acts of the operator, and two faults (1)")
    parser.add_argument("--idle", type=float, default=30, metavar="N", help="seconds of rest at the end (30)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of everything (1)")
    parser.add_argument("--dir", type=pathlib.Path, metavar="DIR", help="for the database")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="all figures, as JSON")
    options = parser.parse_args()
    options.every = options.every or max(1, options.seconds / 60)
    options.least = options.least or 0.9 * options.rate
    return options


def main():
    options = arguments()
    build = pathlib.Path(os.environ.pop("ASSAY_BUILD", measure.ROOT / "build-release")).resolve()
    log = (options.dir or build).resolve() / "soak.log"
    with measure.workplace(options.dir or build) as place:
        market = Market(build / "marketsim", seed=options.seed, scale=options.scale)
        receiver = Receiver()
        try:
            hub = Hub(market)
            hub.exists()
            desk = Assay(build / "assay", place, market.url)
            environment = {**desk.keys(now_s=0), **settings(market, receiver, options)}
            serving = Serving(desk, **environment).wait_ready()
            try:
                rows, wrong, figures = soak(serving, market, hub, options)
            except Exception:
                print(serving.log()[-6000:])
                raise
            finally:
                try:
                    code = serving.stop(expect=None)
                finally:
                    shutil.copy(serving.log_path, log)
            if code != 0:
                wrong.append(f"SIGTERM: exit {code}")
            figures["idle"] = idle(desk, environment, options.idle)
        finally:
            receiver.stop()
            market.stop()
    print(json.dumps({k: v for k, v in figures.items() if k != "metrics"}, indent=1))
    for what in sorted(set(wrong)):
        print(f"WRONG ({wrong.count(what)}x): {what}")
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "wrong": wrong, **figures}, indent=1) + "\n")
    print(f"its log: {log}")
    print("FAIL" if wrong else "PASS")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
