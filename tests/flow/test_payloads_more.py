"""Recorded documents of five providers: every model, every price exactly, every token accounted for.

The documents lie beside the repository (../shared/payloads); where they do not, the tests are
skipped and say so.  OpenRouter's have tests of their own in test_payloads.py.
"""
import pathlib
import re

import pytest

from lib import catalogs, truth
from lib.replay import Replay

KEY = "a-made-up-key-0123456789"
DESCRIPTORS = pathlib.Path(__file__).parents[1] / "descriptors"


class Case:
    """Documents of one provider on one day, and how they are to be read."""

    def __init__(self, slug, day, path, read, models, variable=None, also=()):
        self.slug, self.day, self.path, self.read = slug, day, path, read
        self.models, self.variable, self.also = models, variable, also

    def shelves(self, payloads):
        return [payloads / day for day in (self.day, *(day for day, _ in self.also))]

    def reading(self, payloads):
        files = [(self.day, self.path), *self.also]
        return self.read(*((payloads / day / f"{path}.json").read_bytes() for day, path in files))


NEBIUS = "api.tokenfactory.nebius.com/v1/models@verbose=true"
pytestmark = pytest.mark.stores("sqlite", "postgres")
PUBLIC = ("2026-08-21", "tokenfactory.nebius.com/api/public/models_info")
DEEPINFRA = "api.deepinfra.com/v1/openai/models"
CASES = [
    Case("together", "2026-01-23", "api.together.xyz/v1/models", catalogs.together, 131,
         "TOGETHER_API_KEY"),
    Case("nebius", "2026-08-08", NEBIUS, catalogs.nebius, 28, "NEBIUS_API_KEY"),
    Case("nebius", "2026-08-08", NEBIUS, catalogs.nebius, 28, "NEBIUS_API_KEY", also=[PUBLIC]),
    Case("vercel-ai-gateway", "2025-11-18", "ai-gateway.vercel.sh/v1/models", catalogs.vercel, 144,
         "AI_GATEWAY_API_KEY"),
    Case("cerebras", "2026-08-22", "api.cerebras.ai/public/v1/models", catalogs.cerebras, 2,
         "CEREBRAS_API_KEY"),
    Case("deepinfra-openai", "2026-03-01", DEEPINFRA, catalogs.deepinfra_openai, 142),
    Case("deepinfra-openai", "2026-04-17", DEEPINFRA, catalogs.deepinfra_openai, 154),
]
NAMES = [f"{case.slug}-{case.day}{'-both' if case.also else ''}" for case in CASES]
each_case = pytest.mark.parametrize("case", CASES, ids=NAMES)


@pytest.fixture(scope="module")
def payloads(shared_dir):
    path = shared_dir / "payloads" if shared_dir else None
    files = [(c.day, c.path) for c in CASES] + [PUBLIC]
    if not path or not all((path / day / f"{name}.json").is_file() for day, name in files):
        pytest.skip("no recorded documents at ../shared/payloads")
    return path


@pytest.fixture
def replay():
    replays = []

    def start(*shelves):
        replays.append(Replay(*shelves))
        return replays[-1]

    yield start
    for one in replays:
        one.stop()


@pytest.fixture
def synced(replay, start_assay, payloads):
    """synced(case): (the desk, its report) after one sync of these documents."""
    def sync(case):
        before = replay(*case.shelves(payloads))
        desk = start_assay(before, ASSAY_PROVIDERS_DIR=str(DESCRIPTORS),
                           **({case.variable: KEY} if case.variable else {}))
        run = desk.sync("--json", "--providers", case.slug).provider(case.slug)
        return before, desk, run

    return sync


def open_prices(database, slug):
    """(model, raw token) of every open price."""
    return truth.select(database, "SELECT m.provider_model_id, p.raw FROM prices p"
                                  " JOIN models m ON m.id = p.model_id"
                                  " JOIN providers o ON o.id = m.provider_id"
                                  " WHERE p.seen_to IS NULL AND o.slug = ?", slug)


ODD_QUANTIZATION = 'unknown quantization "FP16/8 (weights only)" at /quantization in '


def about_prices(notes):
    return [note for note in notes if not note.startswith(("optional list ", ODD_QUANTIZATION))]


@each_case
def test_document_is_stored_whole(synced, payloads, case):
    """Every model of the document and no other, each price exact; none left out."""
    reading = case.reading(payloads)
    _, desk, run = synced(case)
    assert len(reading.models) == run["models"] == case.models
    assert run["skipped"] == [] and run["models_skipped"] == 0
    truth.assert_stored(desk.database, reading.models, case.slug)


@each_case
def test_every_token_is_accounted_for(synced, payloads, case):
    """Read, raw digit for digit, or unpublished by a rule; what is told is told by name and count."""
    reading = case.reading(payloads)
    _, desk, run = synced(case)
    assert sorted(open_prices(desk.database, case.slug)) == sorted(
        (i, raw) for (i, _), raw in reading.read.items())
    notes = [re.fullmatch(r"(/\S+) in (\d+) rows?: no price that rows of this kind have, not read",
                          note) for note in about_prices(run["notes"])]
    assert {n[1]: int(n[2]) for n in notes} == reading.told()


@each_case
def test_the_same_again_writes_nothing(synced, payloads, case):
    before, desk, _ = synced(case)
    stored = truth.dump(desk.database, *truth.MARKET_TABLES, "changes")
    desk.sync("--providers", case.slug)
    assert truth.dump(desk.database, *truth.MARKET_TABLES, "changes") == stored


@each_case
def test_tokens_without_knowledge_of_keys(payloads, case):
    """The account leaves out no number that stands under `pricing`."""
    reading = case.reading(payloads)
    document = catalogs.parse((payloads / case.day / f"{case.path}.json").read_bytes())
    rows = document if isinstance(document, list) else document["data"]
    assert len(rows) == case.models
    found = {(row["id"], pointer)
             for row in rows for pointer in (
                 catalogs.numbers(row.get("pricing")) or
                 catalogs.numbers((row.get("metadata") or {}).get("pricing"), "/metadata/pricing"))}
    known = {key for key in (*reading.read, *reading.unpublished)
             if not key[1].startswith("/flavors")}
    assert found == known
    assert not set(reading.read) & set(reading.unpublished)


def test_nebius_without_its_public_list(synced, payloads):
    """An optional list that is not there is told; the key goes to the other one alone."""
    case = CASES[1]
    before, _, run = synced(case)
    assert [n for n in run["notes"] if n.startswith("optional list public: HTTP 404")]
    assert dict(before.asked) == {case.path.partition("@")[0]: f"Bearer {KEY}", PUBLIC[1]: None}


def test_nebius_public_list_comes_and_goes(replay, start_assay, payloads):
    """What it alone says is kept while it is away, and nothing is a change."""
    alone, both = CASES[1], CASES[2]
    market = replay(*both.shelves(payloads))
    desk = start_assay(market, NEBIUS_API_KEY=KEY)
    desk.sync("--providers", "nebius")
    market.serve(*alone.shelves(payloads))
    desk.sync("--providers", "nebius")
    truth.assert_stored(desk.database, both.reading(payloads).models, "nebius")
    assert truth.stored_changes(desk.database) == []
    metadata = truth.select(desk.database, "SELECT metadata FROM models")
    assert any('"vendor"' in text for text, in metadata)
    market.serve(*both.shelves(payloads))
    desk.sync("--providers", "nebius")
    assert truth.stored_changes(desk.database) == []


def test_cerebras_is_sent_no_key(synced):
    before, _, run = synced(CASES[4])
    assert before.asked == [("api.cerebras.ai/public/v1/models", None)]
    assert about_prices(run["notes"]) == []


def test_vercel_is_sent_its_key(synced):
    before, _, _ = synced(CASES[3])
    assert before.asked == [("ai-gateway.vercel.sh/v1/models", f"Bearer {KEY}")]


def test_deepinfra_on_top_of_the_first(replay, start_assay, payloads):
    """Seven weeks later: the changes are those of an independent reading of both documents."""
    first, second = CASES[5], CASES[6]
    market = replay(*first.shelves(payloads))
    desk = start_assay(market, ASSAY_PROVIDERS_DIR=str(DESCRIPTORS))
    before, after = first.reading(payloads).models, second.reading(payloads).models
    desk.sync("--providers", first.slug)
    market.serve(*second.shelves(payloads))
    gone = set(before) - set(after)
    if len(gone) > max(5, len(before) // 10):
        run = desk.sync("--providers", first.slug, expect=1)
        assert f"{len(gone)} of {len(before)} models are gone" in run.err
    desk.sync("--providers", first.slug)
    truth.assert_stored(desk.database, after, first.slug)
    wanted = truth.changes(truth.learn({}, before), after)
    assert truth.stored_changes(desk.database) == wanted
    assert {"added", "missing", "price"} <= {kind for kind, *_ in wanted}


def test_documents_hold_what_the_reader_must_know(payloads):
    """Guards the tests above against emptiness: each rule and each kind of price does occur."""
    together, nebius, both, vercel, _, *deepinfra = (c.reading(payloads) for c in CASES)
    assert set(together.unpublished.values()) == {catalogs.ZERO, catalogs.TOLD, catalogs.NO_CALL}
    assert {meter for m in together.models.values() for meter, _ in m["prices"]} == {
        "input_token", "output_token", "input_character"}
    assert catalogs.ZERO in nebius.unpublished.values()
    assert {catalogs.SAID, catalogs.UNLISTED} <= set(both.unpublished.values())
    assert any(p[0] == "free" for m in vercel.models.values()
               for (meter, _), p in m["prices"].items() if meter == "cache_write_token")
    assert catalogs.ZERO in vercel.unpublished.values()
    for reading in deepinfra:
        assert any(not m["prices"] for m in reading.models.values())


def noisy(tokens, digits):
    """How many of these JSON numbers are others once the noise is rounded away."""
    return sum(catalogs.exact(catalogs.Number(t), digits) != catalogs.value_of(t) for t in tokens)


def test_noise_is_as_much_as_was_counted(payloads):
    """Counted before by others: 17 of 262 tokens of Together's, 31 of 178 of DeepInfra's."""
    case = CASES[0]
    rows = catalogs.parse((payloads / case.day / f"{case.path}.json").read_bytes())
    tokens = [row["pricing"][key] for row in rows for key in ("input", "output")]
    assert (noisy(tokens, 12), len(tokens)) == (17, 262)
    tokens = CASES[5].reading(payloads).read.values()
    assert (noisy(tokens, 12), len(tokens)) == (31, 178)


def test_reading_can_fail():
    """The yardstick: numbers are rounded, strings are not; nothing is read twice."""
    number, text = catalogs.Number("0.18000000000000002"), "0.18000000000000002"
    assert catalogs.text_of(catalogs.exact(number, 12)) == "0.18"
    assert catalogs.text_of(catalogs.exact(text, 12)) == text
    assert catalogs.text_of(catalogs.exact(catalogs.Number("0.029999999700000002"), 7)) == "0.03"
    assert catalogs.numbers({"a": {"b": ["1", None]}, "c": None}) == {"/pricing/a/b/0": "1"}
    r = catalogs.together(b'[{"id":"a","type":"image","display_name":"A","config":{},'
                          b'"pricing":{"input":0.5,"output":0,"hourly":1}}]')
    assert r.models["a"]["prices"] == {} and r.told() == {"/pricing/input": 1}
    with pytest.raises(KeyError):
        catalogs.vercel(b'{"data":[{"id":"a","name":"A","type":"language","context_window":0,'
                        b'"max_tokens":0,"pricing":{"smell":"1"}}]}')
