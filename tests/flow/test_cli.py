"""The command line: exit codes, sentences, formats, secrets, and disks that do not take any more."""
import csv
import io
import json
import os
import pathlib
import random
import re
import sqlite3
import subprocess

import pytest

from lib import rational, truth
from lib.assay import SYNC, largest_file
from lib.market import Shelf
from lib.patience import PATIENCE_S

BOTH = pytest.mark.stores("sqlite", "postgres")
pytestmark = pytest.mark.empty
BUILT_IN = sorted(path.stem for path in
                  pathlib.Path(__file__).parents[2].joinpath("providers").glob("*.json"))
COMMANDS = ["announce", "changes", "check", "compare", "diff", "export", "help", "migrate", "models",
            "override", "price", "probe", "providers", "push", "review", "serve", "snapshots", "sync",
            "version"]
PLANTED = "sk-or-v1-4f1d9a77c0ffee1234567890"
PASSWORD = "hunter2-Zq9x7Kw0"


@pytest.fixture
def alone(start_assay):
    """No market: nothing is to be fetched."""
    return start_assay()


def listing(desk):
    """Names, sizes and times of all files below the working directory."""
    return {str(p.relative_to(desk.home)): (p.stat().st_size, p.stat().st_mtime_ns)
            for p in sorted(desk.home.rglob("*"))}


def sentence(run):
    """The one error that was said."""
    error, = [line for line in run.logs() if line["level"] == 50]
    return error["msg"] + " " + error.get("err", "")


def truth_of(market):
    return truth.catalog(market.truth())


# ---- usage

@pytest.mark.parametrize("args, said", [
    (["bogus"], ["bogus", "assay help"]),
    (["sync", "--bogus"], ["assay sync", "--bogus"]),
    (["sync", "-x"], ["-x"]),
    (["sync", "surplus"], ["surplus"]),
    (["sync", "--providers"], ["--providers", "needs a value"]),
    (["sync", "--providers", "nope"], ["nope", "known are: aihubmix, aimo, "]),
    (["sync", "--providers", "openrouter", "nope"], ["nope", "openrouter"]),
    (["sync", "--providers=nope"], ["nope", "openrouter"]),
    (["sync", "--dry-run=1"], ["--dry-run"]),
    (["models", "--sort", "size"], ["--sort", "size", "name|price|context"]),
    (["models", "--limit", "0"], ["--limit", "0"]),
    (["models", "--limit", "many"], ["--limit", "many"]),
    (["models", "--json", "--csv"], ["--json", "--csv"]),
    (["models", "a", "b"], ["QUERY"]),
    (["providers", "surplus"], ["surplus"]),
    (["providers", "--check"], ["DESCRIPTOR", "DOCUMENT"]),
    (["providers", "--check", "openrouter"], ["DESCRIPTOR", "DOCUMENT"]),
    (["providers", "--list", "models"], ["--list", "--check"]),
    (["providers", "--check", "nebius", "list.json", "--list", "nope"], ["nope", "models, public"]),
    (["help", "bogus"], ["bogus"]),
    (["version", "surplus"], ["surplus"]),
])
def test_wrong_usage(alone, args, said):
    """Exit 2, one sentence that names what was wrong, nothing on stdout, no file."""
    run = alone.run(*args)
    assert run.code == 2 and run.out == "", run
    for word in said:
        assert word in sentence(run)
    assert listing(alone) == {}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(alone, command):
    """--help, -h and `help X` say the same, whatever the settings; there need be no database."""
    texts = {alone.run(*args, ASSAY_RETRIES="nonsense" if args[0] != "help" else None).out
             .partition("\nNo states can be listed")[0]
             for args in ([command, "--help"], [command, "-h"], ["help", command])}
    assert len(texts) == 1
    assert texts.pop().startswith(f"usage: assay {command}")
    assert listing(alone) == {}


def test_help_lists_the_commands(alone):
    """No argument, help, -h, --help: exit 0 and every command."""
    for args in ([], ["help"], ["-h"], ["--help"]):
        run = alone.run(*args)
        assert run.code == 0 and run.err == ""
        assert re.findall(r"^  ([a-z]+) ", run.out, re.M) == COMMANDS


def test_version(alone):
    """One line, whichever way it is asked for."""
    assert alone.run("version").out == alone.run("--version").out
    assert re.fullmatch(r"assay [0-9]+\.[0-9]+\.[0-9]+\n", alone.run("version").out)


# ---- settings

@pytest.mark.parametrize("name, value, allowed", [
    ("ASSAY_RETRIES", "99", "0 to 10"),
    ("ASSAY_RETRIES", "-1", "0 to 10"),
    ("ASSAY_RETRIES", "two", "0 to 10"),
    ("ASSAY_TIMEOUT_SECONDS", "0", "1 to 3600"),
    ("ASSAY_TIMEOUT_SECONDS", "1.5", "1 to 3600"),
    ("ASSAY_BODY_MAX_MIB", "99999999999999999999", "1 to 4096"),
    ("ASSAY_NOW", "yesterday", "RFC 3339"),
    ("ASSAY_NOW", "2026-02-30T00:00:00Z", "RFC 3339"),
    ("LOG_LEVEL", "loud", "trace, debug, info"),
    ("ASSAY_UPSTREAM", "ftp://127.0.0.1", "https://"),
    ("DATABASE_URL", "mysql://localhost/x", "sqlite:"),
    ("ADMIN_API_KEY", "short", "16 characters"),
])
def test_bad_setting(alone, name, value, allowed):
    """Exit 2, naming the variable and what is allowed, before anything is done."""
    run = alone.run("sync", **{name: value})
    assert run.code == 2 and name in sentence(run) and allowed in sentence(run), run
    assert listing(alone) == {}


@pytest.mark.parametrize("upstream", ["http://10.0.0.1:9", "http://example.org",
                                      f"http://user:{PASSWORD}@127.0.0.1:9"])
def test_bad_upstream(alone, upstream):
    """Plain http is for loopback only, and no user-info: refused by name before any request."""
    run = alone.run("sync", ASSAY_UPSTREAM=upstream)
    assert run.code == 2 and "ASSAY_UPSTREAM" in sentence(run), run
    assert PASSWORD not in run.err + run.out
    assert listing(alone) == {}


def test_unknown_setting_is_warned_about(alone):
    """A slip of the pen is told, with the name that was probably meant."""
    run = alone.run("version", ASSAY_RETRYS="1")
    warning, = run.logs()
    assert run.code == 0 and warning["level"] == 40
    assert "ASSAY_RETRYS" in warning["msg"] and "ASSAY_RETRIES" in warning["msg"]


def test_dotenv(alone, market):
    """.env of the working directory is read; the environment wins; ASSAY_ENV_FILE names another."""
    (alone.home / ".env").write_text(f"export ASSAY_UPSTREAM='{market.url}'  # here\r\n"
                                     "DATABASE_URL=sqlite:named.db\n")
    alone.sync()
    assert (alone.home / "named.db").exists()
    alone.sync(DATABASE_URL="sqlite:other.db")
    assert (alone.home / "other.db").exists()
    run = alone.run("version", ASSAY_ENV_FILE="absent.env")
    assert run.code == 1 and "ASSAY_ENV_FILE" in sentence(run)


@pytest.mark.parametrize("name", ["SUPABASE_URL", "SUPABASE_KEY"])
def test_supabase_settings_are_explained(alone, name):
    """Instead of quietly filling a SQLite file; with a DATABASE_URL they are no matter."""
    for command in ("sync", "migrate", "check"):
        run = alone.run(command, **{name: "https://x.supabase.co"})
        assert run.code != 0, run
        said = sentence(run)
        assert "Supabase is PostgreSQL" in said and "DATABASE_URL" in said
    assert listing(alone) == {}
    assert alone.run("migrate", **{name: "x"}, DATABASE_URL="sqlite:assay.db").code == 0


# ---- migrate, check

@BOTH
def test_migrate_twice(alone, root):
    """The second time nothing is left to do, and nothing is written."""
    rows = "SELECT * FROM schema_version"
    first = alone.run("migrate")
    before = truth.select(alone.database, rows)
    second = alone.run("migrate")
    assert first.code == second.code == 0 and first.out == second.out
    assert truth.select(alone.database, rows) == before
    assert len(before) == len(list((root / "sql/sqlite").glob("*.sql")))
    alone.database.assert_sound()


def test_database_is_a_wal(alone):
    """SQLite alone: readers never wait for a writer."""
    alone.run("migrate")
    assert truth.one(alone.database, "PRAGMA journal_mode") == "wal"


@pytest.mark.parametrize("command", [["models"], ["models", "--json"], ["check", "--offline"]])
def test_no_database(alone, command):
    """Commands that read do not create one; the sentence names those that do."""
    run = alone.run(*command)
    assert run.code == 1, run
    assert "there is no such database" in run.err + run.out and "assay sync" in run.err + run.out
    assert listing(alone) == {}


@BOTH
def test_check(market, desk):
    """Settings by origin, keys by presence, the database by counts, providers by an answer."""
    desk.sync()
    before = listing(desk)
    run = desk.run("check", OPENROUTER_API_KEY=PLANTED)
    assert run.code == 0, run
    assert re.search(r"ASSAY_UPSTREAM +environment", run.out)
    assert re.search(r"OPENROUTER_API_KEY +present", run.out)
    assert "1 providers, 60 models, 282 open prices" in run.out
    assert re.search(r"openrouter +answers, HTTP 200", run.out)
    assert re.search(r"Hugging Face cycle +off: HF_TOKEN is not set", run.out)
    assert re.search(r"push +off: HF_HUB_TOKEN is not set", run.out)
    assert PLANTED not in run.out + run.err
    assert listing(desk) == before
    market.stop()
    run = desk.run("check")
    assert run.code == 1 and re.search(r"openrouter +NOT REACHED: .*openrouter\.ai", run.out)


@pytest.mark.parametrize("name, value, says", [
    ("ASSAY_LISTEN", "nowhere", "ASSAY_LISTEN +NOT USABLE: nowhere is no address"),
    ("ASSAY_SYNC_SECONDS", "nobody=60", "NOT USABLE: ASSAY_SYNC_SECONDS: unknown provider"),
    ("ASSAY_SYNC_WINDOW", "02:00-04:00 Mars/Olympus", "NOT USABLE: ASSAY_SYNC_WINDOW: .*Mars/Olympus"),
    ("ASSAY_SYNC_MIN_SECONDS", "86401", "NOT USABLE: ASSAY_SYNC_MIN_SECONDS is more than"),
])
def test_check_tells_what_the_service_would_refuse(desk, name, value, says):
    assert desk.run("migrate").code == 0
    run = desk.run("check", "--offline")
    assert run.code == 0 and re.search(r"times of syncs +ready", run.out), run
    run = desk.run("check", "--offline", **{name: value})
    assert run.code == 1 and re.search(says, run.out), run


@BOTH
def test_databases_that_are_not_ours(alone):
    """Tables of somebody else named `models`: named, nothing changed; a newer schema likewise."""
    for table in ("models", "providers"):
        truth.operate(alone.database, f"CREATE TABLE {table} (id INTEGER, title TEXT)")
        before = alone.database.content()
        for command in (["migrate"], ["sync"], ["models"]):
            run = alone.run(*command)
            assert run.code == 1 and table in sentence(run), run
            assert alone.database.tables() == {table} and alone.database.content() == before
        truth.operate(alone.database, f"DROP TABLE {table}")
    alone.run("migrate")
    truth.operate(alone.database, "INSERT INTO schema_version (version, name, applied_at)"
                                  " SELECT 99, 'later', applied_at FROM schema_version"
                                  " WHERE version = 1")
    for command in (["migrate"], ["models"]):
        run = alone.run(*command)
        assert run.code == 1 and "99" in sentence(run), run


# ---- models

def models_json(desk, *args):
    run = desk.run("models", *args, "--json")
    assert run.code == 0 and run.err == "", run
    return run.json()


@BOTH
def test_models_json(market, desk):
    """Every model with exact prices as strings; null where nothing is said; missing ones marked."""
    desk.sync()
    gone = {e["model"] for e in market.post("remove", n=3)["events"]}
    seen = desk.now()
    desk.sync()
    rows = models_json(desk)
    wanted = truth_of(market)
    assert len(rows) == 60
    for row in rows:
        i = row["provider_model_id"]
        assert (row["missing_since"] == desk.now()) == (i in gone)
        assert row["last_seen_at"] == (seen if i in gone else desk.now())
        assert row["provider"] == "openrouter" and row["is_active"] is True
        if i in gone:
            continue
        m = wanted[i]
        for column, key in (("pricing_prompt", "input_token"), ("pricing_request", "request"),
                            ("pricing_completion", "output_token"), ("pricing_image", "input_image")):
            assert row[column] == m["prices"].get((key, ""), (None, None))[1]
        assert (row["model_name"], row["context_length"], row["modality"]) == (
            m["name"], m["context_length"], m["modality"])


@BOTH
def test_models_csv(market, desk):
    """Read by the csv module: the same rows, prices as exact strings, an empty cell for none."""
    desk.sync()
    out = desk.run("models", "--csv").out
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    wanted = truth_of(market)
    assert len(rows) == 60 and out.count("\r\n") == 61
    for row in rows:
        m = wanted[row["provider_model_id"]]
        for column, key in (("pricing_prompt", "input_token"), ("pricing_image", "input_image"),
                            ("pricing_completion", "output_token"), ("pricing_request", "request")):
            assert row[column] == (m["prices"].get((key, ""), (None, None))[1] or "")
        assert row["context_length"] == str(m["context_length"] or "")
        assert row["model_name"] == m["name"] and row["is_active"] == "true"


def folded(text):
    """As SQLite folds: ASCII letters only."""
    return "".join(c.lower() if c.isascii() else c for c in text)


@BOTH
def test_models_query_and_filters(market, desk):
    """Part of id or name without case; provider, modality, limit; none found is no failure."""
    desk.sync()
    everything = truth_of(market)
    for query in ("LARKSPUR", "orfèvre", "%", "no such model", "'; DROP TABLE models; --"):
        found = {r["provider_model_id"] for r in models_json(desk, query)}
        assert found == {i for i, m in everything.items()
                         if folded(query) in folded(i) or folded(query) in folded(m["name"])}
    assert len(models_json(desk, "--provider", "openrouter")) == 60
    assert models_json(desk, "--provider", "groq") == []
    texts = models_json(desk, "--modality", "text->text")
    assert len(texts) == sum(m["modality"] == "text->text" for m in everything.values()) > 0
    assert len(models_json(desk, "--limit", "7")) == 7
    assert models_json(desk, "--limit", "7") == models_json(desk)[:7]


@pytest.mark.parametrize("command", [
    ["models"], ["changes"], ["snapshots"], ["override", "list"], ["diff", "2026-08-21", "2026-08-23"],
    ["price", "none"]])
def test_slug_that_is_asked_for(desk, command):
    """Under a name that users know it by, too; exit 2 for one that nobody knows."""
    desk.sync("--providers", "huggingface", providers=None)
    by_name, by_alias = (desk.run(*command, "--provider", slug) for slug in ("huggingface", "hug"))
    assert by_name.code in (0, 1) and (by_alias.code, by_alias.out) == (by_name.code, by_name.out)
    unknown = desk.run(*command, "--provider", "nobody")
    assert unknown.code == 2 and unknown.out == "", unknown
    assert 'unknown provider "nobody"' in sentence(unknown) and "huggingface" in sentence(unknown)


@BOTH
def test_models_sort(market, desk):
    """price: cheapest first and unknown last; context: largest first; name."""
    desk.sync()
    prices = [r["pricing_prompt"] for r in models_json(desk, "--sort", "price")]
    known = [rational.value_of(p) for p in prices if p is not None]
    assert known == sorted(known) and prices[len(known):] == [None] * (60 - len(known))
    assert 0 < len(known) < 60
    contexts = [r["context_length"] for r in models_json(desk, "--sort", "context")]
    assert contexts == sorted(contexts, key=lambda c: -(c or 0))
    names = [r["model_name"].encode() for r in models_json(desk)]
    assert names == sorted(names)


@BOTH
def test_models_table(market, desk):
    """For people: per one million tokens, exact; "-" for none."""
    desk.sync()
    lines = desk.run("models").out.splitlines()
    assert lines[0].split() == ["PROVIDER", "MODEL", "CONTEXT", "IN", "$/1M", "OUT", "$/1M"]
    wanted = truth_of(market)
    assert len(lines) == 61
    for line in lines[1:]:
        _, i, context, prompt, completion = line.split()
        for shown, key in ((prompt, "input_token"), (completion, "output_token")):
            amount = wanted[i]["prices"].get((key, ""), (None, None))[1]
            assert shown == ("-" if amount is None
                             else rational.text_of(rational.value_of(amount) * 10 ** 6))
        assert context == str(wanted[i]["context_length"] or "-")


# ---- providers

def provider_json(desk, **env):
    rows = desk.run("providers", "--json", **env).json()
    assert [p["slug"] for p in rows] == BUILT_IN
    row, = [p for p in rows if p["slug"] == "openrouter"]
    return row


@BOTH
def test_providers_json(market, desk):
    """What is known of each, before and after a sync and a failure."""
    before = provider_json(desk)
    assert (before["slug"], before["in_database"], before["models"]) == ("openrouter", False, 0)
    assert before["descriptor"].startswith("built-in openrouter") and before["key_required"] is False
    assert listing(desk) == {}
    desk.sync()
    row = provider_json(desk)
    assert (row["in_database"], row["models"], row["prices"], row["is_active"]) == (
        True, 60, 282, True)
    assert row["snapshot"] == truth.snapshot(desk.database)[0]
    assert row["last_complete_at"] == desk.now() and row["last_error"] is None
    market.fault("status", status=500)
    seen = desk.now()
    desk.sync(expect=1)
    row = provider_json(desk, OPENROUTER_API_KEY=PLANTED)
    assert (row["last_error"], row["last_complete_at"], row["key_present"]) == (
        "HTTP 500", seen, True)
    assert "last run failed: HTTP 500" in desk.run("providers").out


# A market of our own: every amount is invented.
ODD = {
    "slug": "oddmarket", "name": "Odd Market", "base_url": "https://odd.example/v1",
    "auth": {"form": "header:X-Odd-Key", "required": True, "env": ["ODDMARKET_API_KEY"]},
    "lists": [
        {"name": "models", "url": "https://odd.example/v1/list?type=all", "rows": "/items",
         "fields": {"id": "/key", "name": ["/title", "/key"], "context_length": "/window"},
         "capabilities": {"vision": "/sees"},
         "price_defaults": {"unit": "0.01 USD per token"},
         "prices": [
             {"meter": "input_token", "at": "/cents/in", "noise": 12},
             {"meter": "output_token", "at": "/cents/out", "noise": 12},
             {"meter": "cached_input_token", "at": "/cents/cached_share", "times": "/cents/in",
              "noise": 12},
             {"meter": "audio_second", "at": "/per_hour", "unit": "USD per hour"},
             {"meter": "output_image", "at": "/per_1k_images", "unit": "EUR per 1K images"},
             {"meter": "input_character", "at": "/per_m_chars", "unit": "USD per 1M characters"},
             {"meter": "request", "at": "/fee", "unit": "1e-10 USD per request",
              "sentinels": {"-7": "unpublished", "-8": "free", "-9": "dynamic"}},
             {"meter": "request", "at": "/batch_fee", "unit": "USD per request",
              "condition": "[batch]"}]},
        {"name": "details", "url": "https://odd.example/v1/details", "required": False,
         "fields": {"id": "/id", "max_output_tokens": "/max", "quantization": "/quant"},
         "prices": [{"meter": "web_search", "at": "/search", "unit": "USD per 1K searches"}]},
    ],
}
ODD_ROWS = {"items": [
    {"key": "plain", "title": "Plain", "window": 4096, "sees": True,
     "cents": {"in": 0.00030000000000000003, "out": "0.00030000000000000003", "cached_share": 0.1}},
    {"key": "hours", "cents": {"in": 4.5e-05, "out": 1e-3}, "per_hour": "0.36", "per_1k_images": 2,
     "per_m_chars": 15, "fee": 20000, "batch_fee": "0.0001"},
    {"key": "words", "fee": -7}, {"key": "gift", "fee": "-8.0"}, {"key": "market", "fee": -9},
    {"key": "orphan-share", "cents": {"cached_share": 0.5}},
]}
ODD_DETAILS = [{"id": "plain", "max": 1024, "quant": "fp8", "search": 5},
               {"id": "gift", "max": 7}, {"id": "unlisted", "max": 9}]


def odd_model(i, **more):
    base = dict.fromkeys(("context_length", "max_output_tokens", "modality", "quantization",
                          "deprecated_at", "replaced_by"))
    return {"id": i, "name": i, **base, "capabilities": {}, "prices": {}, **more}


def odd_prices(**meters):
    return {(m, ""): ("priced", amount, "USD") for m, amount in meters.items()}


def odd_truth():
    """Reckoned by hand, from cents and hours."""
    models = [
        odd_model("plain", name="Plain", context_length=4096, max_output_tokens=1024,
                  quantization="fp8", capabilities={"vision": True},
                  prices=odd_prices(input_token="0.000003",
                                    output_token="0.0000030000000000000003",
                                    cached_input_token="0.0000003", web_search="0.005")),
        odd_model("hours", prices={
            **odd_prices(input_token="0.00000045", output_token="0.00001", audio_second="0.0001",
                         input_character="0.000015", request="0.000002"),
            ("output_image", ""): ("priced", "0.002", "EUR"),
            ("request", "[batch]"): ("priced", "0.0001", "USD")}),
        odd_model("words"),
        odd_model("gift", max_output_tokens=7, prices={("request", ""): ("free", "0", "USD")}),
        odd_model("market", prices={("request", ""): ("dynamic", None, "USD")}),
    ]
    return {m["id"]: m for m in models}


@pytest.fixture
def odd(start_market, start_assay, quick_dir):
    """An added provider and its documents; the desk knows where its descriptor is."""
    shelf = Shelf(quick_dir / "documents")
    shelf.put(ODD_ROWS, "odd.example/v1/list@type=all")
    shelf.put(ODD_DETAILS, "odd.example/v1/details")
    folder = quick_dir / "descriptors"
    folder.mkdir()
    (folder / "oddmarket.json").write_text(json.dumps(ODD))
    market = start_market(replay=shelf.path)
    desk = start_assay(market, ASSAY_PROVIDERS_DIR=folder, ODDMARKET_API_KEY=PLANTED)
    desk.settings = {name: str(value) for name, value in desk.settings.items()}
    return market, desk, shelf, folder


@BOTH
def test_added_provider(odd):
    """Cents, hours, factors, noise, sentinels, currencies, a second list: each amount exact."""
    market, desk, _, _ = odd
    run = desk.sync("--json", "--providers", "oddmarket")
    skip, = run.provider("oddmarket")["skipped"]
    assert skip["id"] == "orphan-share" and "/cents/cached_share" in skip["reason"]
    truth.assert_stored(desk.database, odd_truth(), "oddmarket")
    asked = market.requests()
    assert {r["headers"].get("x-odd-key") for r in asked} == {PLANTED}
    assert {(r["path"], r["query"]) for r in asked} == {
        ("/odd.example/v1/list", "type=all"), ("/odd.example/v1/details", "")}
    before = truth.dump(desk.database)
    desk.sync()
    assert truth.one(desk.database, "SELECT count(*) FROM providers") == 2
    assert [row for row in truth.dump(desk.database)["models"]][:len(before["models"])] == \
        before["models"]
    truth.assert_stored(desk.database, truth_of(market))


@BOTH
def test_optional_list_that_fails(odd):
    """Its fields keep their last value, it is said, nothing else stands still."""
    market, desk, shelf, _ = odd
    desk.sync("--providers", "oddmarket")
    (shelf.path / "odd.example/v1/details.json").unlink()
    moved = json.loads(json.dumps(ODD_ROWS))
    moved["items"][1]["fee"] = 30000
    shelf.put(moved, "odd.example/v1/list@type=all")
    run = desk.sync("--providers", "oddmarket")
    assert "optional list details" in run.err
    wanted = odd_truth()
    wanted["hours"]["prices"]["request", ""] = ("priced", "0.000003", "USD")
    truth.assert_stored(desk.database, wanted, "oddmarket")
    assert truth.stored_changes(desk.database) == [
        ("price", "hours", "request", "0.000002", "0.000003", "1.5")]


@BOTH
def test_required_list_that_fails(odd):
    """The provider fails by name; the other one is synced; exit 1."""
    market, desk, shelf, _ = odd
    shelf.put(b"oops", "odd.example/v1/list@type=all")
    run = desk.sync("--json", "--providers", "oddmarket", "openrouter", expect=1).json()
    assert [e["provider"] for e in run["details"]["errors"]] == ["oddmarket"]
    assert [p["provider"] for p in run["providers"]] == ["openrouter"]
    assert run["success"] is True
    truth.assert_stored(desk.database, truth_of(market))


@BOTH
def test_key_that_is_missing(odd):
    """Among all: left out, exit 0.  Asked by name: failed, the variable named."""
    market, desk, _, _ = odd
    run = desk.sync("--json", providers="all", ODDMARKET_API_KEY=None)
    told = run.json()["details"]
    assert {"provider": "oddmarket", "error": "API key not configured: set ODDMARKET_API_KEY"} in \
        told["skipped"]
    line, = [line for line in run.logs() if line["msg"].startswith("Skipping providers")]
    assert line["providers"] == len(told["skipped"]) and line["level"] == 40
    assert "ODDMARKET_API_KEY" in line["variables"].split(", ")
    assert "oddmarket" not in [e["provider"] for e in told["errors"]]
    truth.assert_stored(desk.database, truth_of(market))
    run = desk.sync("--providers", "oddmarket", expect=1, ODDMARKET_API_KEY=None)
    assert "set ODDMARKET_API_KEY" in run.err


def test_no_key_at_all(market, start_assay):
    """The usual start, and cron's every five minutes: one line says what was left out, which LOG_LEVEL=warn shows, too."""
    desk = start_assay(market)
    none = {name: None for name in desk.keys()}
    desk.sync(providers="all", **none)
    run = desk.sync(providers="all", **none)
    line, = run.logs()
    skipped, = [text for text in run.out.splitlines() if text.startswith("Skipped ")]
    variables = line.pop("variables")
    assert skipped == f"Skipped {line['providers']} providers for want of {variables}"
    assert line["level"] == 40 and {"OPENAI_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS"} <= set(
        variables.split(", "))
    quiet, = desk.sync(providers="all", LOG_LEVEL="warn", **none).logs()
    assert quiet["variables"] == variables


def test_descriptor_overrides_the_built_in(odd):
    """Same slug in ASSAY_PROVIDERS_DIR: that one is in force; a broken one stops with its place."""
    _, desk, _, folder = odd
    mine = json.loads(pathlib.Path(__file__).parents[2].joinpath("providers/openrouter.json")
                      .read_text())
    mine["name"] = "Our gateway"
    (folder / "openrouter.json").write_text(json.dumps(mine))
    names = {p["slug"]: (p["name"], p["descriptor"]) for p in desk.run("providers", "--json").json()}
    assert set(names) == {*BUILT_IN, "oddmarket"}
    assert names["oddmarket"] == ("Odd Market", str(folder / "oddmarket.json"))
    assert names["openrouter"] == ("Our gateway", str(folder / "openrouter.json"))
    mine["lists"][0]["prices"][2]["meter"] = "tokens"
    (folder / "openrouter.json").write_text(json.dumps(mine))
    run = desk.run("providers")
    assert run.code == 1
    assert "openrouter.json" in sentence(run) and "/lists/0/prices/2/meter" in sentence(run)


@BOTH
def test_changed_descriptor_is_our_own_correction(odd):
    """The old body is read again first: one `corrected`, no price events, new values stored."""
    _, desk, _, folder = odd
    desk.sync("--providers", "oddmarket")
    changed = json.loads(json.dumps(ODD))
    changed["lists"][0]["price_defaults"]["unit"] = "USD per token"
    (folder / "oddmarket.json").write_text(json.dumps(changed))
    desk.sync("--providers", "oddmarket")
    assert [c[:3] for c in truth.stored_changes(desk.database)] == [("corrected", None, "reader")]
    assert truth.one(desk.database, "SELECT pricing_completion FROM models WHERE model_id='plain'") \
        == "0.00030000000000000003"


def test_check_of_a_good_descriptor(odd, quick_dir):
    """Counts, snapshot, skips with reasons; with --json the canonical form."""
    _, desk, shelf, folder = odd
    document = shelf.path / "odd.example/v1/list@type=all.json"
    run = desk.run("providers", "--check", folder / "oddmarket.json", document)
    assert run.code == 0
    assert "oddmarket: 6 rows, 5 models, 12 prices, 1 skipped" in run.out
    assert re.search(r"^Skipping orphan-share: /cents/cached_share", run.out, re.M)
    canonical = desk.run("providers", "--check", folder / "oddmarket.json", document, "--json")
    assert canonical.raw_out.startswith(b'{"assay":1,"provider":"oddmarket","models":[\n')
    assert len(canonical.json()["models"]) == 5


WRONG = [
    ("/lists/0/prices/0/unit", "USD per fortnight"),
    ("/lists/0/prices/0/unit", "per token"),
    ("/lists/0/prices/0/meter", "input_tokens"),
    ("/lists/0/prices/0/nois", 12),
    ("/lists/0/prices/7/condition", "[Batch]"),
    ("/lists/0/url", "http://odd.example/v1/list"),
    ("/lists/0/fields/id", None),
    ("/lists/1/fields/deprecated_at", {"at": "/x", "format": "lunar"}),
    ("/auth/form", "magic"),
    ("/surprise", True),
    ("/slug", None),
]


@pytest.mark.parametrize("pointer, value", WRONG, ids=[f"{p}={v}" for p, v in WRONG])
def test_check_of_a_wrong_descriptor(alone, quick_dir, pointer, value):
    """The member that is wrong is named by its JSON Pointer; exit 1.  None takes it out."""
    wrong = json.loads(json.dumps(ODD))
    *path, last = pointer.split("/")[1:]
    at = wrong
    for step in path:
        at = at[int(step) if isinstance(at, list) else step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    (quick_dir / "wrong.json").write_text(json.dumps(wrong))
    (quick_dir / "document.json").write_text(json.dumps(ODD_ROWS))
    run = alone.run("providers", "--check", quick_dir / "wrong.json", quick_dir / "document.json")
    assert run.code == 1, run
    place = pointer if value is not None and not pointer.endswith(("condition", "unit")) \
        else pointer.rsplit("/", 1)[0]
    assert place in sentence(run) or last in sentence(run), run


def test_check_of_missing_and_broken_files(alone, quick_dir):
    """Named; exit 1."""
    good, broken = quick_dir / "good.json", quick_dir / "broken.json"
    good.write_text(json.dumps(ODD))
    broken.write_text('{"items":')
    for args in ((quick_dir / "absent.json", good), (good, quick_dir / "absent.json"),
                 (good, broken), (broken, good)):
        run = alone.run("providers", "--check", *args)
        bad = next(p for p in args if p is not good)
        assert run.code == 1 and str(bad) in sentence(run), run


# ---- dry runs

@BOTH
def test_dry_run_creates_nothing(market, desk):
    """No database file, no journal, no table; the state that would be is told."""
    run = desk.sync("--dry-run", "--json")
    assert listing(desk) == {}
    assert desk.database.kind == "sqlite" or desk.database.tables() == set()
    assert run.provider()["hash"] == truth.name_of(truth_of(market))
    assert run.provider()["models_synced"] == 0 and run.provider()["changed"] is False
    assert "would be " + run.provider()["hash"] in desk.sync("--dry-run").out
    market.fault("html")
    desk.sync("--dry-run", expect=1)
    assert listing(desk) == {}


def test_dry_run_leaves_a_database_alone(market, desk):
    """Neither the file nor a living -wal beside it changes by a byte."""
    desk.sync()
    market.advance(3)
    with truth.opened(desk.database) as reader:
        reader.execute("SELECT count(*) FROM models").fetchall()
        desk.sync()  # while somebody reads, its -wal stays
        before = listing(desk)
        assert before["assay.db-wal"][0] > 0
        market.advance()
        desk.sync("--dry-run")
        assert listing(desk) == before
    truth.select(desk.database, "SELECT 1 FROM models")
    before = listing(desk)
    desk.sync("--dry-run")
    assert listing(desk) == before


# ---- secrets

def searched(desk, run):
    """Everything a secret could have got into."""
    places = {"stdout": run.raw_out, "stderr": run.raw_err, "database": desk.database.content()}
    for path in desk.home.iterdir():
        if path.is_file():
            places[path.name] = path.read_bytes()
    return places


def assert_no_secret(desk, run, *secrets):
    for place, content in searched(desk, run).items():
        for secret in secrets:
            assert secret.encode() not in content, f"{secret} in {place}"


@BOTH
@pytest.mark.parametrize("fault", [None, "status", "html", "redirect", "reset", "hostile"])
def test_key_is_nowhere(market, desk, fault):
    """Not in any output at the highest verbosity, nor in the database, also where it fails."""
    if fault:
        market.fault(fault, location="https://other.example/x", status=401)
    run = desk.run(*SYNC, "-v", LOG_LEVEL="trace", OPENROUTER_API_KEY=PLANTED)
    assert run.code == (0 if fault in (None, "hostile") else 1)
    assert any(PLANTED in r["headers"].get("authorization", "") for r in market.requests())
    assert_no_secret(desk, run, PLANTED)


@BOTH
def test_key_in_a_query_is_nowhere(odd):
    """auth query:NAME: the URL with the key in it is neither told nor stored."""
    market, desk, shelf, folder = odd
    told = json.loads(json.dumps(ODD))
    told["auth"]["form"] = "query:api_key"
    told["lists"] = [{**ODD["lists"][0], "url": "https://odd.example/v1/list"}]
    (folder / "oddmarket.json").write_text(json.dumps(told))
    shelf.put(ODD_ROWS, f"odd.example/v1/list@api_key={PLANTED}")
    run = desk.sync("--providers", "oddmarket", LOG_LEVEL="trace")
    assert [r["query"] for r in market.requests()] == [f"api_key={PLANTED}"]
    assert_no_secret(desk, run, PLANTED)
    shelf.put(b"oops", f"odd.example/v1/list@api_key={PLANTED}")
    assert_no_secret(desk, desk.sync("--providers", "oddmarket", expect=1, LOG_LEVEL="trace"),
                     PLANTED)
    market.stop()
    assert_no_secret(desk, desk.sync("--providers", "oddmarket", expect=1, LOG_LEVEL="trace"),
                     PLANTED)


@pytest.mark.parametrize("url", [
    f"postgres://user:{PASSWORD}@127.0.0.1:1/db", f"postgresql://user:{PASSWORD}@[::1/db",
    f"mysql://user:{PASSWORD}@h/db", f"postgres://user:{PASSWORD}/x@h/db",
    f"postgres://h/db?user=u&password={PASSWORD}"])
def test_password_is_nowhere(alone, url):
    """The password inside DATABASE_URL, whatever is wrong with the rest of it."""
    for command in (["sync"], ["migrate"], ["models"], ["check", "--offline"], ["providers"]):
        run = alone.run(*command, DATABASE_URL=url, LOG_LEVEL="trace")
        assert_no_secret(alone, run, PASSWORD)


def test_command_line_of_the_process(market, desk):
    """/proc/PID/cmdline shows no secret while it runs."""
    market.fault("timeout")
    process = desk.start(*SYNC, OPENROUTER_API_KEY=PLANTED)
    try:
        while not market.requests(clear=False):
            assert process.poll() is None
        shown = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert shown.endswith(b"assay\0sync\0--providers\0openrouter\0")
    finally:
        process.kill()
        process.wait(PATIENCE_S)


@BOTH
# ---- output

@pytest.mark.parametrize("command", [["version"], ["help"], ["models"], SYNC,
                                     [*SYNC, "--json"], ["providers", "--json"], ["check"]])
@pytest.mark.parametrize("how", ["full", "closed"])
def test_stdout_that_takes_nothing(market, desk, command, how):
    """A full or closed stdout: exit 1 and a sentence; the database is whole."""
    desk.sync()
    desk.hour += 1
    market.advance()
    before = dict(os.environ)
    if how == "full":
        with open("/dev/full", "wb") as full:
            run = desk.run(*command, out=full)
        assert "No space left on device" in run.err
    else:
        run = desk.run(*command, before=lambda: os.close(1))
    assert dict(os.environ) == before
    assert run.code == 1 and "output failed" in run.err, run
    desk.database.assert_sound()
    assert all(r["method"] == "GET" for r in market.requests())
    if command[0] == "sync":
        truth.assert_stored(desk.database, truth_of(market))


def test_no_colour(market, desk):
    """A pipe gets none; a terminal gets some unless NO_COLOR is set."""
    desk.sync()
    market.advance()
    desk.hour += 1
    plain, coloured = on_terminal(desk, NO_COLOR="1"), None
    market.advance()
    desk.hour += 1
    coloured = on_terminal(desk)
    assert b"\x1b[3" not in plain and b"[CHANGE]" in plain
    assert b"\x1b[33m[CHANGE]\x1b[0m" in coloured


def on_terminal(desk, **env):
    """stdout of a sync whose stdout is a terminal."""
    ours, theirs = os.openpty()
    process = desk.start(*SYNC, out=theirs, **env)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # EIO: the other end is closed
        pass
    os.close(ours)
    assert process.wait(PATIENCE_S) == 0
    return shown


def test_log_lines(market, desk):
    """Outside a terminal each line of stderr is one JSON object: level, time, msg."""
    market.fault("hostile")
    run = desk.run(*SYNC, "-v", LOG_LEVEL="trace")
    lines = run.logs()
    assert len(lines) >= 12
    for line in lines:
        assert list(line)[:3] == ["level", "time", "msg"]
        assert isinstance(line["level"], int) and line["time"] == desk.now_ms()
        assert isinstance(line["msg"], str) and line["msg"]
    assert {20, 40} <= {line["level"] for line in lines}
    assert desk.run("sync", "--providers", "openrouter", LOG_LEVEL="silent").err == ""


# ---- databases that cannot be used: SQLite files; test_postgres.py has what a server can do to us

def assert_named_failure(run, *words):
    assert run.code == 1, run
    for word in words:
        assert word in run.err, run


def test_database_is_a_directory(market, desk):
    """Named, exit 1, nothing inside."""
    desk.database.mkdir()
    for command in ("sync", "migrate", "models"):
        assert_named_failure(desk.run(command), "assay.db", "directory")
    assert list(desk.database.iterdir()) == []


@pytest.mark.parametrize("content", [b"hello, world\n" * 100, random.Random(3).randbytes(8192),
                                     b"SQLite format 3\0" + b"\xff" * 4096],
                         ids=["text", "noise", "head"])
def test_database_is_garbage(market, desk, content):
    """Named, exit 1, not a byte of it changed."""
    desk.database.write_bytes(content)
    for command in ("sync", "migrate", "models"):
        assert_named_failure(desk.run(command), "assay.db")
        assert desk.database.read_bytes() == content


def test_folder_of_the_database_is_missing(market, desk):
    """Named, exit 1; folders are not made."""
    run = desk.run("sync", DATABASE_URL="sqlite:absent/assay.db")
    assert_named_failure(run, "absent/assay.db", "No such file")
    assert listing(desk) == {}


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/usr/bin/setpriv"),
                    reason="root may write everywhere and there is no setpriv")
def test_folder_that_may_not_be_written(market, desk):
    """As a user without the right: named, exit 1, nothing made; the same for a read-only file."""
    desk.sync()
    whole = truth.dump(desk.database)
    market.advance()
    os.chmod(desk.home, 0o555)
    os.chmod(desk.database, 0o444)
    os.chmod(desk.home.parent, 0o755)
    try:
        for path in ("new.db", "assay.db"):
            env = desk.environment({"DATABASE_URL": f"sqlite:{path}"})
            unprivileged = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534",
                            "--clear-groups"] if os.geteuid() == 0 else []
            done = subprocess.run([*unprivileged, desk.binary, *SYNC], cwd=desk.home, env=env,
                                  capture_output=True, text=True, timeout=PATIENCE_S)
            assert done.returncode == 1 and path in done.stderr, done
    finally:
        os.chmod(desk.home, 0o755)
        os.chmod(desk.database, 0o644)
    assert set(listing(desk)) == {"assay.db"}
    assert truth.dump(desk.database) == whole


@pytest.mark.parametrize("size", [0, 512, 8192, 65536, 200000])
def test_disk_full_at_the_first_sync(market, desk, size):
    """Wherever it ends: exit 1, the database named; with room again the sync succeeds."""
    run = desk.sync(expect=1, before=largest_file(size))
    assert_named_failure(run, "assay.db")
    desk.sync()
    desk.database.assert_sound()
    truth.assert_stored(desk.database, truth_of(market))


def test_disk_full_at_a_later_sync(market, desk):
    """The provider fails by name, nothing half-written, every row as it was."""
    desk.sync()
    before = truth.dump(desk.database, *truth.MARKET_TABLES, "snapshots", "changes", "documents")
    market.post("reprice", n=300)
    for size in (0, 4096, 40000, 100000):
        run = desk.sync(expect=1, before=largest_file(size))
        assert_named_failure(run, "assay.db")
        assert truth.dump(desk.database, *truth.MARKET_TABLES, "snapshots", "changes",
                          "documents") == before
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))


def test_database_is_locked(market, desk):
    """Somebody else writes all along: said by name after the wait, nothing lost."""
    desk.sync()
    market.advance()
    whole = truth.dump(desk.database)
    other = sqlite3.connect(desk.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        process = desk.start(*SYNC)
        # Readers never wait for either of them.
        rows = desk.run("models", "--json").json()
        assert len(rows) == 60 and process.poll() is None
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert process.wait(PATIENCE_S) in (0, 1)  # 0: the lock went in time; its clock equals the last sync: 1
    assert truth.dump(desk.database) == whole or truth.from_versions(desk.database) == \
        truth_of(market)
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))
