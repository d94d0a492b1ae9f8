"""What a provider lists may depend on who asks: with another key a list that differs is suspect
until the next complete one with that key says it again."""
import json
import re

import pytest

from lib import truth

pytestmark = pytest.mark.stores("sqlite", "postgres")
SQLITE = pytest.mark.stores("sqlite")
FIRST, SECOND, THIRD = (f"a-made-up-key-number-{n}" for n in ("one", "two", "three"))
PRINT = re.compile(r"[0-9a-f]{32}:[0-9a-f]{64}")


def sync(desk, key, expect=0):
    return desk.sync("--json", OPENROUTER_API_KEY=key, expect=expect)


def everything(desk):
    return truth.dump(desk.database, *truth.MARKET_TABLES, "snapshots", "changes", "absences",
                      "documents", "providers")


def assert_true(market, desk):
    truth.assert_stored(desk.database, truth.offered(market))


def prints(desk):
    return [p for p, in truth.select(desk.database,
                                     "SELECT key_fingerprint FROM snapshots ORDER BY id")]


def assert_suspect(desk, run, before):
    assert "the key is another than before and the list differs in" in run.err
    assert everything(desk) == before
    assert truth.last_run(desk.database)["completeness"] == "suspect"


@pytest.mark.parametrize("first, second", [(FIRST, SECOND), (None, FIRST), (FIRST, None)])
def test_another_key_and_another_list(market, desk, first, second):
    """Held; the same once more confirms it, and then nothing is special about that key."""
    sync(desk, first)
    market.advance(2)
    before = everything(desk)
    assert_suspect(desk, sync(desk, second, expect=1), before)
    sync(desk, second)
    assert_true(market, desk)
    market.advance(1)
    sync(desk, second)
    assert_true(market, desk)


def test_another_key_and_the_same_list(market, desk):
    """Nothing is held; from now on it is that key's list."""
    sync(desk, FIRST)
    one, = prints(desk)
    sync(desk, SECOND)
    two, = prints(desk)
    assert one != two and PRINT.fullmatch(one) and PRINT.fullmatch(two)
    market.advance(1)
    sync(desk, SECOND)
    assert_true(market, desk)
    before = everything(desk)
    market.advance(1)
    assert_suspect(desk, sync(desk, FIRST, expect=1), before)


@SQLITE
@pytest.mark.parametrize("etag", [0, 1])
def test_the_same_body(market, desk, etag):
    market.post("config", etag=etag)
    sync(desk, FIRST)
    run = sync(desk, SECOND).provider()
    assert run["unchanged_body"] is True
    market.advance(1)
    sync(desk, SECOND)
    assert_true(market, desk)


def test_the_same_key(market, desk):
    """However often the list moves: one print, in each of its states."""
    for _ in range(3):
        sync(desk, FIRST)
        assert_true(market, desk)
        market.advance(2)
    assert len(prints(desk)) == 3 and len(set(prints(desk))) == 1


def test_no_key_is_a_key_too(market, desk):
    sync(desk, None)
    assert prints(desk) == ["none"]


@SQLITE
def test_providers_have_prints_of_their_own(market, desk):
    """One key at two places does not show."""
    desk.sync(providers=["cerebras", "deepinfra"], DEEPINFRA_API_KEY=FIRST, CEREBRAS_API_KEY=FIRST)
    (one,), (two,) = truth.select(desk.database, "SELECT key_fingerprint FROM snapshots ORDER BY id")
    assert one != two


def test_a_third_key_confirms_nothing(market, desk):
    sync(desk, FIRST)
    market.advance(2)
    before = everything(desk)
    assert_suspect(desk, sync(desk, SECOND, expect=1), before)
    assert_suspect(desk, sync(desk, THIRD, expect=1), before)
    assert_suspect(desk, sync(desk, SECOND, expect=1), before)
    sync(desk, SECOND)
    assert_true(market, desk)


def test_the_old_key_again(market, desk):
    """The list of the key that is known is taken over at once, and ends the suspicion."""
    sync(desk, FIRST)
    market.advance(2)
    before = everything(desk)
    assert_suspect(desk, sync(desk, SECOND, expect=1), before)
    sync(desk, FIRST)
    assert_true(market, desk)
    market.advance(1)
    before = everything(desk)
    assert_suspect(desk, sync(desk, SECOND, expect=1), before)


@SQLITE
def test_a_failure_between_settles_nothing(market, desk):
    sync(desk, FIRST)
    market.advance(2)
    sync(desk, SECOND, expect=1)
    market.fault("html", times=1)
    sync(desk, SECOND, expect=1)
    sync(desk, SECOND)
    assert_true(market, desk)


@SQLITE
def test_a_list_that_moves_between(market, desk):
    """Prices move while it is held: within the limits of any list it is confirmed all the same."""
    sync(desk, FIRST)
    market.advance(2)
    sync(desk, SECOND, expect=1)
    market.advance(1)
    sync(desk, SECOND)
    assert_true(market, desk)


def test_a_list_that_shrinks_between(market, desk):
    """More is gone than may be: then it is that which is suspect."""
    sync(desk, FIRST)
    market.post("remove", n=3)
    before = everything(desk)
    assert_suspect(desk, sync(desk, SECOND, expect=1), before)
    market.post("remove", n=20)
    run = sync(desk, SECOND, expect=1)
    assert "23 of 60 models are gone at once" in run.err and everything(desk) == before
    sync(desk, SECOND)
    assert_true(market, desk)


def test_a_short_list_with_another_key(market, desk):
    """Both at once are one suspicion, and one confirmation."""
    sync(desk, FIRST)
    market.post("remove", n=25)
    before = everything(desk)
    run = sync(desk, SECOND, expect=1)
    assert "25 of 60 models are gone at once" in run.err and everything(desk) == before
    sync(desk, SECOND)
    assert_true(market, desk)


@SQLITE
def test_a_short_list_that_was_suspect_with_the_old_key(market, desk):
    sync(desk, FIRST)
    market.post("remove", n=25)
    sync(desk, FIRST, expect=1)
    before = everything(desk)
    assert_suspect(desk, sync(desk, SECOND, expect=1), before)
    sync(desk, SECOND)
    assert_true(market, desk)


def test_a_database_that_knows_no_key(market, desk):
    """One that an earlier program wrote: no key is another than that of nobody knows whom."""
    sync(desk, FIRST)
    truth.operate(desk.database, "UPDATE snapshots SET key_fingerprint = NULL")
    market.advance(2)
    sync(desk, SECOND)
    assert_true(market, desk)
    assert PRINT.fullmatch(prints(desk)[-1])


@SQLITE
def test_a_key_that_nobody_is_shown(market, start_assay, root, tmp_path):
    """Where no list is asked with it, it does not matter."""
    descriptor = json.loads((root / "providers/openrouter.json").read_text())
    descriptor["lists"][0]["auth"] = False
    (tmp_path / "openrouter.json").write_text(json.dumps(descriptor))
    desk = start_assay(market, ASSAY_PROVIDERS_DIR=str(tmp_path))
    sync(desk, FIRST)
    assert prints(desk) == [None]
    market.advance(2)
    sync(desk, SECOND)
    assert_true(market, desk)


def test_a_correction_is_not_held(market, start_assay, root, tmp_path):
    """Our own reading is corrected although the key is another, if the list is the same."""
    place = tmp_path / "openrouter.json"
    descriptor = json.loads((root / "providers/openrouter.json").read_text())
    wrong = json.loads(json.dumps(descriptor))
    wrong["lists"][0]["fields"].pop("context_length")
    place.write_text(json.dumps(wrong))
    desk = start_assay(market, ASSAY_PROVIDERS_DIR=str(tmp_path))
    sync(desk, FIRST)
    place.write_text(json.dumps(descriptor))
    events = sync(desk, SECOND).provider()["events"]
    assert len(events) == 1 and "reader" in events[0]["details"]
    assert_true(market, desk)


@SQLITE
def test_a_dry_run_holds_nothing(market, desk):
    sync(desk, FIRST)
    market.advance(2)
    before = everything(desk)
    assert desk.run("sync", "--dry-run", "--providers", "openrouter",
                    OPENROUTER_API_KEY=SECOND).code == 0
    assert everything(desk) == before


def test_no_key_is_in_the_database(market, desk):
    runs = [sync(desk, FIRST)]
    market.advance(2)
    runs.append(sync(desk, SECOND, expect=1))
    runs.append(sync(desk, SECOND))
    told = str(truth.dump(desk.database, "snapshots", "sync_runs", "providers", "documents"))
    for key in (FIRST, SECOND):
        assert key not in told
        assert not any(key in run.out + run.err for run in runs)
