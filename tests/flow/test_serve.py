"""`assay serve` as a daemon: what it does by itself and when, one a database, how it is told to read its
settings again, and how it ends."""
import datetime
import json
import math
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import zoneinfo

import pytest

from lib import truth
from lib.assay import is_sanitized
from lib.chat import chat_log
from lib.eventsource import EventSource
from lib.patience import PATIENCE_S
from lib.probing import QUICK, samples
from lib.receiver import Receiver
from lib.serving import KEY
from lib.sim_hub import REPO, WRITE, Hub

ON = {"ASSAY_SCHEDULE": "on"}
ALONE = {**ON, "ASSAY_SYNC_SECONDS": "*=86400"}
OTHER = "a6978f0e1d2c3b4a5a6978f0e1d2c3b4"
TURN = datetime.timedelta(hours=1)
RELOADS = int(os.environ.get("ASSAY_RELOADS", "40"))
LEFT_KIB = 8192  # once, for the holes of two at a time; each reads a fifth of that


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def text(at):
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(said):
    return datetime.datetime.fromisoformat(said.replace("Z", "+00:00"))


def schedule(service):
    rows = service.get("/admin/model-sync/status", key=True)["schedule"]
    return {row["task"]: row for row in rows}


def synced(service, slug="openrouter"):
    return [e for e in service.said("sync") if e["provider"] == slug]


def listed(service, slug="openrouter"):
    reply = service.ask(f"/models/provider/{slug}?limit=1000")
    return {m["provider_model_id"] for m in reply.json()} if reply.status == 200 else set()


def refused(desk, code, *words, **env):
    run = desk.run("serve", **{"ASSAY_NOW": None, "ASSAY_LISTEN": "127.0.0.1:0", **env})
    assert run.code == code, run
    assert all(word in run.err for word in words), run
    assert "listening" not in run.out


# ---- what it does by itself

def test_syncs_whoever_can_be_asked_and_says_what_it_runs(market, desk, serve):
    service = serve(desk, **ON)
    service.until(lambda: synced(service, "deepinfra") and synced(service))
    service.until(lambda: listed(service) == set(truth.catalog(market.truth())))
    runs, = service.said("sync: runs")

    def plans_that_wait():
        plans = {task: row for task, row in schedule(service).items() if task.startswith("sync:")}
        waiting = [row for row in plans.values() if row["runs"] and row["due_at"]]
        return len(waiting) == runs["providers"] and (plans, waiting)

    plans, waiting = service.until(plans_that_wait)  # while it runs it is due at no time
    assert len(plans) == runs["providers"] + runs["not_set_up"]
    assert plans["sync:anthropic"]["reason"] == "API key not configured: set ANTHROPIC_API_KEY"
    assert plans["sync:anthropic"]["due_at"] is None
    assert service.said("probe: not run")[0]["why"] == "ASSAY_PROBE is not on"
    assert service.said("push: not run")
    # Nothing is known of it yet: an hour, a tenth more or less.
    row = service.until(lambda: schedule(service)["sync:openrouter"])
    assert row["reason"] == "1 of 6 visits that tell something: every 60 min"
    ahead = (instant(row["due_at"]) - now()).total_seconds()
    assert 3600 * 0.9 - 60 < ahead < 3600 * 1.1
    assert len({row["due_at"] for row in waiting}) > len(waiting) // 2
    assert service.stop() == 0


def test_schedule_off_does_nothing_by_itself(market, desk, serve):
    service = serve(desk, ASSAY_PROBE="on")
    assert service.said("sync: not run")[0]["why"] == "ASSAY_SCHEDULE is off"
    assert service.said("probe: not run")[0]["why"] == "ASSAY_SCHEDULE is off"
    time.sleep(0.5)
    assert market.requests() == []
    assert set(schedule(service)) == {"watch", "lease"}
    service.stop()


def test_intervals_that_somebody_fixed(market, desk, serve):
    service = serve(desk, ASSAY_SYNC_SECONDS="openrouter=1,*=86400", **ON)
    service.until(lambda: len(synced(service)) >= 4 and synced(service, "deepinfra"))
    assert len(synced(service, "deepinfra")) == 1
    rows = schedule(service)
    assert rows["sync:openrouter"]["reason"] == "ASSAY_SYNC_SECONDS: every 1 s"
    assert rows["sync:deepinfra"]["reason"] == "ASSAY_SYNC_SECONDS: every 24 h"
    at = [e["time"] for e in synced(service)]
    assert at[3] - at[0] > 2000  # three seconds, but for chance
    service.stop()


@pytest.mark.stores("sqlite", "postgres")
def test_follows_how_often_a_provider_changes(market, desk, serve):
    """A move in nearly each of ten visits, three hours apart, by commands; then a visit of the service's
    own that finds none, by a 304: who answers so may be asked more often."""
    begin = now() - 36 * TURN
    for visit in range(10):
        market.advance()
        assert desk.run("sync", "--providers", "openrouter", ASSAY_NOW=text(begin + 3 * visit * TURN)).code == 0
    service = serve(desk, **ON)
    service.until(lambda: synced(service))
    row = service.until(lambda: (schedule(service)["sync:openrouter"]["due_at"]
                                 and schedule(service)["sync:openrouter"]))
    n, changed = 11, len(desk.database.select("SELECT DISTINCT at FROM changes"))
    assert changed >= 8
    days = (now() - begin) / (24 * TURN)
    rate = -math.log((n - changed + 0.5) / (n + 0.5)) * n / days
    minutes = -math.log(1 - 0.1) / rate * 24 * 60
    said = re.fullmatch(r"(\S+) changes a day \((\d+) of (\d+) visits\): every (\S+) min", row["reason"])
    assert (int(said[2]), int(said[3])) == (changed, n)
    assert float(said[1]) == pytest.approx(rate, rel=0.05)
    assert minutes > 10
    assert float(said[4]) == pytest.approx(minutes, rel=0.02)
    service.stop()


def test_daily_ones_in_their_hours(desk, serve):
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    service = serve(desk, ASSAY_SYNC_WINDOW="02:00-04:00 Europe/Berlin", **ALONE)
    service.until(lambda: synced(service) and synced(service, "fal"))
    rows = service.until(lambda: [row for task, row in schedule(service).items()
                                  if task.startswith("sync:") and row["runs"] and row["due_at"]])
    for row in rows:
        at = instant(row["due_at"])
        assert 2 <= at.astimezone(berlin).hour < 4, row
        assert datetime.timedelta() < at - now() < datetime.timedelta(hours=26)
        assert row["reason"].endswith("every 24 h, 02:00-04:00 Europe/Berlin")
    assert len({row["due_at"] for row in rows}) > len(rows) // 2  # each at its own moment
    service.stop()


@pytest.mark.parametrize("name, value, says", [
    ("ASSAY_SYNC_SECONDS", "nobody=60", "unknown provider"),
    ("ASSAY_SYNC_SECONDS", "openrouter", "PROVIDER=SECONDS"),
    ("ASSAY_SYNC_SECONDS", "openrouter=0", "from 1 to"),
    ("ASSAY_SYNC_SECONDS", "openrouter=60,openrouter=61", "twice"),
    ("ASSAY_SYNC_WINDOW", "2-4", "02:00-04:00 Europe/Berlin"),
    ("ASSAY_SYNC_WINDOW", "02:00-24:00", "02:00-04:00 Europe/Berlin"),
    ("ASSAY_SYNC_WINDOW", "02:00-02:00", "02:00-04:00 Europe/Berlin"),
    ("ASSAY_SYNC_WINDOW", "02:00-04:00 Mars/Olympus", "Mars/Olympus"),
    ("ASSAY_SYNC_MIN_SECONDS", "86401", "ASSAY_SYNC_MAX_SECONDS"),
    ("ASSAY_LISTEN", "nowhere", "nowhere"),
    ("ASSAY_NOW", "2026-08-22T00:00:00Z", "+3d"),
])
def test_refuses_at_the_start(desk, name, value, says):
    refused(desk, 2, name, says, **{name: value})


@pytest.mark.parametrize("offset, days", [("+3d", 3), ("-36h", -1.5)])
def test_a_clock_that_is_set_ahead_runs(desk, serve, offset, days):
    service = serve(desk, ASSAY_NOW=offset, **ALONE)
    service.until(lambda: synced(service))
    (at,), = desk.database.select("SELECT max(started_at) FROM sync_runs")
    at = instant(at) if isinstance(at, str) else datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc)
    assert abs(at - now() - datetime.timedelta(days=days)) < TURN
    service.stop()


@pytest.mark.stores("sqlite", "postgres")
def test_shows_what_others_write(market, desk, serve):
    service = serve(desk, ASSAY_WATCH_SECONDS=1).wait_ready()
    assert service.get("/models") == []
    assert desk.run("sync", "--providers", "openrouter", ASSAY_NOW=None).code == 0
    service.until(lambda: listed(service) == set(truth.catalog(market.truth())))
    service.stop()


def test_a_database_that_is_moved_away_is_noticed(desk, serve):
    """SQLite goes on with a file that nobody finds any more: neither a balancer nor the log may miss it."""
    service = serve(desk, ASSAY_WATCH_SECONDS=1).wait_ready()
    path = pathlib.Path(str(desk.database))
    path.rename(path.with_suffix(".away"))
    reply = service.until(lambda: [r for r in [service.ask("/readyz")] if r.status == 503])[0]
    assert "moved away" in reply.json()["detail"]
    assert service.ask("/healthz").status == 200
    looks = schedule(service)["watch"]["runs"]
    service.until(lambda: schedule(service)["watch"]["runs"] > looks + 1)
    said, = service.said("the database cannot be relied on")
    assert "moved away" in said["err"] and said["level"] == 50
    path.with_suffix(".away").rename(path)
    service.until(lambda: service.ask("/readyz").status == 200)
    assert len(service.said("the database is in order again")) == 1
    service.stop()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/v1/models"])
def test_parameters_that_nobody_knows_are_no_reason(desk, serve, path):
    """Balancers make caches miss by them, clients of OpenAI send a limit.  Lists of the catalog refuse them by name."""
    service = serve(desk).wait_ready()
    for query in ("limit=20", "_=1755&a&=&a=b&a=c", "x=%ff"):
        reply, plain = service.ask(f"{path}?{query}"), service.ask(path)
        assert (reply.status, plain.status) == (200, 200), reply
        assert path == "/metrics" or reply.body == plain.body
    assert "limit, offset" in service.ask("/models?_=1").json()["detail"]
    assert "providers" in service.ask("/exports/litellm.json?provider=groq").json()["detail"]  # all would be wrong
    service.stop()


def test_tells_whom_it_is_to_tell(market, desk, serve):
    receiver = Receiver()
    try:
        service = serve(desk, **ON, **receiver.settings(
            ASSAY_EXEC_ON_CHANGE='echo "$ASSAY_PROVIDER" >> told', ASSAY_SYNC_SECONDS="openrouter=1,*=86400"))
        service.until(lambda: synced(service))
        market.advance()
        service.until(lambda: any("openrouter" in str(post.event) for post in receiver.posts))
        assert all(post.is_signed for post in receiver.posts)
        service.until(lambda: "openrouter" in (desk.home / "told").read_text().split())
        service.stop()
    finally:
        receiver.stop()


# ---- probes

def test_probes_when_it_is_told_to_and_pushes_last(market, desk, serve):
    hub = Hub(market)
    service = serve(desk, ASSAY_PROBE="on", HF_HUB_TOKEN=WRITE, HF_DATASET_REPO_ID=REPO,
                    PUSH_INTERVAL_CYCLES=100, SCHEDULE_INTERVAL_SECONDS=3600, **{**QUICK, **ALONE})
    assert service.said("probe: runs") and service.said("push: runs")
    found = service.until(lambda: samples(desk, "outcome"))
    service.until(lambda: "assay_probes_total{" in service.ask("/metrics").body.decode())
    service.stop()
    found = samples(desk, "outcome")
    assert len(found) == len(chat_log(market))
    pushed = [f for f in hub.files() if f.endswith(".csv")]
    assert len(pushed) == 1


def test_without_a_token_it_says_why_not(desk, serve):
    service = serve(desk, ASSAY_PROBE="on", **ALONE)
    assert service.said("probe: not run")[0]["why"] == "HF_TOKEN is not set"
    service.stop()


TAKEN = "probe: cannot run now, it is tried again"


def probes(desk, serve):
    """Asks, or tries to, each second."""
    return serve(desk, ASSAY_PROBE="on", SCHEDULE_INTERVAL_SECONDS=1, **{**QUICK, **ALONE})


def tried_again(service):
    before = schedule(service)["probe"]["runs"]
    service.until(lambda: schedule(service)["probe"]["runs"] >= before + 2)


@pytest.fixture
def prober(desk):
    """An `assay probe` that fills the same file; it has asked all that it is to ask."""
    process = desk.start("probe", "--json", out=subprocess.PIPE, err=subprocess.DEVNULL,
                         **{**QUICK, "SCHEDULE_INTERVAL_SECONDS": 3600})
    process.stdout.readline()
    yield process
    process.terminate()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def test_probes_as_soon_as_the_place_is_free(market, desk, prober, serve):
    asked = len(chat_log(market))
    service = probes(desk, serve)
    why = service.until(lambda: service.said(TAKEN))[0]["err"]
    assert f"pid {prober.pid} on {socket.gethostname()}" in why
    tried_again(service)
    assert len(chat_log(market)) == asked > 0
    assert len(service.said(TAKEN)) == 1
    prober.terminate()
    service.until(lambda: len(chat_log(market)) > asked)
    assert len(service.said("probe: runs again")) == 1
    service.stop()
    assert len(samples(desk, "id")) == len(chat_log(market))


def test_probes_no_more_where_somebody_else_does(market, desk, serve):
    """Its lease ended while the computer slept, and another host took it: until that lets go."""
    service = probes(desk, serve)
    service.until(lambda: samples(desk, "id"))
    at, now_ms = desk.database.instant, time.time_ns() // 1_000_000
    assert truth.operate(desk.database, "UPDATE leases SET host = 'elsewhere.example', pid = 4242, taken_at = ?,"
                         " expires_at = ? WHERE name LIKE 'probe:%'", at(now_ms), at(now_ms + 600_000)) == 1
    assert "elsewhere.example" in service.until(lambda: service.said(TAKEN))[0]["err"]
    asked = len(chat_log(market))
    assert len(samples(desk, "id")) == asked  # what was paid for is kept
    tried_again(service)
    assert len(chat_log(market)) == asked
    assert len(service.said(TAKEN)) == 1
    truth.operate(desk.database, "UPDATE leases SET expires_at = taken_at WHERE name LIKE 'probe:%'")
    service.until(lambda: len(chat_log(market)) > asked)
    service.stop()


def test_ends_in_order_while_another_probes(desk, prober, serve):
    service = probes(desk, serve)
    service.until(lambda: service.said(TAKEN))
    service.stop()


# ---- one a database

@pytest.mark.stores("sqlite", "postgres")
def test_one_a_database(desk, serve):
    first = serve(desk)
    refused(desk, 1, f"process {first.process.pid} on {socket.gethostname()}")
    assert first.ask("/healthz").status == 200
    first.kill()
    second = serve(desk)  # who is gone is found out at once
    second.stop()
    serve(desk).stop()
    assert desk.database.select("SELECT name FROM leases WHERE name = 'serve' AND expires_at > taken_at") == []


# ---- read again

def hang_up(service, message):
    before = len(service.said(message))
    service.process.send_signal(signal.SIGHUP)
    return service.until(lambda: service.said(message)[before:])[0]


NEW = {
    "slug": "newcomer", "name": "Newcomer", "base_url": "https://api.newcomer.example/v1",
    "auth": {"form": "none"},
    "lists": [{"name": "models", "url": "https://openrouter.ai/api/v1/models", "rows": "/data",
               "fields": {"id": "/id"}}],
}


def test_reads_its_settings_again(market, desk, serve):
    env = desk.home / "serve.env"
    folder = desk.home / "descriptors"
    folder.mkdir()
    env.write_text(f"ADMIN_API_KEY={KEY}\nASSAY_SYNC_SECONDS=*=86400\n")
    service = serve(desk, ADMIN_API_KEY=None, ASSAY_ENV_FILE=env, ASSAY_PROVIDERS_DIR=folder, **ON)
    service.key = KEY
    service.until(lambda: synced(service))
    hang_up(service, "reload: nothing has changed")

    # A wrong one is refused, and all stays as it was.
    env.write_text(f"ADMIN_API_KEY={OTHER}\nASSAY_SYNC_MAX_SECONDS=soon\n")
    assert "ASSAY_SYNC_MAX_SECONDS" in hang_up(service, "reload: refused, all stays as it was")["err"]
    env.write_text(f"ADMIN_API_KEY={OTHER}\n")
    (folder / "newcomer.json").write_text("{}")
    assert "newcomer.json" in hang_up(service, "reload: refused, all stays as it was")["err"]
    status = "/admin/model-sync/status"
    assert service.ask(status, key=OTHER).status == 401 and service.ask(status, key=KEY).status == 200

    # A good one holds at once, for the key, for descriptors, for the schedule.
    env.write_text(f"ADMIN_API_KEY={OTHER}\nASSAY_SYNC_SECONDS=newcomer=7200,*=86400\nASSAY_HTTP_THREADS=3\n")
    (folder / "newcomer.json").write_text(json.dumps(NEW))
    hang_up(service, "reload: settings and descriptors were read anew")
    service.key = OTHER
    assert service.ask(status, key=KEY).status == 401
    later = service.said("reload: this setting is read when the service starts")
    assert [e["setting"] for e in later] == ["ASSAY_HTTP_THREADS"]
    # What is in force is what it started with, however often it is told otherwise.
    hang_up(service, "reload: nothing has changed")
    assert len(service.said("reload: this setting is read when the service starts")) == 2
    settings = env.read_text()
    env.write_text(settings.replace("ASSAY_HTTP_THREADS=3\n", ""))
    hang_up(service, "reload: settings and descriptors were read anew")
    assert len(service.said("reload: this setting is read when the service starts")) == 2
    service.until(lambda: synced(service, "newcomer"))
    assert "newcomer" in json.dumps(service.get("/admin/model-sync/providers", key=True))
    assert schedule(service)["sync:newcomer"]["reason"] == "ASSAY_SYNC_SECONDS: every 2 h"
    assert len(synced(service)) == 1  # nobody is asked anew for it
    service.until(lambda: listed(service, "newcomer"))
    service.stop()


def resident_kib(service):
    with open(f"/proc/{service.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def test_what_it_read_before_is_given_back(desk, serve):
    """Settings that change again and again, while somebody listens who was there before all of them."""
    if is_sanitized(desk.binary):
        pytest.skip("its allocator keeps what was given back")
    env = desk.home / "serve.env"

    def change(times):
        for i in range(times):
            env.write_text(f"ASSAY_SYNC_SECONDS=*={7200 + i}\n")
            hang_up(service, "reload: settings and descriptors were read anew")
    env.write_text("")
    service = serve(desk, ASSAY_ENV_FILE=env, ASSAY_WATCH_SECONDS=1).wait_ready()
    listener = EventSource(service.address, "/events").wait(lambda s: s.parser.comments)
    change(20)
    before = resident_kib(service)
    change(RELOADS)
    service.until(lambda: resident_kib(service) < before + LEFT_KIB)
    listener.close()
    service.stop()


def test_an_ignored_hang_up_stays_ignored(desk, serve):
    """nohup."""
    service = serve(desk)
    service.stop()
    process = desk.start("serve", "--listen", "127.0.0.1:0", out=subprocess.PIPE, ASSAY_NOW=None,
                         ASSAY_SCHEDULE="off", through=("nohup",))
    assert b"listening" in process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    process.stdout.close()


# ---- the end

def test_what_runs_may_end(market, desk, serve, gate):
    """Stopped in the midst of a sync: it is committed, nothing new begins, then exit 0."""
    service = serve(desk, ASSAY_UPSTREAM=gate.url, ASSAY_SYNC_CONCURRENCY=100, **ALONE)
    service.until(lambda: synced(service, "deepinfra"))
    service.process.terminate()
    service.until(lambda: service.said("stopping"))
    gate.opened.set()
    assert service.process.wait(PATIENCE_S) == 0
    assert len(synced(service)) == 1
    truth.assert_stored(desk.database, truth.catalog(market.truth()))


def test_what_takes_too_long_is_given_up(desk, serve, gate):
    service = serve(desk, ASSAY_UPSTREAM=gate.url, ASSAY_SYNC_CONCURRENCY=100, ASSAY_STOP_GRACE_SECONDS=1,
                    **ALONE)
    service.until(lambda: synced(service, "deepinfra"))
    assert service.stop() == 0
    assert synced(service) == []
    assert service.said("the grace time is over, syncs are given up")
    assert desk.database.select("SELECT count(*) FROM models m JOIN providers p ON p.id = m.provider_id"
                                " WHERE p.slug = 'openrouter'") == [(0,)]


def test_a_second_signal_ends_it_at_once(desk, serve, gate):
    service = serve(desk, ASSAY_UPSTREAM=gate.url, ASSAY_SYNC_CONCURRENCY=100, **ALONE)
    service.until(lambda: synced(service, "deepinfra"))
    service.process.terminate()
    service.until(lambda: service.said("stopping"))
    assert service.process.poll() is None
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(PATIENCE_S) == 128 + signal.SIGINT


# ---- systemd

def test_notifies_and_takes_a_socket(desk, serve):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, \
            socket.create_server(("127.0.0.1", 0)) as listening:
        told.bind(str(desk.home / "notify"))
        told.settimeout(PATIENCE_S)
        # The descriptor has to be 3, and the variable name the process itself.
        through = ("sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh")
        process = desk.start("serve", out=subprocess.PIPE, through=through, fds=(3,),
                             before=lambda: os.dup2(listening.fileno(), 3), ASSAY_NOW=None,
                             ASSAY_SCHEDULE="off", NOTIFY_SOCKET=desk.home / "notify")
        port = listening.getsockname()[1]
        assert process.stdout.readline() == b"listening on http://127.0.0.1:%d\n" % port
        assert told.recv(4096) == b"READY=1"
        process.send_signal(signal.SIGHUP)
        assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", told.recv(4096))
        assert told.recv(4096) == b"READY=1"
        process.terminate()
        assert told.recv(4096) == b"STOPPING=1"
        assert process.wait(PATIENCE_S) == 0
        process.stdout.close()


def test_a_port_that_is_taken(market, desk):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused(desk, 1, "in use", ASSAY_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}")
    assert desk.database.select("SELECT name FROM leases WHERE expires_at > taken_at") == []


def test_lists_its_routes(desk):
    run = desk.run("serve", "--routes")
    assert run.code == 0
    assert "GET /models\n" in run.out and "POST /admin/model-sync/all\n" in run.out
    assert not desk.database.exists()
