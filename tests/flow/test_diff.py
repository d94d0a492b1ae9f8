"""`assay diff` and `assay snapshots` against recorded truths: any two moments, both databases.

What differs is worked out here from catalogs (marketsim's truth, an exact reading of the documents):
assay is never held against itself.
"""
import hashlib
import itertools
import json
import os
import pty
import re
import socket
import subprocess

import pytest

from lib import rational, truth
from lib.patience import PATIENCE_S
from lib.replay import Replay
from lib.truth import canonical, capabilities_list, name_of, price_text, select, text

BOTH = pytest.mark.stores("sqlite", "postgres")
PLACE = "openrouter.ai/api/v1/models"
KINDS = ("openrouter", "deepinfra")


# ---- an independent difference

def whole(m):
    """Field → what it says, of a model that was not there before."""
    said = {field: text(m[field]) for field in truth.FIELDS if m[field] is not None}
    if m["capabilities"]:
        said["capabilities"] = ",".join(capabilities_list(m["capabilities"]))
    said.update({"".join(key): price_text(price) for key, price in m["prices"].items()})
    return {field: {"old": None, "new": new} for field, new in said.items()}


def moved(before, after):
    details = {}
    for _, _, field, old, new, ratio in truth.model_changes(before, after):
        details[field] = {"old": old, "new": new, **({"ratio": ratio} if ratio else {})}
    return details


def difference(before, after, slug="openrouter"):
    """The events of two catalogs, as `diff --json` ought to print them."""
    events = []
    for i in sorted(set(before) | set(after), key=str.encode):
        if i not in before:
            events.append(("added", slug, i, whole(after[i])))
        elif i not in after:
            events.append(("removed", slug, i, {}))
        elif moved(before[i], after[i]):
            events.append(("modified", slug, i, moved(before[i], after[i])))
    return events


def printed(run):
    assert run.code == 0, run
    events = [json.loads(line) for line in run.out.splitlines()]
    if [e["event"] for e in events] == ["no_change"]:
        assert set(events[0]) == {"event", "message"}
        return []
    return [(e["event"], e["provider"], e["model"], e["details"]) for e in events]


def diff(desk, *args):
    return printed(desk.run("diff", *args, "--json"))


def error(run):
    said, = [line for line in run.logs() if line["level"] == 50]
    return said["msg"]


# ---- a market that moved, and what it was at each moment

class Story:
    """Two providers synced at chosen hours; `truths`: hour → slug → catalog."""

    def __init__(self, market, desk):
        self.market, self.desk, self.truths = market, desk, {0: {}}
        self.cache = desk.home / "cache"

    def sync(self, *slugs):
        self.desk.sync("--cache-dir", "cache", providers=list(slugs))
        said = {slug: truth.offered(self.market, slug) for slug in slugs}
        self.truths[self.desk.hour] = {**self.truths[self.desk.hour - 1], **said}

    def at(self, hour):
        """A moment in that hour, as it is typed."""
        return f"2026-08-22T{hour:02}:30:00Z"

    def expected(self, old, new, slugs=KINDS):
        events = []
        for slug in sorted(slugs):
            events += difference(self.truths[old].get(slug, {}), self.truths[new].get(slug, {}), slug)
        return events

    def move(self, action, **how):
        for slug in KINDS:
            self.market.post(action, provider=slug, **how)

    def tell(self):
        self.sync("openrouter")
        self.sync(*KINDS)
        for steps in ([("advance", {}), ("restore", {})], [("remove", {"n": 2})], [("restore", {})],
                      [("reprice", {"n": 4})], [("advance", {"steps": 3})]):
            for action, how in steps:
                self.move(action, **how)
            self.sync(*KINDS)
        self.move("advance")
        self.sync("deepinfra")


@pytest.fixture
def story(start_market, start_assay):
    market = start_market(seed=11, scale=40)
    told = Story(market, start_assay(market))
    told.tell()
    return told


@BOTH
def test_any_two_moments(story):
    """Every pair, both ways: the set difference of what was offered then; each state by its name."""
    desk, hours = story.desk, sorted(story.truths)
    for old, new in itertools.product(hours, hours):
        if old > new and (old + new) % 4:
            continue  # backwards every fourth pair will do
        assert diff(desk, story.at(old), story.at(new)) == story.expected(old, new), (old, new)
    for old, new in ((1, 7), (7, 2), (2, 8)):
        assert diff(desk, story.at(old), story.at(new), "--provider", "deepinfra") == \
            story.expected(old, new, ["deepinfra"])
        assert diff(desk, story.at(old), story.at(new), "--provider", "deepinfra,openrouter") == \
            story.expected(old, new)
    states_have_their_names(story)
    a_state_that_came_back_is_one(story)
    files_are_states(story)
    the_market_has_a_name(story)
    what_is_no_moment_is_refused(story)


def states_have_their_names(story):
    """Each state ever listed is the truth of its time, in a file whose SHA-256 is its name."""
    listed = story.desk.run("snapshots", "--json").json()["snapshots"]
    names = {(slug, name_of(said[slug], slug)): said[slug]
             for said in story.truths.values() for slug in said}
    assert {(s["provider"], s["hash"]) for s in listed} == set(names)
    for (slug, name), models in names.items():
        file = story.cache / f"models_{name}.json"
        assert file.read_bytes() == canonical(models, slug)
        # ... and what is rebuilt is the file, whichever of the two comes first
        assert diff(story.desk, name[:12], file) == diff(story.desk, file, name) == []
    assert len(list(story.cache.iterdir())) == len(names)


def a_state_that_came_back_is_one(story):
    """Models were removed and restored: the hash of before, listed twice, still one state."""
    name = name_of(story.truths[3]["openrouter"])
    assert name == name_of(story.truths[5]["openrouter"]) != name_of(story.truths[4]["openrouter"])
    listed = [s for s in story.desk.run("snapshots", "--json").json()["snapshots"]
              if s["hash"] == name]
    assert len(listed) == 2 and listed[0]["until"] and listed[1]["until"]
    assert diff(story.desk, name, story.at(6)) == story.expected(3, 6, ["openrouter"])
    assert diff(story.desk, name_of(story.truths[4]["openrouter"])[:10], name[:10].upper()) == \
        story.expected(4, 3, ["openrouter"])


def files_are_states(story):
    """Without any database; of two providers an error; a file that was touched is none."""
    def file(hour, slug):
        return story.cache / f"models_{name_of(story.truths[hour][slug], slug)}.json"

    def run(*args):
        return story.desk.run("diff", *args, "--json", DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")

    old, new = file(2, "deepinfra"), file(7, "deepinfra")
    assert printed(run(old, new)) == story.expected(2, 7, ["deepinfra"])
    assert printed(run(old, old)) == []
    assert diff(story.desk, old, story.at(7)) == story.expected(2, 7, ["deepinfra"])
    refused = run(old, file(2, "openrouter"))
    assert refused.code == 2 and "deepinfra" in error(refused) and "openrouter" in error(refused)
    assert json.loads(refused.out) == {"event": "error", "message": error(refused)}
    for spoilt, says in ((old.read_bytes().replace(b"]},", b"]} ,", 1), "line 2"),
                         (old.read_bytes()[:-4], "unexpected end"), (b"[]", "models_HASH.json")):
        (story.desk.home / "spoilt.json").write_bytes(spoilt)
        refused = run("spoilt.json", new)
        assert refused.code == 1 and "spoilt.json" in error(refused) and says in error(refused)
    refused = run("nowhere.json", new)
    assert refused.code == 1 and "nowhere.json" in error(refused)


def the_market_has_a_name(story):
    """SHA-256 of the sorted lines SLUG HASH, of what is in force now."""
    said = story.desk.run("snapshots", "--json").json()
    last = story.truths[max(story.truths)]
    lines = "".join(f"{slug} {name_of(last[slug], slug)}\n" for slug in sorted(last))
    assert said["market"] == {"hash": hashlib.sha256(lines.encode()).hexdigest(), "providers": 2,
                              "at": story.desk.now()}
    in_force = sorted(f"{s['provider']} {s['hash']}\n" for s in said["snapshots"] if not s["until"])
    assert "".join(in_force) == lines
    ids = [s["id"] for s in said["snapshots"]]
    assert ids == sorted(ids, reverse=True)
    shown = story.desk.run("snapshots", "--provider", "deepinfra", "--limit", "2")
    rows = shown.out.splitlines()
    assert len(rows) == 4 and all(" deepinfra " in row for row in rows[1:3])
    assert rows[3] == f"market {said['market']['hash']} of 2 providers"
    newest = next(s for s in said["snapshots"] if s["provider"] == "deepinfra")
    models = last["deepinfra"]
    assert (newest["models"], newest["prices"]) == (
        len(models), sum(len(m["prices"]) for m in models.values()))


def what_is_no_moment_is_refused(story):
    """Exit 2 and one sentence that says what there is."""
    desk = story.desk
    names = [h for h, in select(desk.database, "SELECT hash FROM snapshots ORDER BY id DESC")]
    openrouter, deepinfra = (name_of(story.truths[7][slug], slug) for slug in KINDS)
    now = desk.now()
    for args, says in (
            (["beef0000beef", now], ["beef0000beef", names[0][:12], "assay snapshots"]),
            ([names[0][:3], now], [names[0][:3], "4"]),
            ([openrouter + "0", now], ["64"]),
            (["yesterday", now], ["yesterday", "2026-08-22T14:03:00Z"]),
            (["", now], ["no moment"]),
            (["2026-02-30", now], ["2026-02-30"]),
            ([openrouter, deepinfra], ["openrouter", "deepinfra"]),
            ([openrouter, now, "--provider", "deepinfra"], ["openrouter", "--provider"]),
            ([now, now, "--provider", "nope"], ["nope", "deepinfra", "openrouter"]),
            ([now], ["OLD and NEW", "--help"]), ([now, now, now], ["OLD and NEW"])):
        run = desk.run("diff", *args)
        assert run.code == 2 and run.out == "", run
        assert all(word in error(run) for word in says), run
    refused = desk.run("snapshots", "--provider", "nope")
    assert refused.code == 2 and "deepinfra, openrouter" in error(refused)


@BOTH
def test_an_ambiguous_prefix_names_its_candidates(start_market, start_assay):
    """Made ambiguous by hand: no two hashes of a small market begin alike."""
    market = start_market(scale=6)
    desk = start_assay(market)
    desk.sync()
    market.advance()
    desk.sync()
    for i, end in ((1, "1"), (2, "2")):
        truth.operate(desk.database, "UPDATE snapshots SET hash = ? WHERE id = ?",
                      "abcdef" + 57 * "0" + end, i)
    run = desk.run("diff", "abcdef", desk.now())
    assert run.code == 2 and "beginning of 2 hashes" in error(run)
    assert error(run).count("abcdef000000 (openrouter, 2026-08-22T0") == 2
    assert desk.run("diff", "abcdef" + 57 * "0" + "1", "abcdef" + 57 * "0" + "2").code == 0


# ---- the recorded documents

@BOTH
def test_the_recorded_documents(start_market, start_assay, shared_dir):
    """Three weeks of OpenRouter: field by field what an exact reading of both documents finds."""
    days = ("2026-08-01", "2026-08-22")
    files = [(shared_dir or pytest.skip("no ../shared")) / "payloads" / day / f"{PLACE}.json"
             for day in days]
    if not all(file.is_file() for file in files):
        pytest.skip("no recorded OpenRouter documents at ../shared/payloads")
    market = start_market(replay=shared_dir / "payloads" / days[0])
    desk = start_assay(market)
    desk.sync(ASSAY_NOW=days[0] + "T12:00:00Z")
    market.post("replay", dir=shared_dir / "payloads" / days[1])
    first, second = (rational.catalog_of(file.read_bytes()) for file in files)
    suspect = len(set(first) - set(second)) > max(5, len(first) // 10)
    if suspect:
        desk.sync(expect=1, ASSAY_NOW=days[1] + "T11:00:00Z")
    desk.sync(ASSAY_NOW=days[1] + "T12:00:00Z")
    wanted = difference(first, second)
    assert {e[0] for e in wanted} == {"added", "removed", "modified"} and len(wanted) > 100
    assert diff(desk, name_of(first), name_of(second)) == wanted
    assert diff(desk, "2026-08-02", "2026-08-23") == wanted
    assert diff(desk, "2026-08-23", name_of(first)[:8]) == difference(second, first)


# ---- what people see

def test_text_marks_and_colours(start_market, start_assay):
    """One line a change, in colour only on a terminal without NO_COLOR; exit codes; --help."""
    market = start_market(scale=30)
    desk = start_assay(market)
    helped = desk.run("diff", "--help")
    assert helped.code == 0 and "No states can be listed: " in helped.out
    desk.sync()
    before = truth.offered(market)
    market.post("remove", n=2)
    market.advance(4)
    desk.sync()
    after = truth.offered(market)
    old, new = name_of(before)[:8], name_of(after)[:8]
    run = desk.run("diff", old, new)
    wanted = difference(before, after)
    lines = run.out.splitlines()
    assert run.code == 0 and lines[0] == "openrouter" and "\x1b" not in run.out
    marks = [re.match(r"  \[([A-Z]+)\] ([^ ]+?)(:? |$)", line) for line in lines[1:-1]]
    assert all(marks)
    shown = {(m[1], m[2].rstrip(":")) for m in marks}
    for event, _, model, details in wanted:
        if event != "modified":
            assert (event.upper(), model) in shown
        elif "deprecated_at" in details:
            assert ("DEPRECATED", model) in shown
        else:
            assert ("CHANGE", model) in shown
    changes = [d for e, _, _, d in wanted if e == "modified"]
    assert lines[-1] == (
        f"{sum(e[0] == 'added' for e in wanted)} added, {sum(e[0] == 'removed' for e in wanted)} removed,"
        f" {sum(map(len, changes))} changes of {len(changes)} models")
    assert len(marks) == len(wanted) - len(changes) + sum(map(len, changes))
    assert desk.run("diff", old, old).out == "nothing differs\n"
    assert [desk.run("diff", old, at, "--exit-code").code for at in (old, new)] == [3, 0]
    helped = desk.run("diff", "--help").out
    assert old in helped and new in helped and "`assay snapshots`" in helped
    assert "2026-08-22T02:00:00.000Z" in helped
    assert "\x1b[31m[REMOVED]" in on_a_terminal(desk, "diff", old, new)
    assert "\x1b" not in on_a_terminal(desk, "diff", old, new, NO_COLOR="1")
    unknown = desk.run("diff", "2026-08-01", new)
    warning, = unknown.logs()
    assert warning["msg"] == "no state was known then: taken as empty"
    assert (warning["moment"], warning["providers"]) == ("2026-08-01", "openrouter")
    assert unknown.out.splitlines()[-1].startswith(f"{len(after)} added, 0 removed")
    nobody, = desk.run("diff", "2026-08-01", "2026-08-02").logs()
    assert nobody["msg"] == "no state of any provider was known at either moment"


def on_a_terminal(desk, *args, **env):
    ours, theirs = pty.openpty()
    try:
        process = desk.start(*args, out=theirs, err=subprocess.DEVNULL, **env)
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            said += piece
        assert process.wait() == 0
    finally:
        os.close(ours)
    return said.decode()


def test_a_state_that_was_corrected_away_cannot_be_compared(start_market, start_assay):
    """In force at no instant: its name is listed, its rows are not of any time."""
    market = start_market(scale=6)
    desk = start_assay(market)
    desk.sync()
    gone = name_of(truth.offered(market))
    market.advance()
    desk.sync()
    truth.operate(desk.database, "UPDATE snapshots SET first_at = (SELECT first_at FROM snapshots"
                                 " WHERE id = 1) WHERE id = 2")
    run = desk.run("diff", gone, desk.now())
    assert run.code == 2 and "never in force" in error(run)


# ---- states as files

@BOTH
def test_the_cache_directory(start_market, start_assay):
    """Written once under its name, written again when it is gone, left when it is there."""
    market = start_market(scale=20)
    desk = start_assay(market, ASSAY_CACHE_DIR="deep/cache")
    cache = desk.home / "deep" / "cache"
    desk.sync("--dry-run")
    assert not cache.exists()
    desk.sync()
    models = truth.offered(market)
    first = cache / f"models_{name_of(models)}.json"
    assert [*cache.iterdir()] == [first] and first.read_bytes() == canonical(models)
    first.write_text("mine")
    desk.sync()
    assert first.read_text() == "mine"  # unchanged, and there
    first.unlink()
    desk.sync()  # 304: nothing was read this time
    assert first.read_bytes() == canonical(models)
    # Rows that cannot be read are carried over: the text is that of the state, not of the list.
    market.advance()
    run = desk.sync("--cache-dir", "other", "--json", providers="openrouter").provider()
    named = desk.home / "other" / f"models_{run['hash']}.json"
    assert hashlib.sha256(named.read_bytes()).hexdigest() == run["hash"] != first.name[7:71]
    assert [*cache.iterdir()] == [first]


def test_a_model_that_is_carried_over_is_in_the_file(start_assay, tmp_path):
    """The file's name and text are those of the state, with what a list could not say this time."""
    shelf = tmp_path / "shelf"
    document = shelf / f"{PLACE}.json"
    document.parent.mkdir(parents=True)
    rows = [{"id": f"acme/{n}", "name": n, "context_length": 8192,
             "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
             "pricing": {"prompt": "0.000001", "completion": "0.000002"}} for n in ("a", "b")]
    server = Replay(shelf)
    try:
        desk = start_assay(None, ASSAY_UPSTREAM=server.url)
        document.write_text(json.dumps({"data": rows}))
        desk.sync("--cache-dir", "cache")
        rows[0]["pricing"]["prompt"] = "0.000009"
        rows[1]["pricing"]["prompt"] = "a lot"
        document.write_text(json.dumps({"data": rows}))
        state = desk.sync("--cache-dir", "cache", "--json").provider()
    finally:
        server.stop()
    text_ = (desk.home / "cache" / f"models_{state['hash']}.json").read_bytes()
    assert hashlib.sha256(text_).hexdigest() == state["hash"]
    said = {m["id"]: m for m in json.loads(text_)["models"]}
    assert said["acme/a"]["prices"][0][3] == "0.000009"
    assert said["acme/b"]["prices"][0][3] == "0.000001"


def test_a_cache_that_cannot_be_written_fails_no_sync(start_market, start_assay):
    """A warning that names the path; the state is stored; no half of a file is left."""
    market = start_market(scale=6)
    desk = start_assay(market)
    (desk.home / "file").write_text("no directory")
    run = desk.sync("--cache-dir", "file/cache")
    warning, = [line for line in run.logs() if line["level"] == 40]
    assert "file" in warning["err"] and warning["provider"] == "openrouter"
    truth.assert_stored(desk.database, truth.offered(market))
    place = desk.home / "cache" / f"models_{name_of(truth.offered(market))}.json"
    place.mkdir(parents=True)
    (place / "in the way").touch()
    run = desk.sync("--cache-dir", "cache")  # there is something of that name: it is left
    assert not [line for line in run.logs() if line["level"] == 40]
    assert [*place.parent.iterdir()] == [place]


# ---- a history that somebody scraped into git

def git(repository, *args, **env):
    return subprocess.run(["git", "-C", str(repository), *args], check=True, capture_output=True,
                          env={"PATH": os.environ["PATH"], "HOME": str(repository),
                               "GIT_CONFIG_NOSYSTEM": "1", **env})


def commit(repository, file, content, at):
    (repository / file).parent.mkdir(parents=True, exist_ok=True)
    (repository / file).write_bytes(content)
    git(repository, "add", file)
    git(repository, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", at,
        GIT_AUTHOR_DATE=at, GIT_COMMITTER_DATE=at)


def scripts(root):
    """The program of doc/history.md, to the letter."""
    page = (root / "doc" / "history.md").read_text()
    return next(block for block in re.findall(r"```sh\n(.*?)```", page, re.S)
                if block.startswith("#!/bin/sh"))


def test_replay_of_a_git_history(root, assay, start_market, start_assay, tmp_path):
    """Documents committed every few hours, one of them no list at all; replayed by doc/history.md."""
    market = start_market(scale=40)
    documents = [market.document()]
    for step in (lambda: market.advance(), lambda: market.post("reprice", n=5),
                 lambda: market.post("remove", n=2), lambda: market.post("restore")):
        step()
        documents.append(market.document())
    a, b, c, d, e = documents
    repository, at = tmp_path / "scraped", []
    repository.mkdir()
    git(repository, "init", "-q")
    story = [a, b, a, b"<html>sorry</html>", c, d, e, a]  # there and back again
    for n, content in enumerate(story):
        at.append(f"2026-08-0{1 + n // 4}T0{n % 4 * 2}:00:00+02:00")
        commit(repository, "data/models.json", content, at[-1])
    desk = start_assay(None)
    script = tmp_path / "replay.sh"
    script.write_text(scripts(root))
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "assay").symlink_to(assay)
    done = subprocess.run(
        ["sh", str(script), str(repository), "data/models.json", PLACE, "openrouter"],
        cwd=desk.home, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
        env={**desk.environment({}), "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path),
             "PORT": str(free_port())})
    assert [line for line in done.stderr.splitlines() if line.startswith("not taken")] == [
        f"not taken: {git(repository, 'rev-parse', 'HEAD~4').stdout.decode().strip()} of {at[3]}"]
    states, truths = [], []
    for content in story:
        states.append(states[-1] if content.startswith(b"<") else rational.catalog_of(content))
    for moment, models in zip(at, states):
        if not truths or truths[-1][1] != models:
            truths.append((moment, models))
    listed = desk.run("snapshots", "--json").json()["snapshots"][::-1]
    assert [s["hash"] for s in listed] == [name_of(models) for _, models in truths]
    for (old, before), (new, after) in itertools.combinations(zip(at, states), 2):
        assert diff(desk, old, new) == difference(before, after), (old, new)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
