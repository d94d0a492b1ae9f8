"""Every way in which marketsim can fail: named, exit 1, nothing lost; then a healthy sync heals.

And hostile documents: bad rows are left out with a reason, good ones are stored exactly.
"""
import copy
import json
import re

import pytest

from lib import rational, truth
from lib.assay import is_sanitized
from lib.market import Shelf

BOTH = pytest.mark.stores("sqlite", "postgres")
# fault: (what it is called with, completeness, kind of error, a word of its own)
FAULTS = {
    "empty_list": ({}, "failed", "data", "the list is empty"),
    "gzip_bomb": ({}, "failed", "limit", "inflates to more than"),
    "gzip_garbage": ({}, "failed", "parse", "gzip"),
    "gzip_truncated": ({}, "failed", "parse", "gzip"),
    "half_list": ({}, "suspect", "suspect", "30 of 60 models are gone at once"),
    "half_list_counted": ({}, "partial", "partial", "/total_count says 60 rows"),
    "html": ({}, "failed", "parse", "not valid JSON"),
    "invalid_json": ({}, "failed", "parse", "unexpected end of data"),
    "next_page": ({}, "partial", "partial", "60 rows, the document holds 30"),
    "not_object": ({}, "failed", "data", "the list of models was expected"),
    "null_body": ({}, "failed", "parse", "the document is empty"),
    "oversize": ({}, "failed", "limit", "the body is larger than"),
    "redirect": ({"location": "/api/v1/models"}, "failed", "http", "more than 5 redirects"),
    "reset": ({}, "failed", "network", "connection reset"),
    "reset_early": ({}, "failed", "network", "connection reset"),
    "slow_drip": ({}, "failed", "timeout", "not complete after 1 s"),
    "status": ({"status": 503}, "failed", "http", "HTTP 503"),
    "timeout": ({}, "failed", "timeout", " 1 s"),  # stalled, or not complete: whichever is first
    "truncated": ({}, "failed", "network", "cut short"),
    "truncated_chunked": ({}, "failed", "network", "cut short"),
    "wrong_shape": ({}, "failed", "data", "/data is an object"),
}
ELSEWHERE = {"none", "hostile", "page_cut", "page_loop", "page_nowhere", "page_repeated",
             "page_size_ignored", "page_token_type"}
ON_POSTGRES = ("empty_list", "half_list", "half_list_counted", "html", "oversize", "reset", "status",
               "slow_drip")
STATUSES = [204, 206, 301, 400, 401, 403, 404, 418, 429, 500, 502, 503]
SMALL = {"ASSAY_BODY_MAX_MIB": "16"}
# For who is to wait in vain; nobody else is hurried, however busy the machine is.
SHORT = {"ASSAY_TIMEOUT_SECONDS": "1", "ASSAY_STALL_SECONDS": "1"}
HURRY = {"slow_drip": SHORT, "timeout": SHORT}
MEMORY_KIB = 80 * 1024  # of a process that takes at most 16 MiB of document


def truth_of(market):
    return truth.catalog(market.truth())


@pytest.fixture
def world(market, start_assay):
    return market, start_assay(market, **SMALL)


def everything(desk):
    """All that a failed sync must leave alone."""
    return truth.dump(desk.database, *truth.MARKET_TABLES, "snapshots", "changes", "absences",
                      "documents", "providers")


def assert_failed(desk, run, completeness, kind, word):
    failure, = [line for line in run.logs() if line["level"] >= 50]
    assert failure["provider"] == "openrouter" and word in failure["err"], run
    assert (failure["kind"], failure["fetch"]) == (kind, completeness)


def assert_modest(desk, run):
    """Little memory, unless a sanitizer takes its own."""
    assert is_sanitized(desk.binary) or run.memory_kib < MEMORY_KIB


def assert_recorded(desk, completeness, kind, word):
    row = truth.last_run(desk.database)
    assert (row["completeness"], row["error_kind"]) == (completeness, kind)
    assert word in row["error"] and row["snapshot"] is None
    assert (row["written"], row["prices_written"], row["added"], row["missing"]) == (0, 0, 0, 0)


# ---- faults

def test_every_fault_is_here(root):
    """A fault that marketsim learns must be added to this file."""
    names = re.findall(r'\[FAULT_\w+\] = "(\w+)"', (root / "sim/fault.c").read_text())
    assert set(names) == set(FAULTS) | ELSEWHERE


@pytest.mark.parametrize("kind", FAULTS)
def test_fault_loses_nothing(world, kind):
    """After a healthy sync: exit 1, provider and cause named, every row as it was; then healed."""
    lose_nothing(*world, kind)


@pytest.mark.stores("postgres")
@pytest.mark.parametrize("kind", ON_POSTGRES)
def test_fault_loses_nothing_there_either(world, kind):
    """What a fault leaves behind is the store's doing: one fault of each kind of ending."""
    lose_nothing(*world, kind)


def lose_nothing(market, desk, kind):
    desk.sync()
    market.advance()
    before = everything(desk)
    how, completeness, error, word = FAULTS[kind]
    market.fault(kind, **how)
    run = desk.sync(expect=1, measure=True, **HURRY.get(kind, {}))
    assert_failed(desk, run, completeness, error, word)
    assert_modest(desk, run)
    assert "Success: 0, Errors: 1. Total synced: 0 models" in run.out
    assert everything(desk) == before
    assert_recorded(desk, completeness, error, word)
    market.heal()
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))


@pytest.mark.parametrize("kind", [k for k in FAULTS if k != "half_list"])
def test_fault_at_the_first_sync(world, kind):
    """Nothing is known yet: nothing is stored but the run; then healed, without change rows."""
    market, desk = world
    how, completeness, error, word = FAULTS[kind]
    market.fault(kind, **how)
    assert_failed(desk, desk.sync(expect=1, **HURRY.get(kind, {})), completeness, error, word)
    for table, rows in truth.dump(desk.database, *truth.MARKET_TABLES, "snapshots", "changes",
                                  "documents").items():
        assert rows == [], table
    assert_recorded(desk, completeness, error, word)
    market.heal()
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))
    assert truth.stored_changes(desk.database) == []


def test_half_a_list_at_first_sight(world):
    """A shorter list that is valid cannot be told from a short catalog; the rest is then added."""
    market, desk = world
    market.fault("half_list")
    desk.sync()
    market.heal()
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))
    assert [c[0] for c in truth.stored_changes(desk.database)] == ["added"] * 30


def test_status_is_named(world):
    """Whatever answer is neither 200 nor 304: its number in the sentence and in sync_runs."""
    market, desk = world
    desk.sync()
    before = everything(desk)
    for status in STATUSES:
        market.fault("status", status=status)
        run = desk.sync(expect=1)
        assert_failed(desk, run, "failed", "http", f"HTTP {status}")
        assert truth.last_run(desk.database)["http_status"] == status
    assert everything(desk) == before


@BOTH
def test_all_faults_in_a_row(world):
    """One after the other without a healthy sync between them: still every row."""
    market, desk = world
    desk.sync()
    before = everything(desk)
    for kind in ("reset", "empty_list", "html", "half_list", "half_list_counted", "status",
                 "wrong_shape", "empty_list", "truncated"):
        market.fault(kind, **FAULTS[kind][0])
        desk.sync(expect=1)
    assert everything(desk) == before


def test_json_report_of_a_failure(world):
    """`--json`: success false, the provider and its error, no provider object."""
    market, desk = world
    market.fault("status", status=500)
    report = desk.sync("--json", expect=1).json()
    assert report["success"] is False and report["providers"] == []
    assert report["details"]["errors"] == [{"provider": "openrouter", "error": "HTTP 500"}]


def test_nobody_listens(start_assay, start_market):
    """The port is closed: a network error that names host and upstream."""
    market = start_market()
    desk = start_assay(market, **SMALL)
    desk.sync()
    before = everything(desk)
    market.stop()
    run = desk.sync(expect=1)
    assert "openrouter.ai (through 127.0.0.1:" in run.err
    assert everything(desk) == before and truth.last_run(desk.database)["http_status"] == -1


# ---- retries

@pytest.mark.parametrize("fault, retries, requests", [
    ({"kind": "status", "status": 429, "times": 1, "retry_after": 1}, 1, 2),
    ({"kind": "status", "status": 500, "times": 2}, 2, 3),
    ({"kind": "status", "status": 503, "times": 1}, 1, 2),
    ({"kind": "reset", "times": 1}, 1, 2),
    ({"kind": "truncated", "times": 1}, 1, 2),
])
def test_retry_succeeds(world, fault, retries, requests):
    """Network errors, 429 after its Retry-After, 5xx: again, and each request is counted."""
    market, desk = world
    market.fault(**fault)
    desk.sync(ASSAY_RETRIES=retries)
    truth.assert_stored(desk.database, truth_of(market))
    assert len(market.requests()) == requests
    assert truth.last_run(desk.database)["attempts"] == requests


def test_other_4xx_are_not_retried(world):
    """One request, whatever ASSAY_RETRIES says."""
    market, desk = world
    for status in (400, 401, 403, 404, 410, 418):
        market.fault("status", status=status)
        desk.sync(expect=1, ASSAY_RETRIES=3)
        assert [r["status"] for r in market.requests()] == [status]


@pytest.mark.parametrize("kind, requests", [("html", 1), ("invalid_json", 1), ("empty_list", 1),
                                            ("oversize", 1), ("status", 3), ("reset_early", 3)])
def test_retries_end(world, kind, requests):
    """What a repetition cannot mend is not repeated; what it might is, so often and no more."""
    market, desk = world
    market.fault(kind, **FAULTS[kind][0])
    desk.sync(expect=1, ASSAY_RETRIES=2)
    assert len(market.requests()) == requests


def test_retry_after_beyond_a_minute(world):
    """Not waited for: the attempt fails at once and says what was asked."""
    market, desk = world
    market.fault("status", status=429, retry_after=61)
    run = desk.sync(expect=1, ASSAY_RETRIES=3)
    assert "HTTP 429, and asks to wait 61 s" in run.err
    assert len(market.requests()) == 1


def test_attempts_without_an_answer_are_counted(world):
    """sync_runs.attempts is the number of requests also where no answer could be used."""
    market, desk = world
    counts = {}
    for kind in ("reset", "reset_early", "truncated", "oversize"):
        market.fault(kind)
        desk.sync(expect=1, ASSAY_RETRIES=1)
        counts[kind] = (truth.last_run(desk.database)["attempts"], len(market.requests()))
    assert all(told == sent > 0 for told, sent in counts.values()), counts


# ---- redirects

KEY = "sk-or-v1-planted-0123456789abcdef"


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "documents")


@pytest.fixture
def document(market):
    return json.loads(market.document())


def key_seen(request):
    return request["headers"].get("authorization") == f"Bearer {KEY}"


def test_key_goes_to_its_host(world):
    """With a key: Authorization; without: none."""
    market, desk = world
    desk.sync(OPENROUTER_API_KEY=KEY)
    desk.sync()
    with_key, without = market.requests()
    assert key_seen(with_key) and "authorization" not in without["headers"]


@pytest.mark.parametrize("location, same_host", [
    ("/api/v1/moved", True),
    ("https://openrouter.ai/api/v1/moved", True),
    ("https://other.example/api/v1/moved", False),
    ("https://openrouter.ai.other.example/api/v1/moved", False),
    ("https://openrouter.ai:8443/api/v1/moved", False),
])
def test_redirect_and_key(start_market, start_assay, shelf, document, location, same_host):
    """A redirect is followed; the key goes along on its own host and to no other."""
    for host in ("openrouter.ai", "other.example", "openrouter.ai.other.example",
                 "openrouter.ai:8443"):
        shelf.put(document, f"{host}/api/v1/moved")
    market = start_market(replay=shelf.path)
    desk = start_assay(market, OPENROUTER_API_KEY=KEY, **SMALL)
    market.fault("redirect", location=location)
    desk.sync()
    truth.assert_stored(desk.database, rational.catalog_of(json.dumps(document)))
    first, second = market.requests()
    assert key_seen(first)
    assert key_seen(second) is same_host
    assert KEY not in json.dumps(second) or same_host


def test_key_stays_away_after_a_detour(start_market, start_assay, shelf, document):
    """By another host back to the first one: the key is not sent again."""
    shelf.put(document, "other.example/api/v1/models")
    shelf.put(document, "openrouter.ai/api/v1/moved")
    market = start_market(replay=shelf.path)
    desk = start_assay(market, OPENROUTER_API_KEY=KEY, **SMALL)
    market.fault("redirect", location="https://other.example/api/v1/models")
    market.fault("redirect", provider="other.example",
                 location="https://openrouter.ai/api/v1/moved")
    desk.sync()
    assert [key_seen(r) for r in market.requests()] == [True, False, False]


@pytest.mark.parametrize("location", ["http://openrouter.ai/x", "http://127.0.0.2:1/x",
                                      "file:///etc/passwd", "ftp://openrouter.ai/x"])
def test_redirect_to_lesser_schemes_is_refused(world, location):
    """https leads to https only; nothing is asked there."""
    market, desk = world
    market.fault("redirect", location=location)
    run = desk.sync(expect=1, OPENROUTER_API_KEY=KEY)
    assert "redirect" in run.err and "openrouter" in run.err and KEY not in run.err
    assert len(market.requests()) == 1


# ---- lists that shrink

@pytest.mark.parametrize("scale, limit", [(30, 5), (59, 5), (60, 6), (105, 10), (200, 20)])
def test_limit_of_a_shrink(start_market, start_assay, scale, limit):
    """max(5, 10 %) of the rows may go at once; one more is suspect and nothing of it is kept."""
    market = start_market(scale=scale)
    desk = start_assay(market)
    desk.sync()
    market.post("remove", n=limit + 1)
    before = everything(desk)
    run = desk.sync(expect=1)
    assert f"{limit + 1} of {scale} models are gone at once, more than {limit}" in run.err
    assert everything(desk) == before
    market.post("restore")
    desk.sync()
    market.post("remove", n=limit)
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))
    assert len(truth.select(desk.database, "SELECT 1 FROM models WHERE missing_since"
                                           " IS NOT NULL")) == limit


@BOTH
@pytest.mark.parametrize("etag", [1, 0])
def test_shrink_is_confirmed(market, desk, etag):
    """The next complete list lacks the same ids: taken over, told once."""
    market.post("config", etag=etag)
    desk.sync()
    gone = {e["model"] for e in market.post("remove", n=25)["events"]}
    desk.sync(expect=1)
    row = truth.last_run(desk.database)
    assert row["completeness"] == "suspect" and set(json.loads(row["suspect_missing"])) == gone
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))
    assert {c[:2] for c in truth.stored_changes(desk.database)} == {("missing", i) for i in gone}
    assert not any("if-none-match" in r["headers"] and r["status"] == 304
                   for r in market.requests())


def without(document, rows):
    """The document less rows by number, its total told rightly."""
    kept = [row for n, row in enumerate(document["data"]) if n not in rows]
    return {**document, "data": kept, "total_count": len(kept)}


@pytest.fixture
def replayed(start_market, start_assay, shelf, document):
    shelf.put(document)
    market = start_market(replay=shelf.path)
    desk = start_assay(market, **SMALL)
    desk.sync()
    return desk, shelf, document


@pytest.mark.parametrize("then, confirmed", [
    (range(20), True),         # the same ids
    (range(18), True),         # 90 % of them
    (range(17), False),        # fewer
    (range(20, 40), False),    # others
    (range(26), True),         # the same and as many more as may go at once
    (range(27), False),        # the same and one more than that: a new suspicion
    (range(3, 40), False),     # most of them and others
])
def test_what_confirms_a_shrink(replayed, then, confirmed):
    """At least 90 % of the ids that the suspect list lacked must be lacking again."""
    desk, shelf, document = replayed
    before = everything(desk)
    shelf.put(without(document, range(20)))
    desk.sync(expect=1)
    second = without(document, then)
    shelf.put(second)
    desk.sync(expect=0 if confirmed else 1)
    if confirmed:
        truth.assert_stored(desk.database, rational.catalog_of(json.dumps(second)))
    else:
        assert everything(desk) == before
        desk.sync()  # the same once more, now
        truth.assert_stored(desk.database, rational.catalog_of(json.dumps(second)))


@BOTH
def test_failed_fetch_between_does_not_settle_a_suspicion(replayed):
    """It takes the next COMPLETE list: a fetch that failed in between says nothing either way."""
    desk, shelf, document = replayed
    shelf.put(without(document, range(20)))
    desk.sync(expect=1)
    shelf.put(b"<html>")
    desk.sync(expect=1)
    shelf.put(without(document, range(20)))
    desk.sync()
    assert len(truth.select(desk.database, "SELECT 1 FROM models WHERE missing_since"
                                           " IS NOT NULL")) == 20


def test_healthy_list_ends_a_suspicion(replayed):
    """The whole list came again: a later shrink of the same ids starts anew."""
    desk, shelf, document = replayed
    shelf.put(without(document, range(20)))
    desk.sync(expect=1)
    shelf.put(document)
    desk.sync()
    shelf.put(without(document, range(20)))
    desk.sync(expect=1)
    assert truth.last_run(desk.database)["completeness"] == "suspect"


@pytest.mark.parametrize("counted", [True, False])
def test_empty_list_never_empties(replayed, counted):
    """However often it comes."""
    desk, shelf, document = replayed
    before = everything(desk)
    empty = without(document, range(60))
    shelf.put(empty if counted else {"data": []})
    for _ in range(4):
        run = desk.sync(expect=1)
        assert "the list is empty" in run.err
    assert everything(desk) == before


def test_list_that_goes_on(replayed):
    """links.next alone, without a count, makes a list partial; total_count must be a count."""
    desk, shelf, document = replayed
    before = everything(desk)
    shelf.put({"data": document["data"], "links": {"next": "/api/v1/models?offset=60"}})
    assert_failed(desk, desk.sync(expect=1), "partial", "partial", "/links/next")
    shelf.put({"data": document["data"], "total_count": "many"})
    assert_failed(desk, desk.sync(expect=1), "failed", "data", "/total_count")
    assert everything(desk) == before
    shelf.put({"data": document["data"]})  # the list as it was before July 2026
    desk.sync()


# ---- hostile rows of marketsim

def row_model(i, name):
    """What is sound in a hostile row."""
    return {"id": i, "name": name, "context_length": 8192, "max_output_tokens": None,
            "modality": "text->text", "quantization": None, "deprecated_at": None,
            "replaced_by": None,
            "capabilities": dict.fromkeys(
                ("audio_input", "audio_output", "function_calling", "image_generation",
                 "reasoning", "structured_outputs", "vision"), False),
            "prices": {("input_token", ""): ("priced", "0.000001", "USD"),
                       ("output_token", ""): ("priced", "0.000002", "USD")}}


BAD_NAME = b"Broken \xff\xfe\xc3( \xed\xa0\x80 name".decode(errors="replace")
# part: reason why it is skipped, or the name it is stored under
SKIPPED = {
    "digits": "/pricing/prompt: more than 60 significant digits",
    "dupid": "duplicate id",
    "dupkeys": "/pricing/prompt stands twice",
    "exponent": "/pricing/prompt: exponent beyond",
    "longstring": "/name is longer than 4096 bytes",
    "noid": "no id",
    "nul": "U+0000",
    "nullprice": "/pricing/prompt is missing",
    "objectprice": "/pricing/prompt is an object",
    "word": '/pricing/prompt: not a number: "abc"',
}
STORED = {"depth": "Hostile: Row", "utf8": BAD_NAME}
NAMELESS = {"noid", "nul"}


def test_every_hostile_part_is_here(market):
    """A part that marketsim learns must be added to this file."""
    assert set(market.fault("hostile")["parts"]) == set(SKIPPED) | set(STORED)


@BOTH
@pytest.mark.parametrize("part", [*SKIPPED, *STORED])
def test_hostile_row(world, part):
    """Beside it every good row is stored; it itself is skipped with a reason, or is sound."""
    market, desk = world
    parts = market.fault("hostile", part=part)["parts"]
    run = desk.sync("--json", measure=True)
    assert_modest(desk, run)
    wanted = truth_of(market)
    skipped = [line for line in run.logs() if line["msg"].startswith("Skipping")]
    for i in parts[part] if part in STORED else []:
        wanted[i] = row_model(i, STORED[part])
    truth.assert_stored(desk.database, wanted)
    if part in STORED:
        assert skipped == []
        return
    assert len(skipped) == (2 if part == "dupid" else 1)
    for line in skipped:
        assert line["provider"] == "openrouter" and SKIPPED[part] in line["reason"]
        assert line["id"] == (None if part in NAMELESS else parts[part][0])
    assert [(s["id"], s["reason"]) for s in run.provider()["skipped"]] == [
        (line["id"], line["reason"]) for line in skipped]
    row = truth.last_run(desk.database)
    assert row["skipped"] == len(skipped) and row["completeness"] == "complete"
    assert json.loads(row["notes"])[0]["reason"] == skipped[0]["reason"]


@BOTH
def test_all_hostile_rows_at_once(world):
    """And gone again: what was stored of them goes missing, what was skipped never existed."""
    market, desk = world
    market.fault("hostile")
    desk.sync()
    wanted = truth_of(market)
    wanted.update({f"hostile/{p}": row_model(f"hostile/{p}", name) for p, name in STORED.items()})
    truth.assert_stored(desk.database, wanted)
    market.heal()
    desk.sync()
    truth.assert_stored(desk.database, truth_of(market))
    assert {c[:2] for c in truth.stored_changes(desk.database)} == {
        ("missing", f"hostile/{p}") for p in STORED}


@BOTH
@pytest.mark.parametrize("etag", [1, 0])
def test_what_cannot_be_read_stays_told(world, etag):
    """The same body again, with or without it (304): the same counts, the same reasons, each time."""
    market, desk = world
    market.post("config", etag=etag)
    market.fault("hostile")
    counts = ("models_fetched", "models_transformed", "models_skipped", "models_synced", "skipped")
    first = desk.sync("--json")
    told = [line for line in first.logs() if line["msg"].startswith("Skipping")]
    row = truth.last_run(desk.database)
    assert len(told) == row["skipped"] > 5 and row["transformed"] < row["fetched"]
    for _ in range(2):
        again = desk.sync("--json")
        assert again.provider()["unchanged_body"]
        assert {c: again.provider()[c] for c in counts} == {c: first.provider()[c] for c in counts}
        assert again.json()["details"]["total_models_skipped"] == row["skipped"]
        assert [(e["id"], e["reason"]) for e in again.logs() if e["msg"].startswith("Skipping")] == [
            (e["id"], e["reason"]) for e in told]
        last = truth.last_run(desk.database)
        assert last["unchanged"] and {c: last[c] for c in ("fetched", "transformed", "skipped", "notes")} == {
            c: row[c] for c in ("fetched", "transformed", "skipped", "notes")}


# ---- known models whose rows become unreadable

def bent(document, *bends):
    """The document with raw bytes in the place of members: (row, pointer, raw) …"""
    copied = copy.deepcopy(document)
    for n, (row, pointer, _) in enumerate(bends):
        at = copied["data"][row]
        *path, last = pointer.split("/")
        for step in path:
            at = at[step]
        at[last] = f"@@{n}@@"
    text = json.dumps(copied).encode()
    for n, (_, _, raw) in enumerate(bends):
        text = text.replace(f'"@@{n}@@"'.encode(), raw)
    return text


DEEP = b"[" * 100000 + b"]" * 100000
UNREADABLE = {
    "word": ("pricing/prompt", b'"abc"'),
    "empty": ("pricing/prompt", b'""'),
    "null": ("pricing/prompt", b"null"),
    "boolean": ("pricing/prompt", b"true"),
    "negative": ("pricing/prompt", b'"-0.5"'),
    "infinity": ("pricing/completion", b'"Infinity"'),
    "hexadecimal": ("pricing/prompt", b'"0x10"'),
    "10,000 digits": ("pricing/prompt", b"0." + b"3" * 10000),
    "10,000 digits before the point": ("pricing/prompt", b"3" * 10000),
    "1e999999": ("pricing/prompt", b"1e999999"),
    "1e-999999": ("pricing/prompt", b"1e-999999"),
    "deep price": ("pricing/prompt", DEEP),
    "deep overrides": ("pricing/overrides", DEEP),
    "pricing is a list": ("pricing", b"[]"),
    "key twice": ("pricing", b'{"prompt":"1","completion":"1","prompt":"1"}'),
    "entry without condition": ("pricing/overrides", b'[{"prompt":"1"}]'),
    "entry with an unknown condition": ("pricing/overrides",
                                        b'[{"min_prompt_tokens":5,"on_mondays":1,"prompt":"1"}]'),
    "negative threshold": ("pricing/overrides", b'[{"min_prompt_tokens":-1,"prompt":"1"}]'),
    "window with one end": ("pricing/overrides", b'[{"utc_start":1000,"prompt":"1"}]'),
    "hour that is none": ("pricing/overrides",
                          b'[{"utc_start":1075,"utc_end":100,"prompt":"1"}]'),
    "10 MB name": ("name", b'"' + b"n" * 10 * 1024 * 1024 + b'"'),
    "name is a number": ("name", b"5"),
    "context of 30 digits": ("context_length", b"9" * 30),
    "negative context": ("context_length", b"-5"),
    "context 1e999999": ("context_length", b"1e999999"),
    "no such day": ("expiration_date", b'"2027-02-30"'),
    "architecture is a string": ("architecture", b'"text"'),
}


def assert_unreadable(replayed, *bends):
    """Rows bent so are told, keep their last values and their presence; others are followed."""
    desk, shelf, document = replayed
    before = truth.dump(desk.database)
    name = truth.snapshot(desk.database)[0]
    shelf.put(bent(document, *bends))
    run = desk.sync()
    told = {line["id"]: line for line in run.logs() if line["msg"].startswith("Skipping")}
    assert set(told) == {document["data"][row]["id"] for row, _, _ in bends}
    for line in told.values():
        assert line["provider"] == "openrouter" and 5 < len(line["reason"]) < 400
    assert truth.dump(desk.database) == before
    assert truth.snapshot(desk.database)[0] == name
    moved = copy.deepcopy(document)
    moved["data"][59]["pricing"]["prompt"] = "0.00000123"
    for text in (bent(moved, *bends), json.dumps(moved).encode()):
        shelf.put(text)
        desk.sync()
        truth.assert_stored(desk.database, rational.catalog_of(json.dumps(moved)))
    assert len(truth.stored_changes(desk.database)) == 1
    return told


@BOTH
def test_unreadable_rows_of_known_models(replayed):
    """Each case in a row of its own: last values stay, not missing, same hash, a reason each."""
    bends = [(n, *bend) for n, bend in enumerate(UNREADABLE.values())]
    told = assert_unreadable(replayed, *bends)
    assert len(told) == len(UNREADABLE)


@pytest.mark.parametrize("depth", [900, 3000, 100000])
def test_deep_metadata(replayed, depth):
    """Nesting in what is kept untracked spoils that row at most, never the provider's sync."""
    desk, shelf, document = replayed
    shelf.put(bent(document, (0, "benchmarks", b"[" * depth + b"]" * depth)))
    desk.sync()
    truth.assert_stored(desk.database, rational.catalog_of(json.dumps(document)))


@BOTH
def test_row_that_lost_its_id(replayed):
    """It may be any of the models that are lacking: none of them is marked missing."""
    desk, shelf, document = replayed
    before = everything(desk)
    shelf.put(bent(document, (0, "id", b"null")))
    run = desk.sync()
    assert '"reason":"no id"' in run.err
    assert truth.dump(desk.database) == {t: before[t] for t in truth.MARKET_TABLES}
    shelf.put(without(document, {0}))
    desk.sync()
    assert truth.stored_changes(desk.database) == [
        ("missing", document["data"][0]["id"], None, None, None, None)]


@BOTH
def test_duplicate_rows(replayed):
    """Equal rows of one id are one model; rows that disagree leave the known values standing."""
    desk, shelf, document = replayed
    before = everything(desk)
    again = copy.deepcopy(document)
    again["data"].append(copy.deepcopy(again["data"][0]))
    again["total_count"] += 1
    shelf.put(again)
    run = desk.sync()
    assert run.err == ""
    again["data"][-1]["pricing"]["prompt"] = "0.5"
    shelf.put(again)
    run = desk.sync()
    assert run.err.count("duplicate id") == 2
    assert truth.dump(desk.database) == {t: before[t] for t in truth.MARKET_TABLES}


BAD_TEXTS = [
    (rb'"a\u0000b"', "a\ufffdb"),
    (b'"a\x00b"', "a\ufffdb"),
    (b'"a\xffb"', "a\ufffdb"),
    (b'"a\xed\xa0\x80b"', "a\ufffd\ufffd\ufffdb"),
    (b'"a\xf4\x90\x80\x80b"', "a\ufffd\ufffd\ufffd\ufffdb"),
    (b'"a\xe2\x82"', "a\ufffd"),
]


@BOTH
@pytest.mark.parametrize("pointer, column", [
    ("name", "model_name"), ("description", "description"),
    ("architecture/tokenizer", "architecture"), ("architecture/modality", "modality"),
    ("canonical_slug", "metadata"), ("hugging_face_id", "metadata"),
])
def test_bad_text_becomes_replacement_characters(replayed, pointer, column):
    """NUL and bad UTF-8 in any text: U+FFFD in the database, never a refused document."""
    desk, shelf, document = replayed
    shelf.put(bent(document, *((n, pointer, raw) for n, (raw, _) in enumerate(BAD_TEXTS))))
    assert desk.sync().err == ""
    found = dict(truth.select(desk.database, f"SELECT model_id, {column} FROM models"))
    if column == "metadata":
        found = {i: json.loads(text).get(pointer) for i, text in found.items()}
    assert [found[document["data"][n]["id"]] for n in range(len(BAD_TEXTS))] == [
        clean for _, clean in BAD_TEXTS]


@BOTH
@pytest.mark.parametrize("pointer", ["id", "pricing/prompt"])
def test_bad_text_where_none_may_be(replayed, pointer):
    """An id or a price with NUL or bad UTF-8 is no id and no price: skipped, nothing lost."""
    desk, shelf, document = replayed
    before = truth.dump(desk.database)
    shelf.put(bent(document, *((n, pointer, raw) for n, (raw, _) in enumerate(BAD_TEXTS))))
    run = desk.sync()
    assert run.err.count("Skipping") == len(BAD_TEXTS)
    assert truth.dump(desk.database) == before


@pytest.mark.parametrize("raw", [
    b"[" * 100000 + b"]" * 100000, b"[" * 1000000, b'{"data":' * 100000, b'{"data":null}',
    b'{"data":[1,2,3]}', b"{}", b"[]", b"null", b"\x00", b"\xff\xfe{\x00}\x00", b'{"data":[{}',
    b'{"data":[]}x', rb'{"data":[{"id":"half a pair \ud83d"}]}'], ids=lambda raw: repr(raw[:12]))
def test_hostile_document(replayed, raw):
    """Not a list of models: exit 1 with a sentence, nothing lost, little memory."""
    desk, shelf, _ = replayed
    before = everything(desk)
    shelf.put(raw)
    run = desk.sync(expect=1, measure=True)
    assert_modest(desk, run)
    failure, = [line for line in run.logs() if line["level"] == 50]
    assert failure["provider"] == "openrouter" and 10 < len(failure["err"]) < 400
    assert everything(desk) == before
