"""Rows that we write, read by parsers that are not ours: Python's csv and SQLite's .import."""
import csv
import random
import re
import sqlite3
import subprocess

import pytest

COLUMNS = ("cycle_timestamp_iso,model_id,provider_name,provider_model_id,request_url,request_body,"
           "request_headers_sanitized,request_start_iso,response_end_iso,duration_ms,"
           "response_status_code,response_body_raw,response_headers_sanitized,error_message").split(",")
BODIES = [
    b"", b"plain", b'"', b'""', b'"quoted"', b'a"b', b",", b",,\"\",", b"\n", b"\r\n", b"\r", b"\n\n",
    b"a\nb\r\nc\rd", b'"\n"', b'"\r\n', b'ends in quote"', b'"begins with quote', b"ends in newline\n",
    b" spaces ", b"\t", b"NUL\0NUL", b"\0", b"\xff\xfe", b"\xc3", b"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
    b"\xed\xa0\x80", b"\xc0\xaf", b"\xef\xbb\xbfBOM", b"=1+1", b"-- ; DROP", b"\\", b"\\n", b"'", b"\x1a\x1b\x7f",
    b'{"choices":[{"message":{"content":"1771.2\\n"}}]}',
    b'data: {"a":"b, \\"c\\""}\r\n\r\ndata: [DONE]\r\n\r\n',
    b"x" * 130000, b'"' * 65536, b"\n" * 65536, b'",\r\n' * 16384,
]
# A character of an ill-formed part as the Unicode standard recommends: Python's decoder says the same.
MENDED = [body.decode("utf-8", "replace").replace("\0", "\ufffd") for body in BODIES]


@pytest.fixture
def write(build_dir, tmp_path):
    """A file of rows with these bodies."""
    def write_rows(bodies):
        paths = [tmp_path / f"body{i}" for i in range(len(bodies))]
        for path, body in zip(paths, bodies):
            path.write_bytes(body)
        text = subprocess.run([build_dir / "tests/csvtool", *paths], check=True, capture_output=True).stdout
        (tmp_path / "rows.csv").write_bytes(text)
        return tmp_path / "rows.csv"

    return write_rows


def by_python(path):
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file, strict=True)
    assert header == COLUMNS
    return [tuple(row) for row in rows]


def by_sqlite(path):
    """Into a table that is not there: its columns are the header's."""
    database = path.parent / "import.db"
    done = subprocess.run(["sqlite3", database, f".import --csv {path} probes"], capture_output=True,
                          text=True, check=True)
    assert done.stderr == ""
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT * FROM probes ORDER BY rowid")
        assert [column[0] for column in found.description] == COLUMNS
        rows = found.fetchall()
    database.unlink()
    return rows


def assert_read_alike(path, bodies):
    rows = by_python(path)
    assert rows == by_sqlite(path)
    assert [row[COLUMNS.index("response_body_raw")] for row in rows] == bodies
    for row in rows:
        assert row[1:3] == ('a "quoted", model', "two\nlines")
        assert row[9:11] == ("1.500", "200")


def test_every_body_is_read_alike(write):
    assert_read_alike(write(BODIES), MENDED)


def test_random_bytes_are_read_alike(write):
    chance = random.Random(20261121)
    letters = [b'"', b",", b"\n", b"\r", b"\r\n", b'""', b"a", b" ", b"\0", b"\xc3", b"\xa9", b"\xf0\x9f"]
    bodies = [b"".join(chance.choices(letters, k=chance.randrange(60))) for _ in range(400)]
    assert_read_alike(write(bodies),
                      [body.decode("utf-8", "replace").replace("\0", "\ufffd") for body in bodies])


def test_the_file_itself(write):
    """LF between rows, no NUL, valid UTF-8, nothing before the header."""
    data = write([b"\r\n", b"\0\xff"]).read_bytes()
    assert data.startswith(",".join(COLUMNS).encode() + b"\n")
    assert b"\0" not in data and data.decode("utf-8").endswith('""\n')
    assert not re.search(rb'"\r\n(19|20)\d\d-', data)
    assert len(by_python(write([]))) == 0
