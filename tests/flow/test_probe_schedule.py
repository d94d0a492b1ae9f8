"""When cycles begin, what ends them, and that nothing is lost by it."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from lib.chat import chat_log, reset_chat, set_chat, trending
from lib.patience import PATIENCE_S, until
from lib.sim_hub import REPO, WRITE, Hub
from lib.probing import QUICK, endpoints_of, events, probe, rows_of_csv, samples, told

HUB = {"HF_HUB_TOKEN": WRITE, "HF_DATASET_REPO_ID": REPO}


class Prober:
    """A probe that runs until it is stopped."""

    def __init__(self, desk, *args, **settings):
        self.process = desk.start("probe", *args, out=subprocess.PIPE, err=subprocess.PIPE,
                                  **{**QUICK, **settings})

    def wait_for(self, what):
        def look():
            found = what()
            assert found or self.process.poll() is None, self.process.stderr.read()
            return found
        until(look)

    def signal(self, number):
        """Taken when this returns: a second one is another one, then."""
        self.process.send_signal(number)
        until(lambda: not self.is_pending(number))

    def is_pending(self, number):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        masks = re.findall(r"^(?:SigPnd|ShdPnd):\t(\w+)$", status, re.M)
        return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)

    def end(self):
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out.decode(), [json.loads(x) for x in err.splitlines()]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def start_prober():
    running = []

    def start(*args, **settings):
        running.append(Prober(*args, **settings))
        return running[-1]
    yield start
    for prober in running:
        prober.kill()


def job(desk):
    states = desk.database.select("SELECT state FROM jobs WHERE name = 'probe'")
    return json.loads(states[0][0]) if states else {"cycles": 0}


# ---- slots

def slots(run, interval_ms):
    """Of the grid, in which cycles began: so late each was, as it says itself."""
    due = [e["time"] - e["late_ms"] for e in events(run, "cycle begins")]
    return [round((at - due[0]) / interval_ms) for at in due]


def test_cycles_keep_to_the_grid(market, start_assay):
    """A slot each; a machine that is too busy for one skips it and says so."""
    desk = start_assay(market)
    run = probe(desk, "--cycles", 3, SCHEDULE_INTERVAL_SECONDS=2)
    skipped = job(desk)["skipped"]
    begun = slots(run, 2000)
    assert begun == sorted(set(begun)) and begun[-1] == 2 + skipped
    assert sum(e["slots"] for e in events(run, "slot skipped")) == skipped
    assert len(begun) == job(desk)["cycles"] == 3
    assert desk.database.one("SELECT count(DISTINCT cycle_at) FROM samples") == 3
    probe(desk)
    assert job(desk)["cycles"] == 4  # counted across processes


def test_a_slot_that_would_overlap_is_skipped_and_told(market, start_assay):
    desk = start_assay(market)
    set_chat(market, latency="2500")
    run = probe(desk, "--cycles", 2, SCHEDULE_INTERVAL_SECONDS=2)
    skipped = events(run, "slot skipped")
    assert "still running" in skipped[0]["why"]
    assert job(desk)["cycles"] == 2
    assert job(desk)["skipped"] == sum(e["slots"] for e in skipped) == slots(run, 2000)[1] - 1


def test_who_slept_begins_one_cycle_at_once(market, start_assay, start_prober):
    desk = start_assay(market)
    prober = start_prober(desk, SCHEDULE_INTERVAL_SECONDS=1)
    calls = len(trending(market, 5)["calls"])
    prober.wait_for(lambda: len(desk_samples(desk)) == calls and job(desk)["cycles"])
    prober.process.send_signal(signal.SIGSTOP)
    time.sleep(3.3)
    prober.process.send_signal(signal.SIGCONT)
    prober.wait_for(lambda: len(chat_log(market)) >= 3 * calls)
    prober.signal(signal.SIGTERM)
    code, _, log = prober.end()
    assert code == 0
    skipped = [e for e in log if e["msg"] == "probe: slot skipped"]
    slept = [e["slots"] for e in skipped if "awake" in e["why"]]
    assert max(slept) >= 2  # told once for all of them
    assert job(desk)["skipped"] == sum(e["slots"] for e in skipped)


@pytest.mark.parametrize("kind", ("status", "wrong_shape"))
def test_the_other_list_stands_in(market, start_assay, kind):
    desk = start_assay(market)
    fault = {"kind": kind, "status": 503} if kind == "status" else {"kind": kind}
    market.post("fault", provider="huggingface.co", **fault)
    run = probe(desk, "--json")
    assert sorted((r["model"], r["provider_model_id"]) for r in told(run)) == sorted(
        (c["model"], c["provider_id"]) for c in trending(market, 5)["calls"])


def test_no_list_is_a_skipped_cycle_and_the_schedule_goes_on(market, start_assay):
    desk = start_assay(market)
    break_lists(market, times=1)
    run = probe(desk, "--cycles", 2, expect=1, SCHEDULE_INTERVAL_SECONDS=1)
    assert len(events(run, "the cycle is skipped")) == 1
    assert len(chat_log(market)) == len(trending(market, 5)["calls"])
    break_lists(market, times=0)
    once = probe(desk, expect=1)
    assert len(events(once, "the cycle is skipped")) == 1
    assert len(chat_log(market)) == len(trending(market, 5)["calls"])


def break_lists(market, times):
    for which in ("huggingface.co", "huggingface.co/api"):
        market.post("fault", provider=which, kind="status", status=500, times=times)


def test_an_empty_list_is_nothing_to_do(market, start_assay):
    desk = start_assay(market)
    market.post("fault", provider="huggingface.co", kind="empty_list")
    run = probe(desk)
    assert events(run, "cycle ended")[0]["calls"] == 0


def test_one_prober_per_place(market, start_assay, start_prober):
    desk = start_assay(market)
    first = start_prober(desk)
    first.wait_for(lambda: chat_log(market))
    refused = probe(desk, expect=1)
    assert str(first.process.pid) in refused.logs()[-1]["msg"]
    probe(desk, LOCAL_CSV_PATH="other.csv")
    first.kill()
    probe(desk)  # he is gone: his lease is, too


# ---- signals

@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_a_signal_lets_what_runs_end(market, start_assay, start_prober, number):
    """And pushes what there is."""
    desk = start_assay(market)
    hub = Hub(market)
    hub.exists()
    set_chat(market, latency="800")
    prober = start_prober(desk, ASSAY_PROBE_CONCURRENCY=2, **HUB)
    prober.wait_for(lambda: chat_log(market))
    prober.signal(number)
    code, _, log = prober.end()
    asked = len(chat_log(market))
    assert code == 0, log
    assert 0 < asked < len(trending(market, 5)["calls"])  # the rest was not begun
    assert [r["outcome"] for r in samples(desk, "outcome")] == ["ok"] * asked
    assert [e for e in log if e["msg"] == "pushed"]
    assert sum(len(text.splitlines()) - 1 for path, text in hub.files().items()
               if path.endswith(".csv")) == asked


def test_the_grace_time_ends(market, start_assay, start_prober):
    desk = start_assay(market)
    set_chat(market, latency="60000")
    prober = start_prober(desk, ASSAY_PROBE_GRACE_SECONDS=1)
    prober.wait_for(lambda: chat_log(market))
    prober.signal(signal.SIGTERM)
    code, _, _ = prober.end()
    assert code == 0
    rows = samples(desk, "outcome", "counted")
    assert {r["outcome"] for r in rows} == {"cancelled"}
    assert len(rows) == len(rows_of_csv(desk)) == len(chat_log(market))


def test_a_second_signal_ends_it_at_once(market, start_assay, start_prober):
    desk = start_assay(market)
    slow = endpoints_of(market)[0]
    set_chat(market, provider=slow[0], model=slow[1], latency="60000")
    prober = start_prober(desk)
    others = len(trending(market, 5)["calls"]) - 1
    prober.wait_for(lambda: len(desk_samples(desk)) == others)
    prober.signal(signal.SIGTERM)
    assert prober.process.poll() is None
    prober.signal(signal.SIGTERM)
    code, _, _ = prober.end()
    assert code == 128 + signal.SIGTERM
    assert len(rows_of_csv(desk)) == others  # what was recorded stands
    reset_chat(market)
    probe(desk)
    assert len(rows_of_csv(desk)) == 2 * others + 1


def desk_samples(desk):
    if not os.path.exists(desk.home / "assay.db"):
        return []
    try:
        return samples(desk, "id")
    except Exception:  # its tables are being made
        return []


def test_a_push_that_hangs_does_not_hold_us(market, start_assay, start_prober):
    desk = start_assay(market)
    hub = Hub(market)
    hub.exists()
    hub.fault("preupload", "hang", times=5)
    prober = start_prober(desk, ASSAY_PROBE_GRACE_SECONDS=1, **HUB)
    prober.wait_for(lambda: len(desk_samples(desk)) == len(trending(market, 5)["calls"]))
    prober.signal(signal.SIGTERM)
    code, _, log = prober.end()
    assert code == 0
    assert [e for e in log if "the last push takes too long" in e["msg"]]
    kept = desk.database.one("SELECT sum(row_count) FROM csv_files WHERE done_at IS NULL")
    assert kept == len(trending(market, 5)["calls"])


# ---- pushing

def test_pushes_every_so_many_cycles_across_processes(market, start_assay):
    desk = start_assay(market)
    hub = Hub(market)
    hub.exists()
    calls = len(trending(market, 5)["calls"])
    for cycle in range(4):
        probe(desk, PUSH_INTERVAL_CYCLES=2, **HUB)
        rows = sum(len(text.splitlines()) - 1 for path, text in hub.files().items()
                   if path.endswith(".csv"))
        assert rows == calls * (cycle + 1 - (cycle + 1) % 2), cycle
    assert hub.complaints() == []


def test_short_intervals_share_a_push(market, start_assay):
    """The Hub takes some 128 commits an hour: a second one within a minute waits for the last cycle."""
    desk = start_assay(market)
    hub = Hub(market)
    hub.exists()
    before = len(hub.commits())
    probe(desk, "--cycles", 4, PUSH_INTERVAL_CYCLES=1, SCHEDULE_INTERVAL_SECONDS=1, **HUB)
    assert len(hub.commits()) - before == 2
    assert sum(len(text.splitlines()) - 1 for path, text in hub.files().items()
               if path.endswith(".csv")) == 4 * len(trending(market, 5)["calls"])


def test_a_failed_push_is_no_failed_cycle(market, start_assay):
    desk = start_assay(market)
    hub = Hub(market)
    hub.exists()
    hub.fault("commit", "status", status=403)
    calls = len(trending(market, 5)["calls"])
    failed = [[e for e in probe(desk, PUSH_INTERVAL_CYCLES=2, **HUB).logs()
               if "push failed" in e["msg"]] for _ in range(3)]
    assert [len(f) for f in failed] == [0, 1, 0]  # what failed is tried with the next cycle
    assert sum(len(text.splitlines()) - 1 for path, text in hub.files().items()
               if path.endswith(".csv")) == 3 * calls


def test_without_a_dataset_it_says_so_once(market, start_assay):
    run = probe(start_assay(market), "--cycles", 2, SCHEDULE_INTERVAL_SECONDS=1)
    said = [e for e in run.logs() if "nothing is pushed" in e["msg"]]
    assert len(said) == 1 and said[0]["missing"] == "HF_HUB_TOKEN"


def test_who_reads_no_further_ends_it_in_order(market, start_assay, start_prober):
    """`assay probe | head -1`: what was asked is kept, and nothing new is asked."""
    desk = start_assay(market)
    slow = endpoints_of(market)[0]
    set_chat(market, provider=slow[0], model=slow[1], latency="3000")  # comes when nobody reads any more
    prober = start_prober(desk, SCHEDULE_INTERVAL_SECONDS=2 * PATIENCE_S)
    prober.process.stdout.readline()
    prober.process.stdout.close()
    assert prober.process.wait(PATIENCE_S) == 1
    asked = len(trending(market, 5)["calls"])
    assert len(chat_log(market)) == asked == len(samples(desk, "id")) == len(rows_of_csv(desk))


# ---- what is told

def test_a_former_trackers_file_is_continued_and_what_is_put_aside_is_told(market, start_assay):
    desk = start_assay(market)
    probe(desk, MODELS_TO_FETCH=1)
    path = desk.home / "metrics_buffer.csv"
    head, row = path.read_text().splitlines()[:2]
    path.write_text(f"{head}\n{row}\n{row}")
    desk.database.operate("DELETE FROM csv_files")
    begun = time.monotonic()
    run = probe(desk, MODELS_TO_FETCH=1)
    took_ms = (time.monotonic() - begun) * 1000
    aside = [e["bytes"] for e in run.logs() if "no whole row" in e["msg"]]
    assert aside == [len(row.encode())]
    assert path.read_text().splitlines()[1] == row and path.read_text().endswith("\n")
    assert 0 <= events(run, "cycle begins")[0]["late_ms"] <= took_ms
