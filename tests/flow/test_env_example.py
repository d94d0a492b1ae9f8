""".env.example says what the table of settings says, and .gitignore keeps .env out."""
import fnmatch
import re
import subprocess

KEYS = "# ---- keys of providers ----"


def table(settingstool):
    rows = subprocess.check_output([settingstool], text=True).splitlines()
    return [tuple(row.split("\t")) for row in rows]


def entries(text):
    """(name, part, default, help) of every "# help" line with a "#NAME=default" line below."""
    found = []
    part = None
    for paragraph in text.split("\n\n"):
        heading = re.search(r"^# ---- (.*) ----$", paragraph, re.M)
        if heading:
            part = heading[1]
        entry = re.fullmatch(r"# (.*)\n#([A-Z_]+)=(.*)\n?", paragraph)
        if entry:
            found.append((entry[2], part, entry[3], entry[1]))
    return found


def test_example_is_the_table(root, settingstool):
    text = (root / ".env.example").read_text().split(KEYS)[0]
    assert entries(text) == table(settingstool)
    assert len(re.findall(r"^#[A-Z_]+=", text, re.M)) == len(table(settingstool))


def test_a_copied_example_sets_nothing(root):
    for line in (root / ".env.example").read_text().splitlines():
        assert line == "" or line.startswith("#"), line


def test_example_names_a_provider_key(root):
    assert "#OPENROUTER_API_KEY=\n" in (root / ".env.example").read_text().split(KEYS)[1]


def test_comparison_can_fail():
    assert entries("# ---- sync ----\n\n# help\n#NAME=1\n") == [("NAME", "sync", "1", "help")]
    assert entries("# ---- sync ----\n\n# help\nNAME=1\n") == []


def test_gitignore_keeps_secrets_and_data_out(root):
    lines = (root / ".gitignore").read_text().splitlines()
    assert ".env" in lines
    for name in ("assay.db", "assay.db-wal", "metrics_buffer.csv", "metrics_buffer.csv.20260822",
                 "metrics_buffer-1.csv"):
        assert any(fnmatch.fnmatch(name, line) for line in lines), name
    assert not any(fnmatch.fnmatch(".env.example", line) for line in lines)
