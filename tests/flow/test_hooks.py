"""Hooks: what is run when, with what, how it is bounded, and that nothing of it hurts a sync."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from lib import truth
from lib.assay import SYNC
from lib.market import Shelf
from lib.patience import PATIENCE_S, until
from lib.receiver import Gate

both_stores = pytest.mark.stores("sqlite", "postgres")
BUSY = ("openrouter", "cerebras")
TELL = 'echo "$ASSAY_PROVIDER $ASSAY_PREV_HASH $ASSAY_HASH $ASSAY_NOTICE_ID" >> told'


def hashes(desk, slug="openrouter"):
    return [row[0] for row in truth.select(
        desk.database, "SELECT s.hash FROM snapshots s JOIN providers p ON p.id = s.provider_id"
        " WHERE p.slug = ? ORDER BY s.id", slug)]


def deliveries(desk):
    """(status, error) of each attempt."""
    return [tuple(row) for row in truth.select(
        desk.database, "SELECT status, error FROM deliveries ORDER BY id")]


def owed(desk):
    return truth.one(desk.database, "SELECT count(*) FROM outbox WHERE done_at IS NULL")


def lines(desk, name="told"):
    path = desk.home / name
    return path.read_text().splitlines() if path.exists() else []


def forget(desk):
    (desk.home / "told").unlink(missing_ok=True)


def hook_logs(run):
    return [line for line in run.logs() if "hook" in line["msg"] and "exit" in line]


@contextlib.contextmanager
def running(desk, *args, **env):
    desk.hour += 1
    process = desk.start(*args, out=subprocess.PIPE, err=subprocess.PIPE, **env)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def gate(market):
    gate = Gate(market, "api.cerebras.ai")
    yield gate
    gate.stop()


def hook_lines(root):
    """What README tells the users of the old monitor to write."""
    return re.findall(r'^assay sync --exec-on-change "(.*)"$', (root / "README.md").read_text(), re.M)


def differences(before, after):
    """(event, model) of two catalogs."""
    return sorted([("added", i) for i in after if i not in before]
                  + [("removed", i) for i in before if i not in after]
                  + [("modified", i) for i in after if i in before and before[i] != after[i]])


@both_stores
def test_the_hook_lines_of_old_users(market, desk, gate, root):
    """Each of the three has run while the same sync is still busy with another provider."""
    script = desk.home / "script.sh"
    script.write_text('#!/bin/sh\necho "$1 to $2" >> script.log\n')
    script.chmod(0o755)
    echo, run_script, diff = hook_lines(root)
    assert diff == "assay diff {prev_hash} {hash} --json >> changes.jsonl"
    diff = diff.replace("assay", str(desk.binary), 1)
    users = ((echo, "changes.log"), (run_script, "script.log"), (diff, "changes.jsonl"))
    desk.settings["ASSAY_UPSTREAM"] = gate.url
    gate.opened.set()
    desk.sync(providers=BUSY)
    gate.opened.clear()
    for command, written in users:
        before = truth.offered(market)
        market.advance()
        market.post("reprice", n=1)
        with running(desk, "sync", "--exec-on-change", command, "--providers", *BUSY,
                     **desk.keys(BUSY)) as sync:
            until(lambda: lines(desk, written))
            assert sync.poll() is None
            gate.opened.set()
            out, err = sync.communicate(timeout=PATIENCE_S)
            assert sync.returncode == 0, (out, err)
        gate.opened.clear()
        prev, now = hashes(desk)[-2:]
        assert lines(desk, written) == {
            "changes.log": [f"catalog is now {now}"], "script.log": [f"{prev} to {now}"]}.get(
                written, lines(desk, written))
    said = [json.loads(line) for line in lines(desk, "changes.jsonl")]
    assert sorted((x["event"], x["model"]) for x in said) == differences(before,
                                                                         truth.offered(market))
    assert deliveries(desk) == [(0, None)] * 3
    assert owed(desk) == 0


@both_stores
def test_when_it_runs(market, desk, root, tmp_path):
    """At the first state, at every move, per provider; not when nothing moved, nor for our own
    correction, nor in a dry run, nor for what was committed without one."""
    desk.settings.update(desk.keys(BUSY))
    desk.sync()
    desk.sync(ASSAY_EXEC_ON_CHANGE=TELL)
    assert (lines(desk), owed(desk)) == ([], 0)
    market.advance()
    market.post("reprice", n=1)
    desk.sync("--dry-run", ASSAY_EXEC_ON_CHANGE=TELL)
    assert lines(desk) == []
    desk.sync(providers=BUSY, ASSAY_EXEC_ON_CHANGE=TELL)
    told = sorted(line.split(" ") for line in lines(desk))
    assert [line[:3] for line in told] == [["cerebras", "", hashes(desk, "cerebras")[0]],
                                           ["openrouter", *hashes(desk)]]
    assert all(line[3].startswith("msg_") for line in told) and told[0][3] != told[1][3]
    descriptor = json.loads((root / "providers/openrouter.json").read_text())
    price = next(p for p in descriptor["lists"][0]["prices"] if p["meter"] == "output_token")
    price["unit"] = "USD per 1K tokens"
    (tmp_path / "openrouter.json").write_text(json.dumps(descriptor))
    forget(desk)
    how = {"ASSAY_PROVIDERS_DIR": tmp_path, "ASSAY_EXEC_ON_CHANGE": "exit 7"}
    desk.sync("--exec-on-change", TELL, **how)
    assert truth.select(desk.database, "SELECT kind FROM changes WHERE kind = 'corrected'")
    assert (lines(desk), owed(desk)) == ([], 0)
    # A correction and a move at once: from the corrected state.  The option wins over the setting.
    market.post("reprice", n=1)
    desk.sync("--exec-on-change", TELL, **how)
    assert [line.split(" ")[:3] for line in lines(desk)] == [["openrouter", *hashes(desk)[-2:]]]


def test_no_previous_snapshot(market, desk):
    """A command that speaks of it is not run, and that is said; one that does not is run."""
    command = "echo {prev_hash} {hash} >> told"
    run = desk.sync("--exec-on-change", command)
    said, = hook_logs(run)
    assert "no previous snapshot" in said["why"] and said["level"] == 30
    assert (lines(desk), owed(desk)) == ([], 0)
    market.post("reprice", n=1)
    desk.sync("--exec-on-change", command)
    assert lines(desk) == [" ".join(hashes(desk))]


NASTY = ("$(touch pwned)", "`touch pwned`", "; touch pwned;", "'; touch pwned; '", "\"; touch pwned; \"",
         "| touch pwned", "&& touch pwned", "\ntouch pwned\n", "{hash}", "%s%n", "-rf *")


def test_nothing_a_provider_wrote_is_run(market, start_market, start_assay, tmp_path):
    """Names and ids full of shell reach neither the command nor its environment."""
    document = json.loads(market.document())
    for n, words in enumerate(NASTY):
        row = json.loads(json.dumps(document["data"][0]))
        row.update(id=f"nasty/{n} {words}", canonical_slug=f"nasty/{n} {words}", name=words)
        document["data"].append(row)
    document["total_count"] = len(document["data"])
    shelf = Shelf(tmp_path)
    shelf.put(document)
    desk = start_assay(start_market(replay=tmp_path))
    desk.sync()
    for row in document["data"][-len(NASTY):]:
        row["name"] += " again"
        row["context_length"] = 4242
    shelf.put(document)
    run = desk.sync("--exec-on-change", "env > env; echo {hash} {prev_hash} >> told")
    changed = truth.one(desk.database, "SELECT count(*) FROM changes WHERE model LIKE 'nasty/%'")
    assert changed >= len(NASTY)
    assert lines(desk) == [" ".join(reversed(hashes(desk)))]
    assert not (desk.home / "pwned").exists()
    environment = (desk.home / "env").read_text()
    assert "touch" not in environment and "nasty" not in environment
    assert f"ASSAY_HASH={hashes(desk)[-1]}\n" in environment
    assert hook_logs(run)[0]["exit"] == 0


def is_alive(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_a_hook_is_bounded(market, desk):
    """One that hangs, forks, floods, fails or is killed: logged, over, and the sync is well."""
    desk.sync()

    def told(command, timeout_s=PATIENCE_S):
        market.post("reprice", n=1)
        said, = hook_logs(desk.sync("--exec-on-change", command,
                                    ASSAY_HOOK_TIMEOUT_SECONDS=timeout_s))
        return said, truth.select(desk.database, "SELECT status, error FROM deliveries"
                                                 " ORDER BY id DESC LIMIT 1")[0]

    said, row = told("trap '' TERM; echo $$ > pid; echo so far; while :; do sleep 100; done", 2)
    assert said["level"] == 40 and "killed" in said["why"] and said["output"] == "so far\n"
    assert row[0] == -1 and "killed" in row[1]
    assert not is_alive(int(lines(desk, "pid")[0]))
    said, row = told("sleep 1000 & echo $! > pid", 2)
    assert tuple(row) == (0, "not over after 2 s, killed")
    assert not is_alive(int(lines(desk, "pid")[0]))
    said, row = told("(sleep 1000 > /dev/null 2>&1 & echo $! > pid)")
    kept = int(lines(desk, "pid")[0])
    assert (said["exit"], said["why"]) == (0, None) and is_alive(kept)  # who asked for it
    os.kill(kept, 9)
    said, row = told("yes 0123456789abcde | head -c 50000000; exit 3")
    assert (said["exit"], said["output_bytes"], said["why"]) == (3, 50_000_000, "exit code 3")
    assert 1000 < len(said["output"]) <= 16384
    assert tuple(row) == (3, "exit code 3")
    said, row = told("kill -9 $$")
    assert tuple(row) == (-1, "ended by signal 9")
    said, row = told("nosuchcommand_at_all")
    assert row[0] == 127 and "nosuchcommand_at_all" in said["output"]
    said, row = told("cat; ls /proc/self/fd | tr '\\n' ' '")  # no input, no descriptor of ours
    assert said["output"] == "0 1 2 3 "
    assert owed(desk) == 0


def test_a_killed_announcer_owes_what_it_ran(market, desk):
    """kill -9 while a hook runs: the next one begins with it, under the same id, oldest first."""
    desk.sync()
    market.post("reprice", n=1)
    with running(desk, *SYNC, "--exec-on-change", TELL + "; sleep 600 & echo $! > pid; wait") as sync:
        until(lambda: lines(desk, "pid"))
        assert owed(desk) == 1
    os.kill(int(lines(desk, "pid")[0]), 9)
    market.post("reprice", n=1)
    desk.sync("--exec-on-change", TELL)
    told = [line.split(" ") for line in lines(desk)]
    first, second, third = hashes(desk)
    assert [line[1:3] for line in told] == [[first, second], [first, second], [second, third]]
    assert told[0][3] == told[1][3] != told[2][3]
    assert owed(desk) == 0


@both_stores
def test_two_announcers(market, desk):
    """Nothing is run twice, nothing left, though both want everything; each waits for the other."""
    desk.sync()
    for _ in range(3):
        market.post("reprice", n=1)
        desk.sync(ASSAY_EXEC_ON_CHANGE="true")
    assert truth.operate(desk.database, "UPDATE outbox SET done_at = NULL") == 3
    slow = {"ASSAY_EXEC_ON_CHANGE": TELL + "; sleep 0.2"}
    pair = [desk.start("announce", "--once", "--json", out=subprocess.PIPE, **slow)
            for _ in range(2)]
    said = [json.loads(line) for p in pair for line in p.communicate(timeout=PATIENCE_S)[0].splitlines()]
    assert [p.returncode for p in pair] == [0, 0]
    assert len(lines(desk)) == 3 and len({line.split(" ")[3] for line in lines(desk)}) == 3
    assert sorted(x["notice"] for x in said) == sorted(line.split(" ")[3] for line in lines(desk))
    assert {(x["kind"], x["outcome"], x["status"]) for x in said} == {("hook", "delivered", 0)}
    assert owed(desk) == 0


def test_somebody_else_is_at_it(market, desk):
    """A living holder of the lane is waited for, named, and left with it; a dead one is nobody."""
    desk.sync()
    market.post("reprice", n=1)
    with subprocess.Popen(["sleep", "3000"]) as holder:
        started = int(pathlib.Path(f"/proc/{holder.pid}/stat").read_text().split()[21])
        now = time.time_ns() // 1_000_000
        truth.operate(desk.database, "INSERT INTO leases (name, host, pid, pid_started, taken_at,"
                      " expires_at) VALUES ('announce:hook', ?, ?, ?, ?, ?)",
                      os.uname().nodename, holder.pid, started, now, now + 2000 * PATIENCE_S)
        hook = {"ASSAY_EXEC_ON_CHANGE": TELL, "ASSAY_LEASE_WAIT_SECONDS": 1}
        run = desk.sync(**hook)
        said, = (line for line in run.logs() if line["level"] >= 40)
        assert f"process {holder.pid} on " in said["err"]
        assert desk.run("announce", "--once", **hook).code == 1
        assert (lines(desk), owed(desk)) == ([], 1)
        holder.kill()
    assert desk.run("announce", "--once", **hook).code == 0
    assert (len(lines(desk)), owed(desk)) == (1, 0)


def test_a_hook_that_syncs(market, desk):
    """What it causes is run by whoever runs it, afterwards: nobody waits for himself."""
    desk.settings.update(desk.keys("cerebras"))
    desk.sync()
    market.post("reprice", n=1)
    command = (f"{TELL}; [ -e again ] || {{ touch again; ASSAY_NOW=2026-08-23T12:00:00Z"
               f" {desk.binary} sync --providers cerebras; }}")
    run = desk.sync(ASSAY_EXEC_ON_CHANGE=command)
    assert [line.split(" ")[0] for line in lines(desk)][0] == "openrouter"
    assert hook_logs(run)[0]["exit"] == 0
    desk.hour = 48
    desk.run("announce", "--once", ASSAY_EXEC_ON_CHANGE=TELL)
    assert [line.split(" ")[0] for line in lines(desk)] == ["openrouter", "cerebras"]


def test_announce_goes_on_until_it_is_stopped(market, desk):
    """It finds what others owe later; SIGTERM lets what is under way come to its end."""
    desk.sync(ASSAY_NOW=None)
    desk.settings["ASSAY_EXEC_ON_CHANGE"] = TELL + "; sleep 0.5; echo over >> told"
    announcer = desk.start("announce", "--json", out=subprocess.PIPE, ASSAY_NOW=None)
    market.post("reprice", n=1)
    with running(desk, *SYNC, ASSAY_NOW=None, ASSAY_EXEC_ON_CHANGE="kill -9 $PPID") as sync:
        sync.wait(PATIENCE_S)
    until(lambda: lines(desk))
    announcer.send_signal(signal.SIGTERM)
    out, _ = announcer.communicate(timeout=PATIENCE_S)
    assert announcer.returncode == 0
    assert [json.loads(line)["outcome"] for line in out.splitlines()] == ["delivered"]
    assert lines(desk)[1:] == ["over"] and owed(desk) == 0


def test_announce_needs_somebody_to_tell(start_assay):
    run = start_assay().run("announce", "--once")
    assert run.code == 2 and "ASSAY_WEBHOOK_URL" in run.err
