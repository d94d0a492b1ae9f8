"""What `assay serve` shows follows what was written, also where something went wrong on the way, and whoever
switched something off or on."""
import datetime

import pytest

from lib import truth

ALONE = {"ASSAY_SCHEDULE": "on", "ASSAY_SYNC_SECONDS": "*=86400", "ASSAY_WATCH_SECONDS": "1"}
SYNC_OPENROUTER = "/admin/model-sync/provider/openrouter"


def listed(service, slug="openrouter"):
    reply = service.ask(f"/models/provider/{slug}?limit=1000")
    return {m["provider_model_id"] for m in reply.json()} if reply.status == 200 else set()


def runs(desk, slug="openrouter"):
    return desk.database.one("SELECT count(*) FROM sync_runs r JOIN providers p ON p.id = r.provider_id"
                             " WHERE p.slug = ?", slug)


def row_of(service, task="sync:openrouter"):
    rows = service.get("/admin/model-sync/status", key=True)["schedule"]
    return next(row for row in rows if row["task"] == task)


# ---- reading that fails

def test_what_could_not_be_read_is_read_later(market, desk, serve):
    """The file is away while a sync of ours is committed: nobody else writes, and it is shown all the same."""
    service = serve(desk, ASSAY_WATCH_SECONDS=1).wait_ready()
    away = desk.database.with_name("away.db")
    desk.database.rename(away)
    try:
        assert service.ask(SYNC_OPENROUTER, "POST", key=True).status == 200
        service.until(lambda: service.said("the catalog cannot be read"))
        assert listed(service) == set()
    finally:
        away.rename(desk.database)
    service.until(lambda: listed(service) == set(truth.catalog(market.truth())))
    service.stop()


def test_a_first_sync_that_fails_shows_its_provider(market, desk, serve):
    service = serve(desk, ASSAY_WATCH_SECONDS=3600).wait_ready()
    assert service.get("/providers") == []
    market.fault("html")
    assert service.ask(SYNC_OPENROUTER, "POST", key=True).status == 502
    assert [p["slug"] for p in service.get("/providers")] == ["openrouter"]
    service.stop()


# ---- switched off and on

@pytest.fixture
def switched(desk, serve):
    """A daemon that syncs once a day, and has."""
    service = serve(desk, **ALONE).wait_ready()
    service.until(lambda: row_of(service)["runs"] == 1 and row_of(service)["due_at"] and listed(service))
    service.number = next(p["id"] for p in service.get("/providers") if p["slug"] == "openrouter")
    return service


def switch(service, word):
    reply = service.ask(f"/admin/providers/{service.number}/{word}", "POST", key=True)
    assert reply.status == 200, reply


def test_who_is_switched_on_again_is_asked_at_once(desk, switched):
    before = runs(desk)
    switch(switched, "deactivate")
    switched.until(lambda: row_of(switched)["reason"].startswith("deactivated"))
    switch(switched, "activate")
    switched.until(lambda: runs(desk) == before + 1)
    switched.until(lambda: row_of(switched)["reason"] == "ASSAY_SYNC_SECONDS: every 24 h")
    switched.stop()


@pytest.mark.stores("sqlite", "postgres")
def test_also_when_somebody_else_switched_it(desk, switched):
    """By SQL, as our papers say one may: seen by whoever watches the database."""
    before = runs(desk)
    sql = "UPDATE providers SET is_active = ? WHERE slug = 'openrouter'"
    for word, flag in (("deactivated", False), ("ASSAY_SYNC_SECONDS", True)):
        desk.database.operate(sql, flag)
        switched.until(lambda w=word: row_of(switched)["reason"].startswith(w))
    switched.until(lambda: runs(desk) == before + 1)
    switched.stop()


@pytest.mark.stores("sqlite", "postgres")
def test_commands_mark_what_is_switched_off(desk, serve):
    """As GET /models, which leaves out what is off, or whose provider is."""
    desk.sync(providers=("openrouter", "deepinfra"))
    one = desk.database.select("SELECT m.provider_model_id FROM models m JOIN providers p ON p.id = m.provider_id"
                               " WHERE p.slug = 'openrouter' ORDER BY 1")[0][0]

    def marked():
        return {(m["provider"], m["provider_model_id"])
                for m in desk.run("models", "--json").json() if not m["is_active"]}

    def words():
        return desk.run("models").out.count("  deactivated\n")
    assert marked() == set() and words() == 0
    desk.database.operate("UPDATE models SET is_active = ? WHERE provider_model_id = ? AND provider_id ="
                          " (SELECT id FROM providers WHERE slug = 'openrouter')", False, one)
    assert marked() == {("openrouter", one)} and words() == 1
    desk.database.operate("UPDATE providers SET is_active = ? WHERE slug = 'deepinfra'", False)
    n = desk.database.one("SELECT count(*) FROM models m JOIN providers p ON p.id = m.provider_id"
                          " WHERE p.slug = 'deepinfra'")
    assert len(marked()) == words() == n + 1
    service = serve(desk).wait_ready()
    shown, every = ({m["id"] for m in service.get(f"/models?limit=1000&is_active_only={only}")}
                    for only in ("true", "false"))
    assert len(every) - len(shown) == n + 1
    service.stop()


# ---- what is known of former runs

@pytest.mark.stores("sqlite", "postgres")
def test_the_last_run_outlives_a_restart(desk, serve):
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)
    at = before.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert desk.run("sync", "--providers", "openrouter", ASSAY_NOW=at).code == 0
    service = serve(desk, **ALONE).wait_ready()
    row = service.until(lambda: row_of(service)["last_at"] and row_of(service))
    assert (row["last_at"], row["runs"]) == (at, 0)
    # Who asks for a sync by himself runs it as well.
    assert service.ask(SYNC_OPENROUTER, "POST", key=True).status == 200
    row = row_of(service)
    assert row["last_at"] > at and row["runs"] == 0
    service.stop()


# ---- health

@pytest.mark.stores("sqlite", "postgres")
def test_health_that_nobody_renews_becomes_unknown(desk, serve):
    """Probes were switched off: what they found last says nothing about today."""
    desk.sync()
    number = desk.database.select("SELECT id FROM models ORDER BY id")[0][0]
    desk.database.operate("UPDATE models SET health_status = 'healthy', success_rate = 1,"
                          " average_response_time_ms = 100 WHERE id = ?", number)
    desk.database.operate("UPDATE providers SET health_status = 'healthy', average_response_time_ms = 100")
    service = serve(desk, **ALONE).wait_ready()
    model = service.until(lambda: (m := service.get(f"/models/{number}"))["health_status"] == "unknown" and m)
    assert (model["success_rate"], model["average_response_time_ms"]) == (None, None)
    service.until(lambda: {p["health_status"] for p in service.get("/providers")} == {"unknown"})
    moves = service.get(f"/models/{number}/health/history")
    assert [m["health_status"] for m in moves] == ["unknown"]
    assert row_of(service, "health")["reason"].startswith("samples leave ASSAY_HEALTH_WINDOW_MINUTES")
    service.stop()


# ---- one job for one wish

def test_the_same_wish_is_the_same_job(market, start_assay, gate, serve):
    desk = start_assay(gate)
    service = serve(desk, DEEPINFRA_API_KEY="key-of-the-tests").wait_ready()

    def ask(path):
        reply = service.ask(path, "POST", key=True)
        assert reply.status == 202, reply
        assert reply.json()["id"] == int(reply.headers["Location"].rpartition("/")[2])
        return reply.json()["id"]
    one, both = f"{SYNC_OPENROUTER}?async=true", "/admin/model-sync/all?async=true&providers=openrouter,deepinfra"
    first, dry, all_ = ask(one), ask(one + "&dry_run=true"), ask(both)
    assert len({first, dry, all_}) == 3
    assert ask(one) == first and ask(one + "&dry_run=true") == dry
    # A part of this one has ended: what it fetched is older than the wish.
    service.until(lambda: service.get(f"/admin/jobs/{all_}", key=True)["progress"]["ended"] == 1)
    assert ask(both) != all_
    # One that was cancelled is nobody's answer any more.
    assert service.ask(f"/admin/jobs/{first}", "DELETE", key=True).status == 200
    assert ask(one) != first
    gate.opened.set()
    service.until(lambda: all(j["ended_at"] for j in service.get("/admin/jobs", key=True)["jobs"]))
    assert ask(one) > max(first, dry, all_)
    service.stop()
