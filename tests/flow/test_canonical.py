"""models.canonical_id and its evidence: written by a sync, worked out anew when the rules or the
aliases change, and never a change of the market."""
import json
import re

import pytest

from lib import truth
from lib.assay import PROVIDERS
from lib.bazaar import Bazaar

pytestmark = pytest.mark.stores("sqlite", "postgres")

NORTH = [{"id": "gpt-4o", "in": "1"}, {"id": "qwen/qwen3-8b:free"}, {"id": "zai-org-glm-4.6"},
         {"id": "house-special"}, {"id": "llama-3.1-8b"},
         {"id": "vendor/thing", "hub": "Qwen/Qwen3-32B-FP8"}]
SOUTH = [{"id": "openai/gpt-4o"}, {"id": "Qwen/Qwen3-8B"}, {"id": "house-special"},
         {"id": "glm", "hub": "zai-org/GLM-4.6"}]
# Written down by hand, from what makers and Hugging Face call them.
CANONICAL = {
    ("north", "gpt-4o"): "openai/gpt-4o",
    ("north", "qwen/qwen3-8b:free"): "qwen/qwen3-8b",
    ("north", "zai-org-glm-4.6"): "zai-org/glm-4.6",
    ("north", "house-special"): None,
    ("north", "llama-3.1-8b"): None,
    ("north", "vendor/thing"): "qwen/qwen3-32b",
    ("south", "openai/gpt-4o"): "openai/gpt-4o",
    ("south", "Qwen/Qwen3-8B"): "qwen/qwen3-8b",
    ("south", "house-special"): None,
    ("south", "glm"): "zai-org/glm-4.6",
}
MARKET = ("model_versions", "prices", "changes", "absences", "snapshots")


@pytest.fixture
def bazaar(quick_dir, start_market, start_assay):
    place = Bazaar(quick_dir, start_market, start_assay, {"north": "USD", "south": "USD"})
    place.sell("north", *NORTH)
    place.sell("south", *SOUTH)
    return place


@pytest.fixture
def aliases(quick_dir, bazaar):
    """Writes the alias file and tells the desk where it is."""
    def write(content):
        path = quick_dir / "aliases.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        bazaar.desk.settings["ASSAY_ALIASES"] = str(path)
        return path
    return write


def hashes(run):
    """North's, south's: whichever ends first."""
    return [p["hash"] for p in sorted(run.json()["providers"], key=lambda p: p["provider"])]


# ---- what a sync writes

def test_first_sync(bazaar):
    bazaar.sync()
    assert bazaar.canonical() == CANONICAL
    evidence = {key: evidence for key, (_, evidence) in bazaar.names().items()}
    assert evidence["north", "gpt-4o"] == 'id "gpt-4o"'
    assert evidence["south", "glm"] == 'hugging face id "zai-org/GLM-4.6"'
    assert evidence["north", "llama-3.1-8b"] == 'none: base or instruct: "llama-3.1-8b"'
    assert all(text.startswith("none: ") == (CANONICAL[key] is None) for key, text in evidence.items())
    bases = bazaar.desk.database.select("SELECT basis FROM identity_bases")
    assert len(bases) == 2 and len(set(bases)) == 1 and bases[0][0].startswith("2 ")


def test_unmoved_market_writes_nothing(bazaar):
    """Neither by 304 nor by an equal body, nor by a list that is put in another order."""
    bazaar.sync()
    before = bazaar.desk.database.dump("models", "identity_bases", *MARKET[:-1])
    bazaar.sync()
    bazaar.market.post("config", etag=0)
    bazaar.sync()
    bazaar.sell("north", *reversed(NORTH))
    bazaar.sync()
    assert bazaar.desk.database.dump("models", "identity_bases", *MARKET[:-1]) == before


def test_evidence_that_moves(bazaar):
    """A Hugging Face id that comes, changes and goes: that row alone, and no change of the market."""
    bazaar.sync()
    named = {}
    for hub, canonical in (("Qwen/Qwen3-14B", "qwen/qwen3-14b"), ("Qwen/Qwen3-4B", "qwen/qwen3-4b"),
                           (None, None)):
        rows = [dict(row) for row in NORTH]
        rows[3].update({"hub": hub} if hub else {})
        bazaar.sell("north", *rows, {"id": f"gpt-4o-mini-{hub}", "hub": "openai/gpt-oss-20b"})
        before = bazaar.desk.database.dump("models")["models"]
        bazaar.sync("north")
        named[hub] = bazaar.canonical()["north", "house-special"]
        after = bazaar.desk.database.dump("models")["models"]
        assert named[hub] == canonical
        assert sum(row not in after for row in before) <= 2  # it, and what went missing
    kinds = {c[0] for c in truth.stored_changes(bazaar.desk.database)}
    assert kinds == {"added", "missing"}


# What a maker sells is its own, even under a name that nobody has heard of.
MAKERS = {"anthropic": "anthropic", "cohere": "coherelabs", "deepseek": "deepseek-ai",
          "google": "google", "minimax": "minimaxai", "mistral": "mistralai",
          "moonshot": "moonshotai", "openai": "openai", "xai": "xai-org", "zai": "zai-org"}


def is_as_invented(slug, name, hub, canonical):
    """What names its repository is that; ids of gateways are unmatched where their makers are invented
    too, which Vertex's publishers are not."""
    if hub:
        return canonical == re.sub("-tee$" if slug == "chutes" else "$^", "", hub.lower())
    if slug == "google-vertex":
        return canonical in (None, name.lower())
    return canonical is None or canonical.startswith(MAKERS.get(slug, "nobody") + "/")


def test_simulated_market(start_market, start_assay):
    """Of all providers at once, through its moves."""
    market = start_market(seed=6)
    desk = start_assay(market)
    named = set()
    for _ in range(3):
        desk.sync(providers="all")
        rows = desk.database.select("SELECT p.slug, m.provider_model_id, m.canonical_id, m.metadata"
                                    " FROM models m JOIN providers p ON p.id = m.provider_id")
        for slug, name, canonical, metadata in rows:
            hub = json.loads(metadata or "{}").get("hugging_face_id")
            assert is_as_invented(slug, name, hub, canonical), (slug, name, hub, canonical)
            named.add((slug, hub is not None))
        assert {slug for slug, *_ in rows} >= set(PROVIDERS)
        market.advance()
    assert {("openrouter", True), ("openrouter", False)} <= named
    kinds = {c[0] for c in truth.stored_changes(desk.database)}
    assert kinds <= {"added", "missing", "returned", "price", "context", "capability", "renamed",
                     "deprecated", "replaced", "quantization"}


# ---- aliases

def test_alias_file_is_applied_and_taken_back(bazaar, aliases):
    """To every provider at once, the one that is synced and the others; a row that does not change is
    not written, and nothing of it is a change."""
    first = hashes(bazaar.sync())
    market = bazaar.desk.database.dump(*MARKET[:-1])
    aliases({"house-special": "qwen/qwen3-8b", "north:Llama-3.1-8B": "meta-llama/llama-3.1-8b-instruct",
             "south:openai/gpt-4o": None})
    before = bazaar.desk.database.dump("models")["models"]
    run = bazaar.sync("north")
    told = {**CANONICAL, ("north", "house-special"): "qwen/qwen3-8b",
            ("south", "house-special"): "qwen/qwen3-8b", ("south", "openai/gpt-4o"): None,
            ("north", "llama-3.1-8b"): "meta-llama/llama-3.1-8b-instruct"}
    assert bazaar.canonical() == told
    assert bazaar.names()["north", "llama-3.1-8b"][1] == 'alias "north:llama-3.1-8b"'
    after = bazaar.desk.database.dump("models")["models"]
    assert sum(row not in after for row in before) == 4
    assert hashes(run) == first[:1] and run.provider("north")["models_written"] == 0

    aliases({"house-special": "zai-org/glm-4.6"})
    bazaar.sync("south")
    assert bazaar.canonical() == {**CANONICAL, ("north", "house-special"): "zai-org/glm-4.6",
                                  ("south", "house-special"): "zai-org/glm-4.6"}
    before = bazaar.desk.database.dump("models", "identity_bases")
    bazaar.sync()
    assert bazaar.desk.database.dump("models", "identity_bases") == before
    del bazaar.desk.settings["ASSAY_ALIASES"]
    bazaar.sync("north")
    assert bazaar.canonical() == CANONICAL
    assert bazaar.desk.database.dump(*MARKET[:-1]) == market
    assert truth.one(bazaar.desk.database, "SELECT count(*) FROM snapshots") == 2


def test_alias_of_a_model_to_come(bazaar, aliases):
    bazaar.sync()
    aliases({"novelty": "qwen/qwen3-32b"})
    bazaar.sell("north", *NORTH, {"id": "Novelty"})
    bazaar.sync()
    assert bazaar.names()["north", "Novelty"] == ("qwen/qwen3-32b", 'alias "novelty"')


def add_alias(database, alias, canonical, provider=None, ended=False):
    """As an operator does.  applied_at: an instant in the words of either database."""
    database.operate(
        "INSERT INTO aliases (alias, canonical_id, provider_id, added_at, ended_at)"
        " SELECT CAST(? AS TEXT), CAST(? AS TEXT), (SELECT id FROM providers WHERE slug = ?), applied_at,"
        f" {'applied_at' if ended else 'NULL'} FROM schema_version WHERE version = 1",
        alias, canonical, provider)


def test_table_of_aliases_wins(bazaar, aliases):
    """Over the file, where both have the alias; an ended row says nothing; an empty id: unmatched."""
    bazaar.sync()
    aliases({"house-special": "qwen/qwen3-8b", "gpt-4o": "openai/gpt-4o-mini"})
    database = bazaar.desk.database
    add_alias(database, "House-Special", "zai-org/glm-4.6")
    add_alias(database, "gpt-4o", "", "north")
    add_alias(database, "glm", "qwen/qwen3-8b", ended=True)
    bazaar.sync("south")
    assert bazaar.canonical() == {**CANONICAL, ("north", "gpt-4o"): None,
                                  ("north", "house-special"): "zai-org/glm-4.6",
                                  ("south", "house-special"): "zai-org/glm-4.6"}
    database.operate("UPDATE aliases SET ended_at = added_at")
    bazaar.sync("south")
    assert bazaar.canonical() == {**CANONICAL, ("north", "gpt-4o"): "openai/gpt-4o-mini",
                                  ("north", "house-special"): "qwen/qwen3-8b",
                                  ("south", "house-special"): "qwen/qwen3-8b"}


@pytest.mark.parametrize("text, says", [
    (None, "aliases.json: No such file"), ("{", "aliases.json"), ("[]", "an object, not"),
    ('{"north:gpt-4o": 1}', 'alias "north:gpt-4o"'), ('{"a": "no-slash"}', 'alias "a"'),
    ('{"a": "Qwen/Qwen3-8B"}', 'is canonically "qwen/qwen3-8b"'),
    ('{"a": null, "A": null}', 'alias "a" twice')])
def test_alias_file_that_is_wrong(bazaar, aliases, text, says):
    """Nothing is fetched and nothing is lost; the sentence names file and entry."""
    path = aliases({"house-special": "qwen/qwen3-8b"})
    bazaar.sync()
    before = bazaar.desk.database.dump("models", "identity_bases", "sync_runs", *MARKET)
    bazaar.market.requests()
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    for more in ([], ["--dry-run"]):
        run = bazaar.desk.run("sync", "--providers", "north", *more)
        assert run.code == 1 and run.out == "", run
        line, = run.logs()
        assert line["msg"].startswith("ASSAY_ALIASES: ") and "aliases.json" in line["msg"]
        assert says in line["msg"]
    assert bazaar.market.requests() == []
    assert bazaar.desk.database.dump("models", "identity_bases", "sync_runs", *MARKET) == before


@pytest.mark.parametrize("alias, canonical, says", [
    ("a", "Qwen/Qwen3-8B", "canonically"), ("", "qwen/qwen3-8b", "bytes"), ("a", "gpt", "not a canonical")])
def test_row_of_the_table_that_is_wrong(bazaar, alias, canonical, says):
    bazaar.sync()
    add_alias(bazaar.desk.database, alias, canonical)
    bazaar.market.requests()
    run = bazaar.desk.run("sync", "--providers", "north")
    assert run.code == 1 and "table aliases, row 1: " in run.err and says in run.err, run
    assert bazaar.market.requests() == []
    bazaar.desk.database.operate("DELETE FROM aliases")
    add_alias(bazaar.desk.database, "twice", "qwen/qwen3-8b")
    add_alias(bazaar.desk.database, "TWICE", "qwen/qwen3-8b")
    run = bazaar.desk.run("sync", "--providers", "north")
    assert run.code == 1 and run.logs()[0]["msg"] == 'table aliases: alias "twice" twice', run


# ---- what is stored by others

def test_other_rules_are_followed(bazaar):
    """What an older program found, and what nobody looked at, is worked out before a sync, also of a
    provider that is not asked."""
    bazaar.sync()
    database = bazaar.desk.database
    database.operate("UPDATE models SET canonical_id = 'openai/wrong', canonical_evidence = 'old'")
    database.operate("UPDATE identity_bases SET basis = '0 old'")
    bazaar.sync("south")
    assert bazaar.canonical() == CANONICAL
    database.operate("UPDATE models SET canonical_id = NULL, canonical_evidence = NULL"
                     " WHERE provider_model_id = 'gpt-4o'")
    bazaar.sync("south")
    assert bazaar.canonical() == CANONICAL


def test_row_of_an_operator(bazaar):
    """Put into `models` by hand, where no list has it."""
    bazaar.sync()
    bazaar.desk.database.operate(
        "INSERT INTO models (provider_id, provider_model_id, model_name)"
        " SELECT id, 'gpt-4.1-mini', 'mine' FROM providers WHERE slug = 'north'")
    bazaar.sync("south")
    assert bazaar.canonical()["north", "gpt-4.1-mini"] == "openai/gpt-4.1-mini"


def test_models_tell_it(bazaar):
    bazaar.sync()
    rows = bazaar.desk.run("models", "--json").json()
    assert {(r["provider"], r["provider_model_id"]): r["canonical_id"] for r in rows} == CANONICAL
    lines = bazaar.desk.run("models", "--csv", "--provider", "south").out.splitlines()
    assert [line.rsplit(",", 1)[1] for line in lines] == [
        "canonical_id", *(CANONICAL["south", i] or "" for i in sorted(r["id"] for r in SOUTH))]


@pytest.mark.stores("postgres")
def test_provider_that_somebody_keeps_locked(bazaar, aliases):
    """Its ids wait for the next sync, and are told; prices do not wait, nor do other providers' ids."""
    bazaar.sync()
    aliases({"house-special": "qwen/qwen3-8b"})
    holder = bazaar.desk.database.connect()
    holder.cursor().execute("UPDATE models SET is_active = is_active WHERE provider_id ="
                            " (SELECT id FROM providers WHERE slug = 'north')")
    run = bazaar.sync("south")
    warning, = run.logs()
    assert warning["level"] == 40 and warning["msg"].startswith("canonical ids of north: ")
    assert bazaar.canonical() == {**CANONICAL, ("south", "house-special"): "qwen/qwen3-8b"}
    holder.close()
    bazaar.sync("south")
    assert bazaar.canonical()["north", "house-special"] == "qwen/qwen3-8b"
