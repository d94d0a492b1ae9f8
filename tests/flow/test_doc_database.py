"""doc/database.md: its lists of columns are the schema's, its statements run on both databases."""
import re

import pytest

pytestmark = pytest.mark.stores("sqlite", "postgres")

SECTION = re.compile(r"^## ([a-z_]+)\n(.*?)(?=^## |\Z)", re.M | re.S)
STATEMENT = re.compile(r"```sql (both|postgres)\n(.*?)```", re.S)
NAME = re.compile(r"`([a-z0-9_]+)`")
UPDATES = 1  # of the statements


@pytest.fixture(scope="module")
def page(root):
    return (root / "doc/database.md").read_text()


@pytest.fixture
def synced(desk):
    desk.sync()
    return desk


def tables_of(database):
    """Views, too."""
    if database.kind == "postgres":
        rows = database.select("SELECT table_name FROM information_schema.tables "
                               "WHERE table_schema = current_schema()")
    else:
        rows = database.select("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                               "AND name NOT LIKE 'sqlite%'")
    return {row[0] for row in rows}


def told(page):
    """What a section's left column names: 'a', 'b'."""
    return {name: {column for line in body.splitlines() if line.startswith("| `")
                   for column in NAME.findall(line.split("|")[1])}
            for name, body in SECTION.findall(page)}


def test_every_column_is_told(page, synced):
    """And none that is not there."""
    sections = told(page)
    assert set(sections) == tables_of(synced.database)
    for table, columns in sections.items():
        real = set(synced.database.columns(table))
        if table == "models_current":
            assert real - columns == set(synced.database.columns("models")) - {"canonical_evidence"}
        else:
            assert columns == real, table


def test_every_statement_runs(page, synced, store):
    statements = [sql for where, sql in STATEMENT.findall(page) if where in ("both", store)]
    assert len(statements) >= 10
    updates = [sql for sql in statements if sql.startswith("UPDATE")]
    assert len(updates) == UPDATES
    for sql in statements:
        if sql in updates:
            assert synced.database.operate(sql) > 0
        else:
            synced.database.select(sql)


def test_what_the_statements_say(page, synced, market):
    """Those whose answer is known from the market's truth."""
    models = market.truth()
    per_provider = next(s for w, s in STATEMENT.findall(page) if "total_models" in s)
    assert synced.database.select(per_provider)[0][1:] == (len(models), len(models))
    cheapest = next(s for w, s in STATEMENT.findall(page) if "usd_per_million" in s)
    amounts = [row[2] for row in synced.database.select(cheapest)]
    assert amounts == sorted(amounts) and amounts[0] > 0
