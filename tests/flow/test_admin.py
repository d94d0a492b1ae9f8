"""The admin surface: the calls that users know answer in the words that they know, jobs, operators' edits."""
import json
import os
import subprocess
import threading
import time

import pytest

from lib.assay import Assay
from lib.market import Market, Shelf
from lib.patience import PATIENCE_S, until
from lib.receiver import Gate
from lib.serving import KEY, Serving

KNOWN = {"openrouter", "deepinfra", "featherless", "fireworks", "together", "huggingface", "cerebras",
         "google-vertex", "xai", "groq", "near", "fal", "chutes", "aimo", "anannas", "aihubmix",
         "helicone", "vercel-ai-gateway", "nebius", "novita", "alibaba"}
ONE = ["provider", "provider_id", "models_fetched", "models_transformed", "models_skipped",
       "models_synced", "models_written", "errors"]
ALL = ["providers_processed", "total_models_fetched", "total_models_transformed",
       "total_models_skipped", "total_models_synced", "errors", "skipped"]
STATS = ["total", "active", "inactive", "healthy", "degraded", "down", "unknown"]


class Place:
    """A market, a database and a daemon before it."""

    def __init__(self, binary, marketsim, home, **settings):
        self.market = Market(marketsim)
        self.desk = Assay(binary, home, self.market.url)
        self.daemon = Serving(self.desk, **{"OPENROUTER_API_KEY": "key-of-the-tests",
                                            "DEEPINFRA_API_KEY": "key-of-the-tests", **settings})
        self.daemon.wait_ready()

    def end(self):
        self.daemon.stop()
        self.market.stop()

    def curl(self, line):
        """A command as it stands in the users' documents, but for the address."""
        line = line.replace("http://localhost:8000", self.daemon.url)
        env = {"PATH": os.environ["PATH"], "ADMIN_API_KEY": KEY, "no_proxy": "*"}
        done = subprocess.run(["sh", "-c", line.replace("curl ", "curl -sS ", 1)], env=env,
                              capture_output=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def post(self, path, status=200, **how):
        reply = self.daemon.ask(path, method="POST", key=True, **how)
        assert reply.status == status, reply
        return reply.json()

    def get(self, path, status=200):
        reply = self.daemon.ask(path, key=True)
        assert reply.status == status, reply
        return reply.json()

    def job(self, path):
        """The job there, once it has ended."""
        def ended():
            job = self.get(path)
            return job["ended_at"] and job
        return until(ended)


@pytest.fixture(scope="module")
def place(assay, marketsim, tmp_path_factory):
    made = Place(assay, marketsim, tmp_path_factory.mktemp("admin"))
    yield made
    made.end()


# ---- the calls that users know

def test_providers(place):
    said = place.curl('curl "http://localhost:8000/admin/model-sync/providers"'
                      ' -H "Authorization: Bearer $ADMIN_API_KEY"')
    assert list(said) == ["providers", "count"]
    assert said["count"] == len(said["providers"]) >= 21
    assert KNOWN <= set(said["providers"])
    assert said["providers"] == sorted(said["providers"])


def test_without_the_key_nothing_is_done(place):
    before = place.desk.database.dump("sync_runs", "audit_log")
    for call in ('curl -X POST "http://localhost:8000/admin/model-sync/provider/openrouter"',
                 'curl -X POST "http://localhost:8000/admin/model-sync/all"',
                 "curl http://localhost:8000/admin/model-sync/status"):
        assert list(place.curl(call)) == ["detail"]
    assert place.desk.database.dump("sync_runs", "audit_log") == before


def test_dry_run_writes_nothing(place):
    """Before anything is stored: the provider has no number yet."""
    tables = ("providers", "models", "prices", "snapshots", "changes", "sync_runs")
    before = place.desk.database.dump(*tables)
    said = place.curl('curl -X POST "http://localhost:8000/admin/model-sync/provider/openrouter'
                      '?dry_run=true" -H "Authorization: Bearer $ADMIN_API_KEY"')
    n = len(place.market.truth())
    assert said["message"] == (f"Synced 0 models from openrouter. Fetched: {n}, Transformed: {n},"
                               " Skipped: 0")
    assert said["details"]["models_synced"] == 0
    assert said["details"]["provider_id"] is None
    said = place.curl('curl -X POST "http://localhost:8000/admin/model-sync/all?dry_run=true'
                      '&providers=openrouter" -H "Authorization: Bearer $ADMIN_API_KEY"')
    assert said["success"] is True and said["details"]["total_models_synced"] == 0
    assert place.desk.database.dump(*tables) == before


def test_one_provider(place):
    call = ('curl -X POST "http://localhost:8000/admin/model-sync/provider/openrouter"'
            ' -H "Authorization: Bearer $ADMIN_API_KEY"')
    n = len(place.market.truth())
    first = place.curl(call)
    assert list(first) == ["success", "message", "details"]
    assert list(first["details"]) == ONE
    assert first["success"] is True
    assert first["message"] == (f"Synced {n} models from openrouter. Fetched: {n}, Transformed: {n},"
                                " Skipped: 0")
    assert first["details"] == {
        "provider": "openrouter",
        "provider_id": place.desk.database.one("SELECT id FROM providers WHERE slug = 'openrouter'"),
        "models_fetched": n, "models_transformed": n, "models_skipped": 0, "models_synced": n,
        "models_written": n, "errors": []}
    # Who has the answer sees the models.
    assert place.daemon.get("/models/stats")["total"] == n
    # Nothing moved: the rows equal the provider's, and none was written.
    again = place.curl(call)
    assert again["message"] == first["message"]
    assert again["details"] == {**first["details"], "models_written": 0}
    # A dry run of one that is stored knows it.
    dry = place.post("/admin/model-sync/provider/openrouter?dry_run=1")
    assert dry["details"]["provider_id"] == first["details"]["provider_id"]


def test_some_providers(place):
    said = place.curl('curl -X POST "http://localhost:8000/admin/model-sync/all'
                      '?providers=openrouter&providers=deepinfra"'
                      ' -H "Authorization: Bearer $ADMIN_API_KEY"')
    n = len(place.market.truth()) + len(place.market.truth("deepinfra"))
    assert list(said) == ["success", "message", "details"]
    assert list(said["details"]) == ALL
    assert said["message"] == ("Processed 2 providers. Success: 2, Errors: 0."
                               f" Total synced: {n} models")
    assert said["details"] == {
        "providers_processed": 2, "total_models_fetched": n, "total_models_transformed": n,
        "total_models_skipped": 0, "total_models_synced": n, "errors": [], "skipped": []}


def test_all_providers_where_most_have_no_key(place):
    place.market.fault("status", provider="deepinfra", status=503, times=1000)
    said = place.curl('curl -X POST "http://localhost:8000/admin/model-sync/all"'
                      ' -H "Authorization: Bearer $ADMIN_API_KEY"')
    place.market.heal("deepinfra")
    details = said["details"]
    errors = {e["provider"]: e["error"] for e in details["errors"]}
    assert all(list(e) == ["provider", "error"] for e in details["errors"])
    assert said["success"] is True  # some did
    assert errors["together"] == "API key not configured"
    assert "503" in errors["deepinfra"]
    assert "openrouter" not in errors
    total = place.get("/admin/model-sync/providers")["count"]
    assert details["providers_processed"] == total
    assert said["message"].startswith(f"Processed {total} providers. Success:"
                                      f" {total - len(errors)}, Errors: {len(errors)}. Total synced: ")


def test_status(place):
    said = place.curl('curl "http://localhost:8000/admin/model-sync/status"'
                      ' -H "Authorization: Bearer $ADMIN_API_KEY"')
    known = place.get("/admin/model-sync/providers")["providers"]
    stored = [slug for slug, in place.desk.database.select("SELECT slug FROM providers")]
    assert list(said)[:2] == ["providers", "models"]
    assert list(said["providers"]) == ["in_database", "with_fetch_functions", "fetchable_in_db",
                                       "fetchable_not_in_db", "stats"]
    assert said["providers"]["in_database"] == len(stored)
    assert said["providers"]["with_fetch_functions"] == len(known)
    assert said["providers"]["fetchable_in_db"] == len(stored)
    assert said["providers"]["fetchable_not_in_db"] == len(known) - len(stored)
    assert list(said["providers"]["stats"]) == STATS
    assert said["models"] == {"stats": place.curl("curl http://localhost:8000/models/stats")}
    assert list(said["models"]["stats"]) == STATS + ["by_modality"]
    assert said["providers"]["stats"] == place.curl("curl http://localhost:8000/providers/stats")
    assert isinstance(said["schedule"], list)


def test_history(place):
    place.market.fault("status", status=500, times=1000)
    place.post("/admin/model-sync/provider/openrouter", status=502)
    place.market.heal()
    place.post("/admin/model-sync/provider/openrouter")
    rows = place.desk.database.select(
        "SELECT r.id, p.slug, r.completeness FROM sync_runs r JOIN providers p ON p.id = r.provider_id"
        " ORDER BY r.id DESC")
    said = place.get("/admin/model-sync/history?limit=1000")
    assert [(r["id"], r["provider"], r["completeness"]) for r in said] == rows
    failed = [r for r in said if not r["success"]]
    assert failed and all(r["error"] for r in failed)
    ours = place.get("/admin/model-sync/history?provider=openrouter&limit=1&offset=1")
    assert [r["id"] for r in ours] == [r[0] for r in rows if r[1] == "openrouter"][1:2]
    place.get("/admin/model-sync/history?provider=nobody", status=422)
    place.get("/admin/model-sync/history?limit=1001", status=422)


# ---- what is refused

def test_a_body_is_no_wish(place):
    """Wishes stand in the query: one that came in a body would be lost, and a real sync run for a dry one."""
    before = place.get("/admin/model-sync/history")
    for path in ("/admin/model-sync/all", "/admin/model-sync/provider/openrouter"):
        for body in (b'{"dry_run": true}', b"not json", b"[]", b"{} {}"):
            said = place.post(path, 422, body=body, Content_Type="application/json")
            assert "in the query" in said["detail"], said
        for body in (b"", b"{}", b" { }\n"):
            place.post(f"{path}?dry_run=true" + ("&providers=openrouter" if path.endswith("all") else ""), body=body,
                       Content_Type="application/json")
    assert place.get("/admin/model-sync/history") == before


def test_refusals_of_a_sync(place):
    unknown = place.post("/admin/model-sync/provider/nobody", status=404)["detail"]
    assert '"nobody"' in unknown and all(slug in unknown for slug in KNOWN)
    assert "openrouter" in place.post("/admin/model-sync/all?providers=openrouter,nobody",
                                      status=404)["detail"]
    assert "providers" in place.post("/admin/model-sync/all?providers=", status=422)["detail"]
    assert place.post("/admin/model-sync/provider/together", status=409) == {
        "detail": "together: API key not configured: set TOGETHER_API_KEY"}
    place.market.fault("status", status=500, times=1000)
    assert "500" in place.post("/admin/model-sync/provider/openrouter", status=502)["detail"]
    place.market.heal()
    place.post("/admin/model-sync/provider/openrouter?dry_run=perhaps", status=422)
    place.post("/admin/model-sync/provider/openrouter?dryrun=true", status=422)


def test_users_words_are_slugs_too(place):
    """`vercel`, `hug`, `alibaba-cloud`: as the command line has them."""
    said = place.post("/admin/model-sync/provider/alibaba-cloud", status=409)
    assert said["detail"].startswith("alibaba: API key not configured")


# ---- jobs

def test_a_job_ends_with_the_answer_of_the_call(place):
    place.post("/admin/model-sync/provider/openrouter")
    reply = place.daemon.ask("/admin/model-sync/provider/openrouter?async=true", "POST", key=True)
    assert reply.status == 202
    assert reply.headers["Location"] == f"/admin/jobs/{reply.json()['id']}"
    job = place.job(reply.headers["Location"])
    assert (job["state"], job["status"]) == ("done", 200)
    assert job["progress"] == {"total": 1, "ended": 1, "running": 0, "failed": 0}
    direct = place.post("/admin/model-sync/provider/openrouter")
    assert job["result"] == direct
    jobs = place.get("/admin/jobs")
    listed = jobs["jobs"]
    assert list(jobs) == ["jobs", "count"] and jobs["count"] == len(listed)
    assert listed[1]["id"] == job["id"] and "result" not in listed[1]
    assert place.daemon.ask(f"/admin/jobs/{job['id']}", "DELETE", key=True).status == 409
    place.get("/admin/jobs/1", status=404)
    place.get("/admin/jobs/one", status=422)


def test_jobs_that_ended_are_kept_in_bounds(place):
    first = place.post("/admin/model-sync/all?async=true&providers=groq", status=202)
    for _ in range(299):
        last = place.post("/admin/model-sync/all?async=true&providers=groq", status=202)
    ended = place.job(f"/admin/jobs/{last['id']}")
    assert ended["providers"] == [{"provider": "groq", "state": "failed", "models_synced": 0,
                                   "error": "API key not configured"}]
    assert place.get("/admin/jobs")["count"] == 250
    place.get(f"/admin/jobs/{first['id']}", status=404)


@pytest.fixture
def gated(assay, marketsim, market, quick_dir):
    """A daemon before a market whose list of openrouter does not come until the gate is opened."""
    gate = Gate(market, "openrouter.ai")
    (quick_dir / "home").mkdir(exist_ok=True)
    desk = Assay(assay, quick_dir / "home", gate.url)
    daemon = Serving(desk, DEEPINFRA_API_KEY="key-of-the-tests").wait_ready()
    yield daemon, gate, desk, market
    if daemon.process.poll() is None:
        daemon.stop()
    gate.stop()


def ask_job(daemon, path):
    reply = daemon.ask(path, "POST", key=True)
    assert reply.status == 202, reply
    return reply.headers["Location"]


def ended(daemon, path):
    def look():
        job = daemon.ask(path, key=True).json()
        return job["ended_at"] and job
    return until(look)


def test_a_job_is_cancelled_without_touching_others(gated):
    daemon, gate, desk, market = gated
    both = ask_job(daemon, "/admin/model-sync/all?providers=openrouter,deepinfra&async=true")
    other = ask_job(daemon, "/admin/model-sync/provider/openrouter?async=true")
    alone = ask_job(daemon, "/admin/model-sync/provider/openrouter?async=true&dry_run=true")
    until(lambda: daemon.ask(both, key=True).json()["progress"]["ended"] == 1)

    # It goes; who joined the same sync goes on waiting.
    said = daemon.ask(both, "DELETE", key=True)
    assert said.status == 200, said
    job = ended(daemon, both)
    assert job["state"] == "cancelled"
    states = {p["provider"]: (p["state"], p["error"]) for p in job["providers"]}
    assert states == {"openrouter": ("cancelled", "cancelled"), "deepinfra": ("done", None)}
    assert job["result"]["details"]["errors"] == [{"provider": "openrouter", "error": "cancelled"}]
    running = daemon.ask(other, key=True).json()
    assert (running["state"], running["progress"]["running"]) == ("running", 1)

    # One that never began never asks.
    assert daemon.ask(alone, "DELETE", key=True).status == 200
    assert ended(daemon, alone)["providers"][0]["state"] == "cancelled"

    gate.opened.set()
    job = ended(daemon, other)
    assert (job["state"], job["status"]) == ("done", 200)
    asked = market.requests()
    assert len([r for r in json.dumps(asked).split('"') if r.startswith("/openrouter.ai/")]) == 1, asked
    audit = daemon.get("/admin/audit", key=True)
    assert [a["action"] for a in audit] == ["api.job.cancel"] * 2 + ["api.sync"] * 3


def test_what_is_being_fetched_is_given_up(gated):
    daemon, _, desk, _ = gated
    path = ask_job(daemon, "/admin/model-sync/provider/openrouter?async=true")
    until(lambda: daemon.ask(path, key=True).json()["progress"]["running"])
    assert daemon.ask(path, "DELETE", key=True).status == 200
    job = ended(daemon, path)
    assert (job["state"], job["status"]) == ("cancelled", 409)
    assert job["result"] == {"detail": "openrouter: cancelled"}
    # Its run says so, and its lease is free: the next sync does not wait for it.
    assert desk.database.select("SELECT completeness, error_kind FROM sync_runs") == [
        ("failed", "cancelled")]
    assert desk.database.one("SELECT count(*) FROM leases WHERE name LIKE 'sync:%'"
                             " AND expires_at > ?", int(time.time() * 1000)) == 0
    assert daemon.ask("/admin/model-sync/provider/deepinfra", "POST", key=True).status == 200


def test_a_stopped_service_lets_nobody_wait(gated):
    """A client that waits for a sync is answered, and the sync is given up, when the time is over."""
    daemon, _, desk, _ = gated
    daemon.stop()
    daemon = Serving(desk, ASSAY_STOP_GRACE_SECONDS="0").wait_ready()
    said = []
    client = threading.Thread(target=lambda: said.append(
        daemon.ask("/admin/model-sync/provider/openrouter", "POST", key=True)))
    client.start()
    until(lambda: any(j["progress"]["running"] for j in daemon.get("/admin/jobs", key=True)["jobs"]))
    daemon.stop()
    client.join()
    assert said[0].status == 503, said
    assert desk.database.select("SELECT completeness, error_kind FROM sync_runs") == [
        ("failed", "cancelled")]


@pytest.mark.parametrize("key", ("planted-key-of-the-test", "sk-or-v1-" + "9f2b7c41aae05d36" * 4))
def test_a_key_that_a_provider_echoes_is_in_no_reply(market, start_market, start_assay, tmp_path, key):
    """What it says is quoted to whoever asked for the sync: without our key, and without half of it."""
    document = json.loads(market.document())
    document["links"] = {"next": f"/m?key={key}"}
    shelf = Shelf(tmp_path / "shelf")
    shelf.put(document)
    daemon = Serving(start_assay(start_market(replay=shelf.path)), OPENROUTER_API_KEY=key).wait_ready()
    try:
        paths = ("/admin/model-sync/provider/openrouter", "/admin/model-sync/provider/openrouter?dry_run=true",
                 "/admin/model-sync/all?providers=openrouter")
        said = [daemon.ask(path, "POST", key=True) for path in paths]
        assert [r.status for r in said] == [502, 502, 200], said
        job = ask_job(daemon, paths[0] + "?async=true")
        assert ended(daemon, job)["status"] == 502
        said += [daemon.ask(job, key=True), daemon.ask("/admin/model-sync/history", key=True)]
        for reply in said:
            assert b"the list goes on" in reply.body and b"/m?key=[MASKED]" in reply.body, reply
            assert key[:12].encode() not in reply.body, reply
    finally:
        daemon.stop()
    assert key[:12] not in daemon.log()


# ---- operators' edits

class Edited:
    """A daemon, and its model that one edits."""

    def __init__(self, desk, market):
        self.desk, self.market = desk, market
        desk.sync()
        self.daemon = Serving(desk).wait_ready()
        self.model = self.get("/models?limit=1&provider_slug=openrouter")[0]
        self.id, self.name = self.model["id"], self.model["provider_model_id"]
        self.provider = self.model["provider_id"]

    def get(self, path):
        return self.daemon.get(path)

    def ask(self, method, path, body=None):
        return self.daemon.ask(path, method, body=body, key=True)

    def done(self, method, path, body=None):
        reply = self.ask(method, path, body)
        assert reply.status == 200, reply
        return reply.json()

    def sync(self):
        return self.done("POST", "/admin/model-sync/provider/openrouter")

    def audit(self):
        row = self.done("GET", "/admin/audit?limit=1")[0]
        assert row["actor"] == "api" and row["detail"]["peer"] == "127.0.0.1"
        return row["action"], row["object"], row["detail"]["changes"]


@pytest.fixture
def edited(desk, market):
    made = Edited(desk, market)
    yield made
    made.daemon.stop()


@pytest.mark.stores("sqlite", "postgres")
def test_edits_of_a_model_outlive_syncs(edited):
    before = edited.get(f"/models/{edited.id}")
    wanted = {"description": "O'Hara's <b>own</b>", "context_length": 4711,
              "pricing_prompt": "0.0000006000000000000001", "supports_vision": True,
              "is_active": False}
    said = edited.done("PATCH", f"/admin/models/{edited.id}", {**wanted, "reason": "measured"})
    assert {f: said[f] for f in wanted} == wanted
    assert said["provider"]["slug"] == "openrouter" and "metadata" in said
    assert edited.audit() == ("api.model.patch", f"openrouter:{edited.name}", {
        f: {"before": None if old is None else {True: "yes", False: "no"}.get(old, str(old)),
            "after": {True: "yes", False: "no"}.get(new, str(new))}
        for f, new, old in ((f, wanted[f], before[f]) for f in wanted)})
    # Who has the answer sees it, and the list of active ones has it no more.
    assert edited.get(f"/models/{edited.id}")["description"] == wanted["description"]
    assert edited.id not in {m["id"] for m in edited.get("/models?limit=1000")}

    # The market moves, a sync writes every row anew: what the operator said stands.
    edited.market.advance(3)
    edited.sync()
    after = edited.get(f"/models/{edited.id}")
    assert {f: after[f] for f in wanted} == wanted
    assert edited.desk.run("override", "list", "--json").out.count("\n") == len(wanted) - 1

    # Given back: as the provider says it now.
    back = edited.done("PATCH", f"/admin/models/{edited.id}",
                       {f: None for f in wanted if f != "is_active"})
    assert back["description"] == before["description"]
    assert back["supports_vision"] == before["supports_vision"]
    assert back["is_active"] is False
    assert edited.desk.run("override", "list", "--json").out == ""
    assert edited.done("POST", f"/admin/models/{edited.id}/activate")["is_active"] is True
    assert edited.audit()[::2] == ("api.model.activate", {"is_active": {"before": "no", "after": "yes"}})
    assert edited.id in {m["id"] for m in edited.get("/models?limit=1000")}
    edited.done("POST", f"/admin/models/{edited.id}/deactivate")
    edited.sync()
    assert edited.get(f"/models/{edited.id}")["is_active"] is False


@pytest.mark.stores("sqlite", "postgres")
def test_edits_of_a_provider_outlive_syncs(edited):
    path = f"/admin/providers/{edited.provider}"
    before = edited.get(f"/providers/{edited.provider}")
    wanted = {"name": "The router", "site_url": "https://example.org/router",
              "supports_vision": not before["supports_vision"]}
    said = edited.done("PATCH", path, wanted)
    assert {f: said[f] for f in wanted} == wanted
    assert edited.audit()[:2] == ("api.provider.patch", "openrouter")
    edited.market.advance(3)
    edited.sync()
    shown = edited.get(f"/providers/{edited.provider}")
    assert {f: shown[f] for f in wanted} == wanted
    assert edited.get("/models?limit=1")[0]["provider"]["name"] == "The router"
    back = edited.done("PATCH", path, dict.fromkeys(wanted))
    assert {f: back[f] for f in wanted} == {f: before[f] for f in wanted}

    # Deactivated it is not asked any more, and says so.
    assert edited.done("POST", path + "/deactivate")["is_active"] is False
    assert edited.get("/models?limit=1") == []
    assert edited.ask("POST", "/admin/model-sync/provider/openrouter").json() == {
        "detail": "openrouter: deactivated"}
    all_said = edited.done("POST", "/admin/model-sync/all?providers=openrouter")
    assert all_said["details"]["skipped"] == [{"provider": "openrouter", "error": "deactivated"}]
    assert all_said["success"] is False and all_said["details"]["providers_processed"] == 0
    assert edited.done("POST", path + "/activate")["is_active"] is True
    edited.sync()


REFUSED = (
    ("models", {"nonsense": 1}, '"nonsense" is no field'),
    ("models", {"context_length": "long"}, "long"),
    ("models", {"context_length": -1}, "-1"),
    ("models", {"pricing_prompt": "cheap"}, "cheap"),
    ("models", {"description": ["a"]}, "description"),
    ("models", {"supports_vision": "perhaps"}, "perhaps"),
    ("models", {"is_active": "no"}, "is_active"),
    ("models", {"is_active": None}, "is_active"),
    ("models", {"reason": "only that"}, "nothing"),
    ("models", {"id": 7}, '"id" is no field'),
    ("models", {}, "nothing"),
    ("models", [1], "object"),
    ("models", b'{"description": "a", "description": "b"}', "twice"),
    ("models", b'{"description": "a"', "JSON"),
    ("models", None, "JSON object"),
    ("providers", {"slug": "other"}, '"slug" is no column'),
    ("providers", {"name; DROP TABLE models": "a"}, "is no column"),
    ("providers", {"logo_url": "javascript:alert(1)"}, "logo_url"),
    ("providers", {"api_key_env_var": "not a name"}, "api_key_env_var"),
    ("providers", {"supports_vision": "perhaps"}, "supports_vision"),
    ("providers", {"name": ""}, "name"),
    ("providers", {"is_active": 1}, "is_active"),
)


def test_refused_edits_write_nothing(edited):
    tables = ("models", "providers", "overrides", "audit_log")
    before = edited.desk.database.dump(*tables)
    for kind, body, words in REFUSED:
        row = edited.id if kind == "models" else edited.provider
        reply = edited.daemon.ask(f"/admin/{kind}/{row}", "PATCH", body=body, key=True,
                                  **{"Content_Type": "application/json"} if isinstance(body, bytes)
                                  else {})
        assert reply.status == 422 and words in reply.json()["detail"], (kind, body, reply)
    # The second field is wrong: the first is not written either.
    reply = edited.ask("PATCH", f"/admin/models/{edited.id}",
                       {"description": "a", "context_length": "long"})
    assert reply.status == 422
    for kind in ("models", "providers"):
        assert edited.ask("PATCH", f"/admin/{kind}/99999", {"is_active": True}).status == 404
        assert edited.ask("POST", f"/admin/{kind}/99999/activate").status == 404
        assert edited.ask("POST", f"/admin/{kind}/one/activate").status == 422
    assert edited.desk.database.dump(*tables) == before
