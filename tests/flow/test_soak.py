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

SECONDS = float(os.environ.get("ASSAY_SOAK_SECONDS", 120))
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


def rows_of(memory, seconds=1800, rows=60, wal=0):
    """A series of 200 requests a second; `memory` says how many MiB there are after a share of the time."""
    return [{"anonymous": memory(n / rows) * MIB, "wal": wal, "t": seconds * n / rows,
             "requests": 200 * seconds * n / rows} for n in range(1, rows + 1)]


def flat(_):
    return 20


def test_memory_that_grows_is_found(soak):
    for honest in (flat,
                   lambda t: 10 + 10 * min(t, 0.4),                 # caches that fill
                   lambda t: 20 + 30 * (int(60 * t) % 7 == 0),      # a large document now and then
                   lambda t: 20 + 1.0 * (t > 0.6) + 1.0 * (t > 0.9),  # two steps of the heap
                   lambda t: 30 - 5 * t):
        assert not [*soak.judge_memory(rows_of(honest))]
    for leak in (lambda t: 20 + 10 * t,                             # 29 KiB with each 1,000 requests
                 lambda t: 20 + 5 * t + 30 * (int(60 * t) % 7 == 0),
                 lambda t: 20 + 5 * max(0, t - 0.5)):               # it has only begun
        assert "memory grows" in [*soak.judge_memory(rows_of(leak))][0]


def test_a_long_run_sees_a_slow_leak_and_a_short_one_warms_up(soak):
    def slow(t):
        return 20 + 100 * t
    assert [*soak.judge_memory(rows_of(slow, seconds=24 * 3600))]  # 5.9 KiB with each 1,000
    assert not [*soak.judge_memory(rows_of(lambda t: 10 + 16 * t ** 0.5, seconds=300))]
    assert [*soak.judge_memory(rows_of(lambda t: 10 + 30 * t, seconds=300))]


def test_a_log_that_nobody_cuts_is_found(soak):
    assert not [*soak.judge_wal(rows_of(flat, wal=20 * MIB))]
    assert "100.0 MiB" in [*soak.judge_wal(rows_of(flat, wal=100 * MIB))][0]


def test_slowing_down_is_shown(soak, capsys):
    notebook = soak.Notebook()
    for n in range(40):
        for took in (1, 2, 3, n):
            notebook.note("GET /models", 200, took / 1000)
        notebook.note("GET /models", 422, 9.0)
        notebook.turn_page()
    soak.show_routes(notebook.pages)
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split() == ["GET", "/models", "80", "3.00", "->", "3.00", "19.00", "->", "39.00"]


def test_what_is_left_open_is_found(soak):
    before = {"threads": 9, "kinds": {"assay.db": 3, "outwards": 2}}
    assert not [*soak.judge_rest(before, before)]
    assert not [*soak.judge_rest(before, {**before, "kinds": {"assay.db": 5, "outwards": 20}})]
    for worse in ({"kinds": {"assay.db": 6}}, {"kinds": {"client": 1}}, {"kinds": {"outwards": 65}},
                  {"threads": 10}):
        assert len([*soak.judge_rest(before, {**before, **worse})]) == 1


def test_a_load_that_was_none_is_found(soak):
    assert not [*soak.judge_rate(rows_of(flat), 190)]
    assert [*soak.judge_rate(rows_of(flat), 210)]


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
