"""LOCAL_CSV_PATH as users see it: one header, rows that are kept whatever becomes of the file."""
import sqlite3

import pytest

from lib import probed, truth
from lib.chat import set_trending

NOTHING_PUSHED = {"HF_HUB_TOKEN": "", "HF_DATASET_REPO_ID": ""}
CRITICAL = 60


@pytest.fixture
def desk(start_market, start_assay):
    market = start_market(scale=20)
    set_trending(market, models=1)
    return start_assay(market, **{**probed.SETTINGS, **NOTHING_PUSHED})


def probe(desk, **settings):
    done = desk.run("probe", "--once", **settings)
    assert done.code == 0, done
    return done


def critical(run):
    return [line["msg"] for line in run.logs() if line["level"] >= CRITICAL]


def assert_kept_once(desk, path):
    rows = sorted(map(probed.key_of_row, probed.rows_of(path.read_bytes())))
    assert rows == sorted(probed.samples(desk).elements())
    return len(rows)


def test_cycles_follow_each_other(desk):
    first = probe(desk) and assert_kept_once(desk, desk.home / "rows.csv")
    second = probe(desk) and assert_kept_once(desk, desk.home / "rows.csv")
    assert 0 < first < second
    assert (desk.home / "rows.csv").read_text().count("cycle_timestamp_iso") == 1


def test_a_folder_that_comes_later(desk):
    """Rows wait in the database, which is said once and critical, and are moved, in order."""
    path = desk.home / "later" / "rows.csv"
    first = probe(desk, LOCAL_CSV_PATH="later/rows.csv")
    assert len(critical(first)) == 1 and not path.exists()
    waiting = truth.one(desk.database, "SELECT count(*) FROM csv_spool")
    assert waiting == sum(probed.samples(desk).values()) > 0
    path.parent.mkdir()
    second = probe(desk, LOCAL_CSV_PATH="later/rows.csv")
    assert critical(second) == []
    assert assert_kept_once(desk, path) > waiting
    assert truth.one(desk.database, "SELECT count(*) FROM csv_spool") == 0
    cycles = [row["cycle_timestamp_iso"] for row in probed.rows_of(path.read_bytes())]
    assert cycles == sorted(cycles)


def test_what_stands_in_its_place(desk):
    """Another table is moved aside as it is; what is no whole row is put there."""
    path = desk.home / "rows.csv"
    path.write_text("when,what\n1,2\n")
    probe(desk)
    assert (desk.home / "rows.csv.aside-1").read_text() == "when,what\n1,2\n"
    whole = path.read_bytes()
    path.write_bytes(whole + b'2026-11-21T18:00:00.000Z,"torn\n')
    probe(desk)
    assert (desk.home / "rows.csv.aside-2").read_bytes() == b'2026-11-21T18:00:00.000Z,"torn\n'
    assert path.read_bytes().startswith(whole)
    assert_kept_once(desk, path)


def test_a_database_that_does_not_take_them(desk):
    """What is not committed is not in the file either, and is no measured cycle."""
    probe(desk)
    before = (desk.home / "rows.csv").read_bytes()
    with sqlite3.connect(desk.home / "assay.db") as db:
        db.execute("CREATE TRIGGER stop BEFORE INSERT ON samples BEGIN SELECT RAISE(ABORT, 'stopped'); END")
    done = desk.run("probe", "--once")
    assert done.code == 1 and critical(done), done
    assert (desk.home / "rows.csv").read_bytes() == before
    with sqlite3.connect(desk.home / "assay.db") as db:
        db.execute("DROP TRIGGER stop")
    probe(desk)
    assert_kept_once(desk, desk.home / "rows.csv")
