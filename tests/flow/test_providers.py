"""All built-in providers in one run, on both stores: each is the truth, and none hurts another."""
import pytest

from lib import truth
from lib.assay import KEYS, PROVIDERS, SIX, Assay
from lib.patience import PATIENCE_S
from lib.truth import OF_PROVIDER, rows_of
from market_keys import DESCRIPTORS, KEY_OF

pytestmark = [pytest.mark.stores("sqlite", "postgres"), pytest.mark.empty]
ALL = {"providers": "all"}
SMALL = {"ASSAY_BODY_MAX_MIB": "16"}
# One waits in vain so long, and within it the others have to be done on a machine that is busy.
WAITS = {"ASSAY_TIMEOUT_SECONDS": "8", "ASSAY_STALL_SECONDS": "8"}


def truths(market, slugs=PROVIDERS):
    return {slug: truth.offered(market, slug) for slug in slugs}


def assert_all_stored(database, wanted):
    with database.held() as held:
        for slug, models in wanted.items():
            assert len(models) > 0, slug
            truth.assert_stored(held, models, slug)
    assert {slug for slug, in truth.select(database, "SELECT slug FROM providers")} == set(wanted)
    open_rows = {t: truth.one(database, f"SELECT count(*) FROM {t} WHERE seen_to IS NULL")
                 for t in ("model_versions", "prices")}
    missing = truth.one(database, "SELECT count(*) FROM models WHERE missing_since IS NOT NULL")
    assert open_rows["model_versions"] == missing + sum(map(len, wanted.values()))
    assert missing or open_rows["prices"] == sum(
        len(m["prices"]) for models in wanted.values() for m in models.values())


def everything(desk):
    return truth.dump(desk.database, *OF_PROVIDER)


# ---- the truth

@pytest.mark.parametrize("seed, scale", [(1, 60), (7, 60), (5, 1000)])
def test_first_sync_is_the_truth(start_market, start_assay, seed, scale):
    """Every model, every tracked column, every price of each; no change rows for a first state."""
    market = start_market(seed=seed, scale=scale)
    desk = start_assay(market)
    run = desk.sync("--json", **ALL)
    wanted = truths(market)
    assert_all_stored(desk.database, wanted)
    assert truth.stored_changes(desk.database) == []
    for slug, models in wanted.items():
        report = run.provider(slug)
        assert report["hash"] == truth.name_of(models, slug) and report["prev_hash"] is None
        assert report["models"] == report["models_written"] == report["added"] == len(models)
        assert report["skipped"] == []


def test_whole_market_is_the_truth(start_market, start_assay):
    """25,000 models in all, as many of each provider as there really are; then a day later."""
    market = start_market(seed=11, total=25000)
    desk = start_assay(market)
    run = desk.sync("--json", **ALL)
    wanted = truths(market)
    assert 24000 < sum(map(len, wanted.values())) < 26000
    assert_all_stored(desk.database, wanted)
    for slug, models in wanted.items():
        assert run.provider(slug)["hash"] == truth.name_of(models, slug)
    market.advance()
    desk.sync(**ALL)
    assert_all_stored(desk.database, truths(market))


@pytest.mark.parametrize("seed, scale, steps", [(1, 60, 8), (5, 1000, 3)])
def test_each_step_is_followed_exactly(start_market, start_assay, seed, scale, steps):
    """After every step: the truth stored, and exactly its differences told."""
    market = start_market(seed=seed, scale=scale)
    desk = start_assay(market)
    desk.sync(**ALL)
    known = {slug: truth.learn({}, models) for slug, models in truths(market).items()}
    for _ in range(steps):
        market.advance()
        desk.sync(**ALL)
        after = truths(market)
        assert_all_stored(desk.database, after)
        for slug, models in after.items():
            assert truth.stored_changes(desk.database, desk.now_ms(), slug) == truth.changes(
                known[slug], models), slug
            known[slug] = truth.learn(known[slug], models)
    kinds = {c[0] for c in truth.stored_changes(desk.database)}
    assert kinds >= {"added", "missing", "price"}


@pytest.mark.parametrize("etag", [1, 0])
def test_unmoved_market_writes_no_row(market, desk, etag):
    """One run and one touched snapshot a provider; of all else not a row, not even in new order."""
    for slug in PROVIDERS:
        market.post("config", provider=slug, etag=etag)
    desk.sync(**ALL)
    tables = sorted(set(OF_PROVIDER) - {"snapshots", "documents"})
    before = truth.dump(desk.database, *tables, "documents")
    desk.sync(**ALL)
    assert truth.dump(desk.database, *tables, "documents") == before
    for slug in PROVIDERS:
        market.post("shuffle", provider=slug)
    run = desk.sync("--json", **ALL)
    assert truth.dump(desk.database, *tables) == {t: before[t] for t in tables}
    for slug in PROVIDERS:
        report = run.provider(slug)
        assert (report["models_written"], report["prices_written"], report["changed"]) == (
            0, 0, False), slug
    assert truth.one(desk.database, "SELECT count(*) FROM sync_runs") == 3 * len(PROVIDERS)
    assert truth.select(desk.database, "SELECT syncs FROM snapshots") == [(3,)] * len(PROVIDERS)
    assert_all_stored(desk.database, truths(market))


# ---- some fail, the others do not notice

MIXED = {
    "some": (SIX, {"deepinfra": "html", "together": "status", "fal": "reset"}),
    "others": (SIX, {"openrouter": "truncated", "nebius": "empty_list",
                     "google-vertex": "gzip_garbage"}),
    "slow": (SIX, {"openrouter": "timeout", "together": "invalid_json", "nebius": "oversize"}),
    "few": (PROVIDERS, {"cerebras": "reset", "vercel-ai-gateway": "html", "xai": "invalid_json"}),
    "most": (PROVIDERS, {slug: "status" for slug in PROVIDERS if slug != "nebius"}),
}


@pytest.mark.parametrize("slugs, faults", MIXED.values(), ids=MIXED)
def test_faults_of_some(market, start_assay, slugs, faults):
    """The healthy equal the truth, the faulty are as they were; exit 1, each named; then healed."""
    desk = start_assay(market, **SMALL)
    desk.sync(providers=slugs)
    market.advance(2)
    before = {slug: rows_of(desk.database, slug) for slug in faults}
    for slug, kind in faults.items():
        market.fault(kind, provider=slug)
    run = desk.sync(expect=1, providers=slugs, **(WAITS if "timeout" in faults.values() else {}))
    failed = [line["provider"] for line in run.logs() if line["level"] >= 50]
    assert sorted(failed) == sorted(faults), run
    assert f"Success: {len(slugs) - len(faults)}, Errors: {len(faults)}." in run.out
    for slug, rows in before.items():
        assert rows_of(desk.database, slug) == rows, slug
    for slug, models in truths(market, slugs).items():
        if slug not in faults:
            truth.assert_stored(desk.database, models, slug)
    recorded = truth.select(desk.database, "SELECT p.slug FROM sync_runs r JOIN providers p"
                                           " ON p.id = r.provider_id WHERE r.error IS NOT NULL")
    assert sorted(slug for slug, in recorded) == sorted(faults)
    for slug in faults:
        market.heal(slug)
    desk.sync(providers=slugs)
    assert_all_stored(desk.database, truths(market, slugs))


def test_deactivated_among_all(market, desk):
    """An operator's is_active = false: that one is left out and named, the others are followed."""
    desk.sync(**ALL)
    assert truth.operate(desk.database, "UPDATE providers SET is_active = false"
                                        " WHERE slug = 'together'") == 1
    before = rows_of(desk.database, "together")
    market.advance()
    run = desk.sync(**ALL)
    assert any("deactivated" in line["msg"] and line["provider"] == "together"
               for line in run.logs())
    assert rows_of(desk.database, "together") == before
    for slug, models in truths(market).items():
        if slug != "together":
            truth.assert_stored(desk.database, models, slug)


def hosts_of(slug):
    """Where a provider's lists are, by its descriptor."""
    return {url.split("/")[2] for url in (li["url"] for li in DESCRIPTORS[slug]["lists"])}


@pytest.mark.stores("sqlite")
def test_keys_go_to_their_own_providers(market, desk):
    """Each key is seen by its own hosts and by no other."""
    desk.sync(**ALL)
    seen = set()
    for request in market.requests():
        host = request["path"].split("/")[1]
        for slug, name in KEY_OF.items():
            if KEYS[name] in str(request):
                assert host in hosts_of(slug), (slug, request)
                seen.add(slug)
    # Cerebras' public list is sent no key.
    assert seen == set(KEY_OF) - {"cerebras"}


def test_several_by_name(market, desk):
    """Only those that were asked for."""
    desk.sync(providers=("nebius", "cerebras"))
    found = {slug for slug, in truth.select(desk.database, "SELECT slug FROM providers")}
    assert found == {"nebius", "cerebras"}
    for slug in found:
        truth.assert_stored(desk.database, truth.offered(market, slug), slug)


# ---- two at once

def start_both(desks, folder, slugs):
    """Together, each by its own real clock; their exit codes and what they said."""
    logs = [open(folder / f"log{k}", "w+b") for k in range(len(desks))]
    which = [] if slugs == PROVIDERS else ["--providers", *slugs]
    running = [d.start("sync", *which, out=log, err=log, ASSAY_NOW=None, **d.keys(now_s=0))
               for d, log in zip(desks, logs)]
    codes = [p.wait(PATIENCE_S) for p in running]
    texts = []
    for log in logs:
        log.seek(0)
        texts.append(log.read().decode())
        log.close()
    return codes, texts


def assert_both_well(desks, folder, slugs):
    codes, texts = start_both(desks, folder, slugs)
    assert codes == [0] * len(desks), texts
    assert all('"level":50' not in text for text in texts), texts
    for secret in desks[0].database.secrets:
        assert all(secret not in text for text in texts)


def two_desks(start_assay, market):
    one = start_assay(market)
    return [one, Assay(one.binary, one.home, market.url, one.database)]


@pytest.mark.parametrize("slugs, times", [(PROVIDERS, 3), (SIX, 7)], ids=["all", "six"])
def test_two_syncs_at_once(start_market, start_assay, quick_dir, slugs, times):
    """Ten times: no error, no row lost or doubled, each change told once, runs that make sense."""
    market = start_market(seed=9, scale=150)
    desks = two_desks(start_assay, market)
    database = desks[0].database
    known = {slug: {} for slug in slugs}
    told = 0
    for n in range(times):
        assert_both_well(desks, quick_dir, slugs)
        after = truths(market, slugs)
        assert_all_stored(database, after)
        wanted = []
        for slug, models in after.items():
            wanted += truth.changes(known[slug], models) if n else []
            known[slug] = truth.learn(known[slug], models)
        found = truth.select(database, "SELECT kind, model, field, old, new, ratio FROM changes"
                                       " ORDER BY id")[told:]
        assert sorted(found, key=str) == sorted(wanted, key=str)
        told += len(found)
        assert truth.one(database, "SELECT count(*) FROM models") == sum(map(len, known.values()))
        assert truth.select(database, "SELECT model_id FROM model_versions WHERE seen_to IS NULL"
                                      " GROUP BY model_id HAVING count(*) > 1") == []
        for slug, runs in truth.select(database, "SELECT p.slug, count(*) FROM sync_runs r"
                                                 " JOIN providers p ON p.id = r.provider_id"
                                                 " GROUP BY p.slug"):
            assert n < runs <= 2 * (n + 1), slug
        assert truth.select(database, "SELECT error FROM sync_runs WHERE completeness <> 'complete'"
                                      " OR ended_at < started_at") == []
        database.assert_sound()
        market.advance()


def test_two_first_syncs_at_once(market, assay, quick_dir, new_database):
    """An empty database that both find and both migrate, again and again."""
    for n in range(6):
        slugs = SIX if n % 3 else PROVIDERS
        home = quick_dir / f"home{n}"
        home.mkdir()
        database = new_database(home.name)
        desks = [Assay(assay, home, market.url, database) for _ in range(2)]
        assert_both_well(desks, quick_dir, slugs)
        assert_all_stored(database, truths(market, slugs))
        assert truth.stored_changes(database) == []
        assert truth.select(database, "SELECT version FROM schema_version ORDER BY version") == [
            (v,) for v in range(1, 1 + truth.one(database,
                                                 "SELECT max(version) FROM schema_version"))]


# ---- the optional list

@pytest.mark.parametrize("kind", ["html", "truncated", "wrong_shape", "status", "invalid_json",
                                  "gzip_garbage", "null_body", "reset"])
def test_optional_list_that_is_bad(start_market, start_assay, kind):
    """Told, and no more than that: nebius is what its first list says, complete, exit 0."""
    market = start_market(seed=3)
    desk = start_assay(market, **SMALL)
    desk.sync(providers=("nebius",))
    stored = truth.dump(desk.database, "models", "model_versions", "prices")
    market.fault(kind, provider="nebius", list="public", status=503)
    report = desk.sync("--json", providers=("nebius",)).provider("nebius")
    assert [n for n in report["notes"] if n.startswith("optional list public: ")], report
    assert report["skipped"] == [] and report["changed"] is False
    assert truth.dump(desk.database, "models", "model_versions", "prices") == stored
    truth.assert_stored(desk.database, truth.catalog(market.truth("nebius")), "nebius")
