"""Whose rows stand in LOCAL_CSV_PATH: one buffer a file however it is spelled, no row of anybody's lost."""
import csv
import io
import os

import pytest

from lib import probed, truth
from lib.chat import set_trending
from lib.sim_hub import Hub

WARN = 40
# The same file, as people write it.
SPELLINGS = ("real/m.csv", "alias/m.csv", "real//m.csv", "real/./m.csv", "real/../real/m.csv", "{home}/alias/m.csv",
             "link.csv")


@pytest.fixture
def market(start_market):
    market = start_market(scale=20)
    set_trending(market, models=1)
    return market


@pytest.fixture
def hub(market):
    return Hub(market)


@pytest.fixture
def start_desk(start_assay, market):
    """A database of its own; nothing is pushed unless a test says so."""
    def start(home="home"):
        desk = start_assay(market, home=home, **probed.SETTINGS, PUSH_INTERVAL_CYCLES="1000")
        assert desk.run("migrate").code == 0
        return desk
    return start


@pytest.fixture
def desk(start_desk):
    desk = start_desk()
    (desk.home / "real").mkdir()
    (desk.home / "alias").symlink_to("real")
    (desk.home / "link.csv").symlink_to("real/m.csv")
    return desk


def run(desk, *args, path, expect=0):
    done = desk.run(*args, LOCAL_CSV_PATH=str(path).format(home=desk.home))
    assert done.code == expect, done
    return done


def probe(desk, path):
    return run(desk, "probe", "--once", path=path)


def warned(done):
    return [line for line in done.logs() if line["level"] >= WARN]


def keys(rows):
    return sorted(map(probed.key_of_row, rows))


def committed(*desks):
    return sorted(key for desk in desks for key in probed.samples(desk).elements())


def buffers(desk):
    return truth.one(desk.database, "SELECT count(*) FROM csv_files WHERE batch IS NULL AND row_count > 0")


def test_one_file_is_one_buffer_however_it_is_spelled(desk, hub):
    """Each spelling fills it, none cuts off what another one's rows are, and a push by any takes all."""
    for path in SPELLINGS:
        assert warned(probe(desk, path)) == []
        assert keys(probed.rows_of((desk.home / "real/m.csv").read_bytes())) == committed(desk)
        assert buffers(desk) == 1, path
    assert (desk.home / "link.csv").is_symlink()
    assert warned(run(desk, "push", path="link.csv")) == []
    assert keys(probed.pushed(hub)) == committed(desk)
    assert not (desk.home / "real/m.csv").exists() and buffers(desk) == 0


def test_a_folder_that_is_made_later_is_known_by_its_real_name(desk, hub):
    probe(desk, "later/./deep//m.csv")
    (desk.home / "elsewhere/deep").mkdir(parents=True)
    (desk.home / "later").symlink_to("elsewhere")
    probe(desk, "later/deep/m.csv")
    assert keys(probed.rows_of((desk.home / "elsewhere/deep/m.csv").read_bytes())) == committed(desk)
    assert truth.one(desk.database, "SELECT count(*) FROM csv_spool") == 0


def test_spellings_that_an_older_database_knows_are_joined(desk, hub):
    """Two entries of one file, the shorter one's rows within the longer one's, and rows that wait."""
    probe(desk, "real/m.csv")
    first = truth.one(desk.database, "SELECT bytes FROM csv_files")
    rows = truth.one(desk.database, "SELECT row_count FROM csv_files")
    lock = desk.home / "real/m.csv.lock"
    lock.unlink()
    lock.mkdir()
    probe(desk, "real/m.csv")
    lock.rmdir()
    assert truth.one(desk.database, "SELECT count(*) FROM csv_spool") > 0
    desk.database.operate("UPDATE csv_files SET path = ?", f"{desk.home}/alias/m.csv")
    assert [line["rows"] for line in probe(desk, "real/m.csv").logs() if "continued" in line["msg"]] == [rows]
    assert truth.one(desk.database, "SELECT count(*) FROM csv_spool") == 0 and buffers(desk) == 1
    assert keys(probed.rows_of((desk.home / "real/m.csv").read_bytes())) == committed(desk)
    desk.database.operate("INSERT INTO csv_files (host, path, begun_at, bytes, row_count)"
                          " SELECT host, ?, begun_at, ?, ? FROM csv_files WHERE row_count > 0",
                          f"{desk.home}/real/../real/m.csv", first, rows)
    assert buffers(desk) == 2
    done = run(desk, "push", path="alias/m.csv")
    assert not warned(done), done
    assert keys(probed.pushed(hub)) == committed(desk) and buffers(desk) == 0


def test_two_databases_fill_one_file_in_turn(start_desk, hub):
    """Every row of both is in the dataset once, whoever pushes when."""
    one, other = start_desk("one"), start_desk("other")
    path = one.home / "m.csv"
    for desk in (one, other, one, one, other):
        probe(desk, path)
        assert keys(probed.rows_of(path.read_bytes())) == committed(one, other)
    run(one, "push", path=path)
    assert keys(probed.pushed(hub)) == committed(one, other)
    for desk in (other, one, other):  # whose file is another one by now
        probe(desk, path)
    run(other, "push", path=path)
    run(one, "push", path=path)
    assert keys(probed.pushed(hub)) == committed(one, other)
    assert sorted(p.name for p in one.home.glob("m.csv*")) == ["m.csv", "m.csv.lock"]


def test_a_killed_writer_of_another_database_loses_nothing(start_desk):
    """What he says in the lock file is about his own rows alone."""
    one, other = start_desk("one"), start_desk("other")
    path = one.home / "m.csv"
    probe(one, path)
    probe(other, path)
    end = truth.one(one.database, "SELECT bytes FROM csv_files")
    (one.home / "m.csv.lock").write_text(f"77@1 {end} {path.stat().st_size}\n")
    probe(one, path)
    assert keys(probed.rows_of(path.read_bytes())) == committed(one, other)


# ---- a file of a former tracker

def former(rows, quoting=csv.QUOTE_MINIMAL, line="\r\n"):
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=quoting, lineterminator=line)
    writer.writerow(probed.COLUMNS)
    writer.writerows(rows)
    return out.getvalue().encode()


ROWS = [[f"2026-08-21T10:0{i}:00.000Z", "org/m", "Provider", "m", "https://x.test", '{"a": 1}', "{}",
         f"2026-08-21T10:0{i}:01.000Z", f"2026-08-21T10:0{i}:02.500Z", "1500.000", "200",
         body, "{}", ""] for i, body in enumerate(("plain", ' a "b",\r\n\r\nc\n', "", "x" * 70000))]


@pytest.mark.parametrize("content", (
    former(ROWS), former(ROWS, csv.QUOTE_ALL), b"\xef\xbb\xbf" + former(ROWS), former(ROWS, csv.QUOTE_ALL, "\n"),
    former(ROWS, line="\n"), former(ROWS) + b"\r\n\r\n", former(ROWS, line="\n").split(b"\n", 1)[0] + b"\n"
    + former(ROWS).split(b"\n", 1)[1],
), ids=("crlf", "crlf, all quoted", "BOM", "quoted", "ours", "blank lines", "our header, crlf"))
def test_a_former_trackers_rows_are_continued_and_pushed(desk, hub, content):
    path = desk.home / "rows.csv"
    path.write_bytes(content)
    path.chmod(0o640)
    assert warned(probe(desk, "rows.csv")) == []
    probe(desk, "rows.csv")
    assert path.stat().st_mode & 0o777 == 0o640
    run(desk, "push", path="rows.csv")
    assert os.listdir(desk.home) == [name for name in os.listdir(desk.home) if "aside" not in name]
    (data,) = [data for name, data in hub.files().items() if name.endswith(".csv")]
    assert data.split(b"\n", 1)[0].decode() == ",".join(probed.COLUMNS)
    assert b'"\r\n20' not in data and b"\n\n" not in data.replace(b"\r\n\r\n", b"")
    rows = probed.rows_of(data)
    assert [list(row.values()) for row in rows[:len(ROWS)]] == ROWS
    assert keys(rows[len(ROWS):]) == committed(desk)


@pytest.mark.parametrize("last", (former(ROWS, csv.QUOTE_ALL, "\n")[:-1], former(ROWS)[:-2], former(ROWS)[:-100]),
                         ids=("complete", "complete, crlf", "torn"))
def test_a_last_row_without_its_end_is_put_aside(desk, last):
    path = desk.home / "rows.csv"
    path.write_bytes(last)
    done = probe(desk, "rows.csv")
    aside = desk.home / "rows.csv.aside-1"
    (line,) = warned(done)
    assert line["aside"] == str(aside) and line["bytes"] == aside.stat().st_size > 10
    assert last.endswith(aside.read_bytes())
    rows = probed.rows_of(path.read_bytes())
    assert [list(row.values()) for row in rows[:len(ROWS) - 1]] == ROWS[:-1]
    assert keys(rows[len(ROWS) - 1:]) == committed(desk)


def test_what_stands_behind_the_committed_rows_is_kept(desk):
    """Whole rows in place, the rest beside."""
    path = desk.home / "rows.csv"
    probe(desk, "rows.csv")
    behind = former(ROWS).split(b"\n", 1)[1]
    path.write_bytes(path.read_bytes() + behind + b"a note, of somebody\n")
    done = probe(desk, "rows.csv")
    assert (desk.home / "rows.csv.aside-1").read_bytes() == b"a note, of somebody\n"
    assert [line["rows"] for line in warned(done) if "rows" in line] == [len(ROWS)]
    rows = probed.rows_of(path.read_bytes())
    assert [list(row.values()) for row in rows if row["provider_name"] == "Provider"] == ROWS
    assert keys(row for row in rows if row["provider_name"] != "Provider") == committed(desk)


# ---- what a push says of rows that wait

def test_a_push_tells_what_waits_and_why(desk, hub):
    probe(desk, "/nonexist/x.csv")
    waiting = truth.one(desk.database, "SELECT count(*) FROM csv_spool")
    done = run(desk, "push", path="/nonexist/x.csv", expect=1)
    last = done.out.splitlines()[-1]
    assert last.startswith("0 batches with 0 rows pushed, 0 left"), done
    assert f"{waiting} rows wait for /nonexist/x.csv" in last and "No such file" in last
    told = run(desk, "push", "--json", path="/nonexist/x.csv", expect=1).json()
    assert (told["left"], told["rows_waiting"]) == (0, waiting)
    shown = run(desk, "push", "--dry-run", path="/nonexist/x.csv")
    assert f"/nonexist/x.csv: {waiting} rows wait" in shown.out
    done = run(desk, "push", path="rows.csv")
    assert done.out.splitlines()[-1] == "0 batches with 0 rows pushed, 0 left"
