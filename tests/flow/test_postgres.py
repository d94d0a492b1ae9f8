"""What only a PostgreSQL server does to us: it stops, comes back, fills up, sorts as people do.

And what its users do: SQL of their own, a schema for each, tables of the same names.  Servers that
are stopped or filled are of the test's own; what they commit outlives them.  The password that each of
them asks for is looked for in everything that any test here makes assay say (lib/assay.py).
"""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from fractions import Fraction

import pytest

from cluster import Cluster
from lib import rational, truth
from lib.assay import PROVIDERS, SIX, SYNC
from lib.database import Databases
from lib.kills import Instants
from lib.market import Shelf
from lib.patience import PATIENCE_S, until
from lib.truth import OF_PROVIDER, rows_of

pytestmark = [pytest.mark.stores("postgres"), pytest.mark.empty]
ALL = {"providers": "all"}
STOPS = (signal.SIGQUIT, signal.SIGKILL)  # "immediate", and a crash of the postmaster


def truth_of(market, slug="openrouter"):
    return truth.offered(market, slug)


def assert_all_stored(database, market, slugs=PROVIDERS):
    for slug in slugs:
        truth.assert_stored(database, truth_of(market, slug), slug)


def errors(run):
    return {line["provider"]: line["err"] for line in run.logs() if line["level"] >= 50}


# ---- the users' own SQL, word by word

LISTING = """
SELECT
    p.slug as provider,
    m.model_name,
    m.provider_model_id as api_name,
    m.context_length,
    ROUND(m.pricing_prompt::numeric * 1000000, 2) as price_per_1m_input_tokens,
    ROUND(m.pricing_completion::numeric * 1000000, 2) as price_per_1m_output_tokens
FROM models m
JOIN providers p ON m.provider_id = p.id
WHERE p.slug = 'openrouter'
  AND m.is_active = true
ORDER BY m.model_name
LIMIT 10;
"""
BY_NAME = """
-- Search by name
SELECT model_name, provider_model_id as api_name
FROM models
WHERE model_name ILIKE '%gpt-4%'
  AND is_active = true;
"""
BY_CAPABILITY = """
-- Get models by capability
SELECT model_name, provider_model_id as api_name
FROM models
WHERE supports_vision = true
  AND is_active = true;
"""
STATISTICS = """
SELECT
    p.name as provider,
    COUNT(m.id) as total_models,
    COUNT(CASE WHEN m.is_active THEN 1 END) as active_models
FROM providers p
LEFT JOIN models m ON p.id = m.provider_id
GROUP BY p.id, p.name
ORDER BY total_models DESC;
"""
INACTIVE = """
SELECT COUNT(*) FROM models WHERE is_active = false;
"""
ACTIVATE = """
UPDATE models SET is_active = true WHERE provider_id = 1;
"""
NAMES = ("OpenAI: GPT-4 Turbo", "gpt-4o mini", "Gpt-4.1", "GPT-5", "gpt 4", "éclair", "Zebra", "apple")


def rounded(amount, places=2):
    """To so many places, half away from zero, as PostgreSQL rounds a numeric."""
    if amount is None:
        return None
    cents = rational.value_of(amount) * 10 ** 6 * 10 ** places
    whole = int(cents + Fraction(1, 2))  # prices are not negative
    return f"{whole // 10 ** places}.{whole % 10 ** places:0{places}d}"


class World:
    """All providers synced, some models deactivated by hand; names that sort and match oddly."""

    def __init__(self, start_market, start_assay, folder):
        document = json.loads(start_market().document())
        for row, name in zip(document["data"], NAMES):
            row["name"] = name
        shelf = Shelf(folder)
        shelf.put(document)
        self.market = start_market(replay=folder)
        self.openrouter = rational.catalog_of(json.dumps(document))
        self.desk = start_assay(self.market)
        self.database = self.desk.database
        self.desk.sync(providers="openrouter")  # the first provider has id 1
        self.desk.sync(**ALL)
        self.off = set()

    def catalogs(self):
        return {slug: self.openrouter if slug == "openrouter" else truth_of(self.market, slug)
                for slug in PROVIDERS}

    def active(self):
        return {(slug, i): m for slug, models in self.catalogs().items()
                for i, m in models.items() if (slug, i) not in self.off}

    def deactivate(self, slug, n):
        ids = sorted(self.catalogs()[slug])[:n]
        for i in ids:
            assert truth.operate(self.database, "UPDATE models SET is_active = false WHERE"
                                 " provider_model_id = ? AND provider_id ="
                                 " (SELECT id FROM providers WHERE slug = ?)", i, slug) == 1
        self.off |= {(slug, i) for i in ids}


@pytest.fixture
def world(start_market, start_assay, quick_dir):
    made = World(start_market, start_assay, quick_dir / "documents")
    made.deactivate("openrouter", 7)
    made.deactivate("deepinfra", 3)
    return made


def sorted_there(database, names):
    """As that database sorts words for people: not as bytes."""
    with database.plain() as db:
        db.execute("SELECT name FROM unnest(%s) name ORDER BY name", [names])
        return [name for name, in db.fetchall()]


def columns_of(database, sql):
    with database.opened() as db:
        return [d[0] for d in db.execute(sql).description]


def test_users_listing(world):
    """Their four aliases, by name as the database sorts, prices per million rounded to cents."""
    assert columns_of(world.database, LISTING) == [
        "provider", "model_name", "api_name", "context_length", "price_per_1m_input_tokens",
        "price_per_1m_output_tokens"]
    rows = truth.select(world.database, LISTING)
    names = [m["name"] for (slug, _), m in world.active().items() if slug == "openrouter"]
    assert [row[1] for row in rows] == sorted_there(world.database, names)[:10]
    assert len(rows) == 10 and sorted(names) != sorted_there(world.database, names)
    for provider, name, i, context, prompt, completion in rows:
        m = world.openrouter[i]
        prices = {meter: m["prices"].get((meter, ""), (None, None))[1]
                  for meter in ("input_token", "output_token")}
        assert (provider, name, context, prompt, completion) == (
            "openrouter", m["name"], m["context_length"], rounded(prices["input_token"]),
            rounded(prices["output_token"]))


def test_users_search_by_name(world):
    """ILIKE: in whatever case."""
    rows = truth.select(world.database, BY_NAME)
    assert sorted(rows) == sorted((truth.named(m), i) for (_, i), m in world.active().items()
                                  if "gpt-4" in truth.named(m).lower())
    assert columns_of(world.database, BY_NAME) == ["model_name", "api_name"]
    found = {i for i, m in world.openrouter.items() if "gpt-4" in m["name"].lower()}
    assert len(found) == 3


@pytest.mark.stores("sqlite", "postgres")
def test_users_search_by_capability(world):
    """True is yes; no and not-said are not."""
    rows = truth.select(world.database, BY_CAPABILITY)
    wanted = [(truth.named(m), i) for (_, i), m in world.active().items()
              if m["capabilities"].get("vision")]
    assert sorted(rows) == sorted(wanted) and 0 < len(wanted) < len(world.active())


def provider_names(root):
    return {slug: json.loads((root / f"providers/{slug}.json").read_text())["name"]
            for slug in PROVIDERS}


@pytest.mark.stores("sqlite", "postgres")
def test_users_statistics(world, root):
    """Per provider all and the active ones, the largest first."""
    rows = truth.select(world.database, STATISTICS)
    names = provider_names(root)
    active = [slug for slug, _ in world.active()]
    assert sorted(rows) == sorted((names[slug], len(models), active.count(slug))
                                  for slug, models in world.catalogs().items())
    totals = [total for _, total, _ in rows]
    assert totals == sorted(totals, reverse=True)
    assert columns_of(world.database, STATISTICS) == ["provider", "total_models", "active_models"]


@pytest.mark.stores("sqlite", "postgres")
def test_users_activation(world):
    """How many are off; UPDATE … SET is_active, of either kind, stands after the next syncs."""
    assert truth.one(world.database, INACTIVE) == len(world.off) == 10
    world.market.advance(2)
    world.desk.sync(**ALL)
    assert truth.one(world.database, INACTIVE) == 10
    assert truth.operate(world.database, ACTIVATE) == len(world.openrouter)
    assert truth.one(world.database, INACTIVE) == 3
    world.market.advance(2)
    world.desk.sync(**ALL)
    assert truth.one(world.database, INACTIVE) == 3
    assert truth.select(world.database, "SELECT DISTINCT p.slug FROM models m JOIN providers p"
                                        " ON p.id = m.provider_id WHERE m.is_active = false") == [
        ("deepinfra",)]


def test_numbers_are_numbers(world):
    """Money is numeric and adds up exactly; times are times; flags are booleans."""
    amounts = [m["prices"][key][1] for m in world.openrouter.values()
               for key in [("input_token", "")] if key in m["prices"]]
    total = sum(rational.value_of(a) for a in amounts if a is not None)
    with world.database.plain() as db:
        db.execute("SELECT sum(pricing_prompt), pg_typeof(sum(pricing_prompt))::text FROM models"
                   " WHERE provider_id = 1")
        found, kind = db.fetchone()
        assert kind == "numeric" and rational.value_of(format(found, "f")) == total
        db.execute("SELECT pg_typeof(created_at)::text, pg_typeof(is_active)::text FROM models"
                   " LIMIT 1")
        assert db.fetchone() == ("timestamp with time zone", "boolean")
        db.execute("SELECT pg_typeof(seen_from)::text, pg_typeof(amount)::text FROM prices LIMIT 1")
        assert db.fetchone() == ("timestamp with time zone", "numeric")


# ---- a schema of one's own, tables of others

def test_schema_of_its_own(databases, market, start_assay):
    """options=-csearch_path in DATABASE_URL: all of it in there, nothing beside it."""
    database = databases.take(schema="catalog")
    try:
        desk = start_assay(market, DATABASE_URL=database.url)
        for _ in range(2):
            desk.sync()
            market.advance()
        run = desk.run("models", "--json")
        assert run.code == 0 and len(run.json()) >= 60
        with database.plain() as db:
            db.execute("SELECT DISTINCT table_schema FROM information_schema.tables WHERE"
                       " table_schema NOT IN ('pg_catalog', 'information_schema')")
            assert db.fetchall() == [("catalog",)]
        assert truth.one(database, "SELECT count(*) FROM sync_runs") == 2
    finally:
        databases.give_back(database)


@pytest.mark.parametrize("table", ["providers", "models"])
def test_tables_of_others(databases, market, start_assay, table):
    """Refused by name, pointing to a schema of its own; in that schema all is well."""
    database = databases.take(schema="catalog")
    try:
        with database.plain() as db:
            db.execute(f"CREATE TABLE public.{table} (id int, title text)")
            db.execute(f"INSERT INTO public.{table} VALUES (1, 'theirs')")
        desk = start_assay(market)
        desk.settings["DATABASE_URL"] = desk.database.cluster.url(database.name)
        for command in (["migrate"], SYNC, ["models"]):
            run = desk.run(*command)
            assert run.code == 1 and table in run.err and "search_path" in run.err, run
        desk.settings["DATABASE_URL"] = database.url
        desk.sync()
        truth.assert_stored(database, truth_of(market))
        with database.plain() as db:
            db.execute(f"SELECT * FROM public.{table}")
            assert db.fetchall() == [(1, "theirs")]
            db.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
            assert db.fetchall() == [(1,)]
    finally:
        databases.give_back(database)


def test_supabase_variables_are_no_matter(market, desk):
    """With a DATABASE_URL nothing need be said; what is said without one: test_cli.py."""
    desk.sync(SUPABASE_URL="https://x.supabase.co", SUPABASE_KEY="anything")
    truth.assert_stored(desk.database, truth_of(market))


def test_both_schemes(market, desk):
    """postgres:// is postgresql://."""
    desk.sync(DATABASE_URL=desk.database.url.replace("postgresql://", "postgres://"))
    truth.assert_stored(desk.database, truth_of(market))


# ---- a server that says no

def test_wrong_password(desk):
    """A sentence; neither the wrong password nor the right one is in it."""
    wrong = desk.database.url.replace(desk.database.secrets[0], "wrong-horse-battery")
    for command in (["migrate"], SYNC, ["models"], ["check", "--offline"]):
        run = desk.run(*command, DATABASE_URL=wrong, LOG_LEVEL="trace")
        assert run.code == 1 and "password" in run.err + run.out, run
        assert "wrong-horse-battery" not in run.err + run.out


def test_no_such_database(desk):
    """Named; nothing is created."""
    for command in (["migrate"], SYNC, ["models"]):
        run = desk.run(*command, DATABASE_URL=desk.database.cluster.url("absent"))
        assert run.code == 1 and '"absent" does not exist' in run.err.replace("\\", ""), run


@pytest.mark.parametrize("command", [["models"], ["models", "--json"]])
def test_empty_database(desk, command):
    """Commands that read make no table; the sentence names those that do."""
    run = desk.run(*command)
    assert run.code == 1 and "assay sync" in run.err, run
    assert desk.database.tables() == set()


def test_account_that_may_only_read(desk, market):
    """A role with SELECT alone: lists models, cannot sync, and nothing is changed."""
    desk.sync()
    before = truth.dump(desk.database, *OF_PROVIDER)
    cluster = desk.database.cluster
    with desk.database.plain() as db:
        db.execute(f"CREATE ROLE reader_{desk.database.name} LOGIN PASSWORD '{cluster.password}'")
        db.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_{desk.database.name}")
    url = desk.database.url.replace("//assay:", f"//reader_{desk.database.name}:")
    market.advance()
    assert len(desk.run("models", "--json", DATABASE_URL=url).json()) == 60
    run = desk.sync(expect=1, DATABASE_URL=url)
    assert "permission denied" in run.err
    assert truth.dump(desk.database, *OF_PROVIDER) == before
    with desk.database.plain() as db:
        db.execute(f"DROP OWNED BY reader_{desk.database.name}")
        db.execute(f"DROP ROLE reader_{desk.database.name}")


def test_readers_never_wait(market, desk):
    """Somebody keeps every writer out: models are listed meanwhile, the sync goes on afterwards."""
    desk.sync()
    market.advance()
    desk.hour += 1
    other = desk.database.connect()
    try:
        other.cursor().execute("LOCK TABLE models, prices, model_versions, snapshots, providers"
                               " IN EXCLUSIVE MODE")
        sync = desk.start(*SYNC)
        until(lambda: market.requests(clear=False) and any(
            wait == "Lock" for _, _, wait in desk.database.sessions()))
        assert len(desk.run("models", "--json").json()) == 60
        assert sync.poll() is None
    finally:
        other.rollback()
        other.close()
    assert sync.wait(PATIENCE_S) == 0
    truth.assert_stored(desk.database, truth_of(market))


# ---- kill -9 of assay

KILLS = max(4, int(os.environ.get("ASSAY_KILLS_OF_SERVER", "10")))


def test_kill_at_any_instant(start_market, start_assay):
    """The server is left with the state before or the one after; the next sync mends it."""
    market = start_market(seed=9, scale=800)
    desk = start_assay(market)
    tables = (*OF_PROVIDER, "sync_runs")
    desk.sync()
    market.post("reprice", n=1400)
    begun = time.monotonic()
    desk.sync()
    instants = Instants(KILLS, time.monotonic() - begun, random.Random(20260822))
    phases = {"before": 0, "after": 0}
    for n, delay in enumerate(instants(lambda: min(phases.values()) > 0)):
        before = truth.dump(desk.database, *tables)
        market.advance()
        market.post("reprice", n=1400)
        desk.hour += 1
        instants.strike(desk.start(*SYNC), delay)
        desk.database.assert_sound()  # the server has noticed by then
        after = truth.dump(desk.database, *tables)
        if after["snapshots"] == before["snapshots"]:
            assert after == before, "between two states"
            phases["before"] += 1
            instants.was_early(delay)
        else:
            truth.assert_stored(desk.database, truth_of(market))
            phases["after"] += 1
        if n % 3 == 2:
            desk.sync(ASSAY_LEASE_WAIT_SECONDS=0)
            truth.assert_stored(desk.database, truth_of(market))
    print(f"\n{sum(phases.values())} kills: {phases}")
    assert min(phases.values()) > 0, phases


def test_kill_during_the_first_sync(databases, start_market, start_assay, quick_dir):
    """Also while the schema is being made: the next sync is the truth."""
    market = start_market(seed=9, scale=400)
    models = truth_of(market)
    desk = start_assay(market)
    begun = time.monotonic()
    desk.sync()
    instants = Instants(6, time.monotonic() - begun, random.Random(20260823))
    for delay in instants(lambda: True):
        databases.give_back(desk.database)
        desk.database = databases.take()
        instants.strike(desk.start(*SYNC), delay)
        desk.database.assert_sound()
        desk.sync()
        truth.assert_stored(desk.database, models)
        assert truth.one(desk.database, "SELECT count(*) FROM snapshots") == 1
    databases.give_back(desk.database)


# ---- a server that stops

@pytest.fixture(scope="module")
def fragile_server():
    """A server that tests may stop and start; what it committed outlives that."""
    with Cluster(durable=True) as started:
        yield started, Databases(started)


@pytest.fixture
def fragile(fragile_server):
    return fragile_server[0]


@pytest.fixture
def fragile_desk(fragile_server, market, start_assay):
    """assay before that server; the server runs again afterwards."""
    cluster, rack = fragile_server
    desk = start_assay(market)
    desk.database = rack.take()
    yield desk
    if not cluster.process:
        cluster.start()
    rack.give_back(desk.database)


@pytest.fixture
def gate(start_gate, market):
    """Open, and then before one of SIX."""
    gate = start_gate(market, "api.deepinfra.com")
    gate.opened.set()
    return gate


def start_and_wait_for_others(desk, gate):
    """A sync of SIX; when this returns only the provider behind the gate is not committed."""
    seen = truth.one(desk.database, "SELECT max(last_at) FROM snapshots")
    desk.hour += 1
    gate.opened.clear()
    sync = desk.start("sync", "--providers", *SIX, out=subprocess.PIPE, err=subprocess.PIPE,
                      **desk.keys(SIX))
    until(lambda: truth.one(desk.database, "SELECT count(*) FROM sync_runs WHERE ended_at > ?",
                            desk.database.instant(seen)) == len(SIX) - 1)
    assert gate.asked.wait(PATIENCE_S) and sync.poll() is None
    return sync


def test_server_that_stops_in_mid_sync(fragile, fragile_desk, market, gate):
    """One provider committed, another being fetched: that one fails by name, nothing half-written."""
    desk = fragile_desk
    desk.settings["ASSAY_UPSTREAM"] = gate.url
    desk.sync(providers=SIX)
    market.advance()
    before = rows_of(desk.database, "deepinfra")
    sync = start_and_wait_for_others(desk, gate)
    healthy = [slug for slug in SIX if slug != "deepinfra"]
    fragile.stop(signal.SIGKILL)
    gate.opened.set()
    out, err = sync.communicate(timeout=PATIENCE_S)
    assert sync.returncode == 1, (out, err)
    assert [json.loads(line)["provider"] for line in err.splitlines()
            if json.loads(line)["level"] >= 50] == ["deepinfra"]
    assert not any(secret.encode() in out + err for secret in desk.database.secrets)
    fragile.start()
    assert rows_of(desk.database, "deepinfra") == before
    assert_all_stored(desk.database, market, healthy)
    desk.sync(providers=SIX)
    assert_all_stored(desk.database, market, SIX)


def test_server_that_is_back_in_time(fragile, fragile_desk, market, gate):
    """Stopped and started while a provider is being fetched: found again, nobody fails."""
    desk = fragile_desk
    desk.settings["ASSAY_UPSTREAM"] = gate.url
    desk.sync(providers=SIX)
    market.advance()
    sync = start_and_wait_for_others(desk, gate)
    fragile.stop(signal.SIGQUIT)
    fragile.start()
    assert sync.poll() is None
    gate.opened.set()
    out, err = sync.communicate(timeout=PATIENCE_S)
    assert sync.returncode == 0, (out, err)
    assert not any(secret.encode() in out + err for secret in desk.database.secrets)
    assert_all_stored(desk.database, market, SIX)


@pytest.mark.parametrize("command", [["sync"], ["migrate"], ["models"], ["check", "--offline"]])
def test_server_that_is_not_there(fragile, fragile_desk, market, command):
    """A sentence that says where it was looked for; exit 1; back again: all is well."""
    desk = fragile_desk
    desk.sync()
    market.advance()
    fragile.stop()
    run = desk.run(*command, LOG_LEVEL="trace")
    assert run.code == 1 and str(fragile.port) in run.err + run.out, run
    assert "127.0.0.1" in run.err + run.out and "onnect" in run.err + run.out
    fragile.start()
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))


def test_server_that_stops_at_any_instant(fragile, fragile_desk, start_market):
    """Also in the midst of a transaction: the state before or the one after, never between."""
    desk = fragile_desk
    market = start_market(seed=9, scale=800)
    desk.settings["ASSAY_UPSTREAM"] = market.url
    desk.sync()
    market.post("reprice", n=1400)
    begun = time.monotonic()
    desk.sync()
    span = time.monotonic() - begun
    for n in range(6):
        market.post("reprice", n=1400)
        before = truth.dump(desk.database, *OF_PROVIDER)
        desk.hour += 1
        sync = desk.start(*SYNC)
        time.sleep(span * (n + 0.5) / 6)
        fragile.stop(STOPS[n % 2])
        fragile.start()
        code = sync.wait(PATIENCE_S)
        after = truth.dump(desk.database, *OF_PROVIDER)
        if after == before:
            assert code == 1
            desk.sync()
        truth.assert_stored(desk.database, truth_of(market))


def terminate_all(database):
    """As an administrator who throws everybody out; how many that were."""
    with database.plain() as db:
        db.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                   " WHERE datname = current_database() AND application_name <> 'judge'")
        return db.fetchone()[0]


def test_connection_that_is_cut_between(desk, market, gate):
    """pg_terminate_backend while the list is fetched: connected anew, nothing lost."""
    desk.sync()
    market.advance()
    gate.held = "openrouter.ai"
    gate.opened.clear()
    desk.hour += 1
    sync = desk.start(*SYNC, out=subprocess.PIPE, err=subprocess.PIPE, ASSAY_UPSTREAM=gate.url)
    assert gate.asked.wait(PATIENCE_S)
    assert terminate_all(desk.database) >= 1
    gate.opened.set()
    out, err = sync.communicate(timeout=PATIENCE_S)
    assert sync.returncode == 0, (out, err)
    truth.assert_stored(desk.database, truth_of(market))


# ---- a disk that is full

class SmallFileSystem:
    """A tablespace on a file system of so many bytes in memory; a table that fills it."""
    name = "No space left on device"

    def __init__(self, cluster, folder, size=40 << 20):
        self.cluster, self.folder = cluster, folder
        self.folder.mkdir(mode=0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", self.folder],
                       check=True)
        self.place = folder / "space"
        self.place.mkdir(mode=0o700)
        cluster.own(self.place)

    def database(self, shelf):
        with shelf.server.plain() as db:
            db.execute(f"CREATE TABLESPACE small LOCATION '{self.place}'")
        return shelf.take("TABLESPACE small")

    def fill(self, database):
        """All but half a megabyte."""
        with database.plain() as db:
            db.execute("CREATE TABLE filler (n int, text char(1000))")
            while (free := shutil.disk_usage(self.folder).free) > 512 << 10:
                rows = max(1, min(4000, (free - (480 << 10)) // 1200))
                db.execute(f"INSERT INTO filler SELECT n, 'x' FROM generate_series(1, {rows}) n")

    def free(self, database):
        with database.plain() as db:
            db.execute("DROP TABLE filler")
            db.execute("VACUUM")

    def close(self):
        subprocess.run(["umount", self.folder], check=True)


class SmallFiles:
    """A limit on what the server may write to one file (prlimit): an error as from a full disk, and
    the server lives on, because PostgreSQL ignores the signal that comes along."""
    name = "File too large"

    def __init__(self, cluster, _folder):
        self.cluster = cluster

    @staticmethod
    def database(shelf):
        return shelf.take()

    def fill(self, database):
        """The largest file has room for a few pages more; journal segments are larger than it."""
        with database.plain() as db:
            db.execute("SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relkind IN ('r', 't')")
            largest = db.fetchone()[0]
        assert largest > 1 << 20, "must be larger than a segment of the journal"
        self.cluster.file_limit(largest + (64 << 10))

    def free(self, _database):
        self.cluster.file_limit(None)

    def close(self):
        pass


def may_mount(folder):
    """Root in a container often may not."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder],
                          capture_output=True, check=False)
    if done.returncode == 0:
        subprocess.run(["umount", folder], check=True)
    folder.rmdir()
    return done.returncode == 0


@pytest.fixture
def open_path():
    """Where the server's account gets to, as it does not to pytest's own places."""
    with tempfile.TemporaryDirectory(prefix="assay-disk-") as path:
        place = pathlib.Path(path)
        place.chmod(0o755)
        yield place


@pytest.fixture(params=[SmallFiles, SmallFileSystem], ids=["file", "filesystem"])
def small(request, open_path, start_market, start_assay):
    """assay before a server that can be filled, with a large market synced."""
    kind = request.param
    if kind is SmallFileSystem and not may_mount(open_path / "probe"):
        kind = SmallFiles  # where no file system may be mounted the other way has to do
    with Cluster(durable=True, wal_segment_mib=1) as cluster:
        disk = kind(cluster, open_path / "small")
        try:
            market = start_market(seed=9, scale=2500)
            desk = start_assay(market)
            desk.database = disk.database(Databases(cluster))
            desk.sync(providers=SIX)
            yield disk, market, desk
            cluster.stop()
        finally:
            cluster.stop()
            disk.close()


def runs_of_others(desk):
    return truth.one(desk.database, "SELECT count(*) FROM sync_runs r JOIN providers p"
                                    " ON p.id = r.provider_id WHERE p.slug <> 'openrouter'"
                                    " AND r.ended_at IS NOT NULL")


def test_disk_full(small, start_gate):
    """The provider that needs the room fails by name, the small ones do not; with room it heals."""
    disk, market, desk = small
    market.advance()
    market.post("reprice", n=12000)
    gate = start_gate(market, "openrouter.ai")
    desk.settings["ASSAY_UPSTREAM"] = gate.url
    before = rows_of(desk.database, "openrouter")
    disk.fill(desk.database)
    for _ in range(2):
        done = runs_of_others(desk) + len(SIX) - 1
        gate.key = lambda: runs_of_others(desk) == done  # they come first, so that they fit
        run = desk.sync(expect=1, providers=SIX)
        assert set(errors(run)) == {"openrouter"}, run
        assert disk.name in errors(run)["openrouter"]
        assert rows_of(desk.database, "openrouter") == before
        assert_all_stored(desk.database, market, [s for s in SIX if s != "openrouter"])
    disk.free(desk.database)
    gate.opened.set()
    desk.sync(providers=SIX)
    assert_all_stored(desk.database, market, SIX)


def test_what_the_server_remarks_stays_out_of_the_log(desk, market):
    """It may warn before the session has begun (of its collations, say): stderr is the log's."""
    with desk.database.plain() as db:
        db.execute(f"ALTER DATABASE {desk.database.name} SET client_min_messages = debug5")
    for command in (SYNC, ["migrate"], ["models"], ["check"]):
        run = desk.run(*command)
        assert run.code == 0 and run.err == "", run


# ---- what stands in a URL

def test_password_is_never_told(desk, market):
    """At the highest verbosity, in success and failure, redacted in what names the database."""
    for command in (SYNC, ["migrate"], ["models"], ["check"], ["check", "--offline"],
                    ["providers"]):
        run = desk.run(*command, LOG_LEVEL="trace")
        desk.hour += 1
        assert run.code == 0, run
    shown = desk.run("check", "--offline").out
    assert re.search(r"postgresql://assay(:\*+)?@127\.0\.0\.1", shown), shown
