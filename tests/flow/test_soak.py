"""Two minutes of bench/soak.py (half an hour: ./run soak), and that it would find what it looks for.

It stands with the flow tests because its service is the one that has done everything: what the dashboard
and the alerts ask for must be in its metrics.
"""
import json
import os
import subprocess
import sys

import pytest

from lib.prometheus import packaged_metrics

SECONDS = float(os.environ.get("ASSAY_SOAK_SECONDS", 100))
LEAST = 40  # requests a second, of 200 that there are where nobody else is at work
MIB = 1 << 20
# What an honest market does not do; tests/unit/test_counters.c does.
NEVER_HERE = {"assay_price_moves_held_total"}


@pytest.fixture(scope="module")
def soak(root):
    sys.path.insert(0, str(root / "bench"))
    import soak as program
    return program


@pytest.mark.long
def test_soak(root, build_dir, quick_dir):
    result = quick_dir / "soak.json"
    run = subprocess.run(
        [sys.executable, root / "bench/soak.py", "--seconds", str(SECONDS), "--scale", "60",
         "--least", str(LEAST), "--idle", "3", "--dir", quick_dir, "--json", result],
        env={**os.environ, "ASSAY_BUILD": str(build_dir)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    said = run.stdout.decode()
    print(said)
    assert run.returncode == 0 and said.endswith("PASS\n"), said
    figures = json.loads(result.read_text())
    assert packaged_metrics(root) - set(figures["metrics"]) <= NEVER_HERE
    statuses = {int(status): n for status, n in figures["statuses"].items()}
    assert sum(statuses.values()) >= LEAST * SECONDS
    assert {200, 202, 304, 401, 404, 422} <= set(statuses)


def rows_of(*quarters):
    """A series whose quarters have these MiB."""
    return [{"anonymous": mib * MIB, "t": n, "requests": 200 * n} for n, mib in
            enumerate((m for m in quarters for _ in range(10)), 1)]


def test_memory_that_grows_is_found(soak):
    assert not [*soak.judge_memory(rows_of(10, 30, 31, 30))]
    assert not [*soak.judge_memory(rows_of(10, 30, 33, 37))]
    assert "memory grew by 10.0 MiB" in [*soak.judge_memory(rows_of(10, 30, 35, 40))][0]


def test_what_is_left_open_is_found(soak):
    before = {"threads": 9, "kinds": {"assay.db": 3, "outwards": 2}}
    assert not [*soak.judge_rest(before, before)]
    assert not [*soak.judge_rest(before, {**before, "kinds": {"assay.db": 5, "outwards": 20}})]
    for worse in ({"kinds": {"assay.db": 6}}, {"kinds": {"client": 1}}, {"kinds": {"outwards": 65}},
                  {"threads": 10}):
        assert len([*soak.judge_rest(before, {**before, **worse})]) == 1


def test_a_load_that_was_none_is_found(soak):
    assert not [*soak.judge_rate(rows_of(1), 190)]
    assert [*soak.judge_rate(rows_of(1), 210)]


def test_what_did_not_happen_is_found(soak):
    assert len([*soak.judge_work({})]) == 8


def test_words_in_the_log_are_found(soak):
    assert not [*soak.judge_log([{"level": 50, "msg": "a push failed"}])]
    assert [*soak.judge_log([{"level": 60, "msg": "?"}])]
    assert [*soak.judge_log([{"level": 40, "msg": "?", "error": "database is locked"}])]


def test_a_5xx_is_found_but_where_it_was_asked_for(soak):
    notebook = soak.Notebook()
    for status, asked_for in ((200, ()), (422, ()), (502, (502,))):
        notebook.note("GET /", status, 0, asked_for)
    assert notebook.wrong == []
    notebook.note("GET /", 500, 0, (502,))
    assert notebook.wrong == ["GET /: 500"]
