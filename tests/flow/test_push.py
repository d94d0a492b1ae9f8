"""assay push: batches reach the dataset in order, each once, and are deleted only then.

The Hub is lib/hub.py.  Batches are made here, as a recorder leaves them: a row of csv_files and a file.
"""
import datetime
import socket

import pytest
import yaml

from lib import sim_hub
from lib.hub import REPO, TOKEN, Hub

both_stores = pytest.mark.stores("sqlite", "postgres")
HEADER = (b"cycle_timestamp_iso,model_id,provider_name,provider_model_id,request_url,request_body,"
          b"request_headers_sanitized,request_start_iso,response_end_iso,duration_ms,response_status_code,"
          b"response_body_raw,response_headers_sanitized,error_message\n")
HOST = socket.gethostname()
AT = 1_787_400_000_000  # 2026-08-22T12:00:00Z
DEFAULT = "data/2026/08/22/{}-{}.csv"


@pytest.fixture
def hub():
    with Hub() as hub:
        yield hub


def made(desk):
    """The desk, its tables there."""
    assert desk.run("migrate").code == 0
    return desk


@pytest.fixture
def pusher(start_assay, hub):
    return made(start_assay(**hub.settings()))


class Batch:
    """One on its way: `rows` lines that no other batch has."""

    def __init__(self, desk, number, rows=2, fill=b"", **columns):
        self.id, self.rows = f"{HOST}-{number:04d}", rows
        self.file = desk.home / f"metrics_buffer.csv.{self.id}"
        self.content = HEADER + b"".join(
            b"2026-08-22T12:%02d:00.000Z,m,p,p/%d,u,b,{},s,e,1.5,200,\"x%s\n\",{},\n"
            % (number, row, fill) for row in range(rows))
        self.file.write_bytes(self.content)
        at = AT + number * 60_000
        values = {"host": HOST, "path": str(desk.home / "metrics_buffer.csv"), "begun_at": at,
                  "bytes": len(self.content), "row_count": rows, "first_cycle": at - 60_000,
                  "last_cycle": at, "batch": self.id, "rotated_path": str(self.file), **columns}
        for name in ("begun_at", "first_cycle", "last_cycle"):
            values[name] = desk.database.instant(values[name])
        names = ", ".join(values)
        desk.database.operate(f"INSERT INTO csv_files ({names}) VALUES ({', '.join('?' * len(values))})",
                              *values.values())
        self.desk = desk
        self.path = DEFAULT.format(f"12{number:02d}", self.id)

    def row(self):
        """(target, attempts, error, commit URL, done)"""
        return self.desk.database.one(
            "SELECT target, attempts, last_error, commit_url, done_at IS NOT NULL FROM csv_files"
            " WHERE batch = ?", self.id)

    def is_done(self):
        assert bool(self.row()[4]) == (not self.file.exists())
        return bool(self.row()[4])


def push(desk, expect=0, *args, **env):
    run = desk.run("push", "--json", *args, **env)
    assert run.code == expect, run
    assert TOKEN.encode() not in run.raw_out + run.raw_err
    return run.json()


def holders(hub, batch):
    """Commits that brought a file with its rows."""
    rows = batch.content[len(HEADER):]
    return [c for c in hub.commits if any(rows in c.files[path] for path in c.changed)]


@both_stores
def test_a_batch_goes_with_the_card_and_is_deleted(pusher, hub):
    batch = Batch(pusher, 1)
    run = pusher.run("push", "--json")
    assert run.code == 0, run
    commit = hub.commits[-1]
    assert len(hub.commits) == 2 and commit.files[batch.path] == batch.content
    assert commit.changed == {batch.path, "README.md"}
    assert commit.title == f"Automated metrics upload {pusher.now()}"
    for said in ("2 rows", "2026-08-22T12:00:00.000Z", "2026-08-22T12:01:00.000Z", batch.id):
        assert said in commit.description
    assert run.json() == {"success": True, "error": None, "batches": 1, "rows": 2, "left": 0, "rows_waiting": 0, "pushed": [
        {"batch": batch.id, "path": batch.path, "rows": 2, "commit_url": commit.url, "already": False}]}
    line, = [line for line in run.logs() if line["msg"] == "pushed"]
    assert (line["commit"], line["rows"], line["repo"]) == (commit.url, 2, REPO)
    assert batch.is_done() and batch.row()[:4] == (batch.path, 1, None, commit.url)
    assert TOKEN.encode() not in run.raw_err + run.raw_out + pusher.database.content()
    assert push(pusher)["batches"] == 0 and len(hub.commits) == 2


def test_the_card_says_which_files_and_what_they_hold(pusher, hub):
    Batch(pusher, 1)
    push(pusher)
    _, front, text = hub.files()["README.md"].decode().split("---\n")
    config, = yaml.safe_load(front)["configs"]
    assert config["config_name"] == "default"
    assert config["data_files"] == [{"split": "train", "path": "data/**/*.csv"}]
    types = {f["name"]: f["dtype"] for f in config["features"]}
    assert list(types) == HEADER.decode().strip().split(",")
    assert types.pop("duration_ms") == "float64" and types.pop("response_status_code") == "int64"
    assert set(types.values()) == {"string"} and text.strip().startswith("# ")


def test_a_card_that_is_there_stays(pusher, hub):
    hub.commit("mine", None, {"README.md": b"mine\n"})
    batch = Batch(pusher, 1)
    push(pusher)
    assert hub.commits[-1].changed == {batch.path} and hub.files()["README.md"] == b"mine\n"


def test_the_repository_is_made_when_it_is_missing(start_assay):
    with Hub(exists=False) as hub:
        desk = made(start_assay(**hub.settings()))
        batch = Batch(desk, 1)
        push(desk)
        assert hub.files()[batch.path] == batch.content and "README.md" in hub.files()
        assert batch.is_done() and hub.asked.count("create") == 1


@both_stores
def test_the_buffer_is_rotated_first(pusher, hub):
    """The open buffer becomes a batch of its own, behind those that wait."""
    waiting = Batch(pusher, 1)
    buffer = Batch(pusher, 2, batch=None, rotated_path=None)
    path = pusher.home / "metrics_buffer.csv"
    buffer.file.rename(path)
    done = push(pusher)
    assert [d["batch"] for d in done["pushed"]][0] == waiting.id and done["batches"] == 2
    assert hub.files()[done["pushed"][1]["path"]] == buffer.content
    assert not path.exists() and not list(pusher.home.glob("metrics_buffer.csv.*-*"))


def test_rows_of_another_buffer_are_told_of(pusher, hub):
    """Who has changed LOCAL_CSV_PATH must not find a month later what he left behind."""
    left = Batch(pusher, 1, batch=None, rotated_path=None)
    left.file.rename(pusher.home / "metrics_buffer.csv")
    told = pusher.run("push", "--json", LOCAL_CSV_PATH="other.csv")
    warnings = [e for e in told.logs() if "another CSV buffer" in e["msg"]]
    assert [(e["path"], e["rows"]) for e in warnings] == [
        (str(pusher.home / "metrics_buffer.csv"), 2)]
    assert push(pusher)["rows"] == 2


# ---- failures

FAULTS = [("preupload", 500), ("preupload", 504), ("preupload", 429), ("preupload", 401), ("preupload", 403),
          ("preupload", "cut"), ("resolve", 503), ("resolve", "cut"), ("resolve", 404), ("commit", 400),
          ("commit", 409), ("commit", 413), ("commit", 503), ("commit", "cut"), ("commit", "lost")]
LFS_FAULTS = [("batch", 500), ("batch", "cut"), ("put", 403), ("put", 501), ("put", "cut"), ("put", "lost")]
PART_FAULTS = [("put", 500), ("complete", 500), ("complete", "lost")]


def fails_once(desk, hub, number, step, how):
    """Kept and told, then pushed by the next one, exactly once, what waits behind it after it."""
    first, second = Batch(desk, number, rows=3), Batch(desk, number + 1)
    hub.fail(step, how)
    told = push(desk, 1)
    assert told["left"] == 2 and first.id in told["error"], (step, how)
    assert first.file.read_bytes() == first.content and not first.is_done() and not second.is_done()
    target, attempts, error, url, _ = first.row()
    assert (target, attempts, url) == (first.path, 1, None) and error in told["error"]
    assert second.row()[:3] == (None, 0, None)
    told = push(desk)
    assert [d["batch"] for d in told["pushed"]] == [first.id, second.id]
    assert told["pushed"][0]["already"] == ((step, how) == ("commit", "lost"))
    for batch in (first, second):
        assert batch.is_done() and hub.files()[batch.path] == batch.content
        assert len(holders(hub, batch)) == 1
    at = [hub.commits.index(*holders(hub, batch)) for batch in (first, second)]
    assert at == sorted(at)


def test_each_step_fails_once(pusher, hub):
    for i, (step, how) in enumerate(FAULTS):
        fails_once(pusher, hub, 2 * i, step, how)


@pytest.mark.parametrize("faults, part_size", [(LFS_FAULTS, None), (PART_FAULTS, 200)])
def test_each_step_of_storage_fails_once(start_assay, faults, part_size):
    with Hub(lfs_over=100, part_size=part_size) as hub:
        hub.commit("mine", None, {"README.md": b"mine\n"})
        desk = made(start_assay(**hub.settings()))
        for i, (step, how) in enumerate(faults):
            fails_once(desk, hub, 2 * i, step, how)
        assert len(hub.stored) == 2 * len(faults)


@pytest.mark.parametrize("part_size", [100_000, 1024])
def test_another_hub_has_nothing_to_complain_about(start_assay, start_market, part_size):
    """marketsim's, written by somebody else, which checks each request by itself."""
    hub = sim_hub.Hub(start_market(scale=1))
    hub.exists(lfs_over=1800, part_size=part_size)  # the card has less
    desk = made(start_assay(hub.market, HF_HUB_TOKEN=sim_hub.WRITE, HF_DATASET_REPO_ID=sim_hub.REPO))
    batches = []
    faults = [("preupload", "html"), ("commit", "reset"), ("commit", "lost"), ("put", "lost"),
              ("put", "reset"), ("batch", "html"), *([("complete", "lost")] if part_size < 2000 else [])]
    for i, (step, kind) in enumerate(faults):
        batches.append(Batch(desk, i, rows=60 if step in ("batch", "put", "complete") else 2))
        hub.fault(step, kind)
        push(desk, 1)
        push(desk)
    files = hub.files()
    assert all(files[batch.path] == batch.content and batch.is_done() for batch in batches)
    assert len(files) == len(batches) + 1 and b"data/**/*.csv" in files["README.md"]
    assert len(hub.commits()) == len(batches) and hub.complaints() == []


def test_tried_again_at_once_where_it_may_help(pusher, hub):
    """With retries, and never beyond them; a commit is looked for before it is repeated."""
    batch = Batch(pusher, 1)
    hub.fail("commit", 503, "lost")
    assert push(pusher, ASSAY_RETRIES=2)["pushed"][0]["already"]
    assert hub.asked == ["preupload", "resolve"] + ["preupload", "commit"] * 2 + ["preupload"]
    assert len(holders(hub, batch)) == 1
    hub.asked.clear()
    Batch(pusher, 2)
    hub.fail("commit", 503, 503, 503)
    push(pusher, 1, ASSAY_RETRIES=2)
    assert hub.asked.count("commit") == 3
    hub.asked.clear()
    hub.fail("preupload", 403)
    push(pusher, 1, ASSAY_RETRIES=2)
    assert hub.asked == ["preupload"]


def test_a_long_wait_is_kept_to(pusher, hub):
    """What the Hub asks for outlasts the process, and is no new request."""
    batch = Batch(pusher, 1)
    hub.fail("preupload", (429, {"RateLimit": '"api";r=0;t=293'}))
    assert "429" in push(pusher, 1, ASSAY_RETRIES=3)["error"]
    hub.asked.clear()
    assert "not to be asked again before" in push(pusher, 1)["error"]
    assert hub.asked == [] and not batch.is_done()
    pusher.database.operate("UPDATE jobs SET state = NULL WHERE name = 'push'")
    hub.fail("preupload", (429, {"Retry-After": "9" * 18}))
    push(pusher, 1)
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    until = push(pusher, 1)["error"].split(" before ")[1]  # a Hub that errs does not stop us for years
    assert datetime.datetime.fromisoformat(until) <= soon
    pusher.database.operate("UPDATE jobs SET state = NULL WHERE name = 'push'")
    push(pusher)
    assert batch.is_done()


def test_a_token_that_is_quoted_is_not_kept(pusher, hub):
    """Whole, or where the quotation is cut."""
    batch = Batch(pusher, 1)
    for before in (0, 60 - len(TOKEN) // 2):
        hub.fail("preupload", (401, {}, "x" * before + TOKEN + " is expired"))
        push(pusher, 1)
        assert "expired" in batch.row()[2] or before
        assert TOKEN[:len(TOKEN) // 2] not in batch.row()[2]


def test_what_another_push_has_done_stays_done(pusher, hub):
    """One that was held up until its lease went to another writes nothing of before over it."""
    first, second, third = (Batch(pusher, n) for n in (1, 2, 3))

    def another():
        for batch in (first, second):
            batch.file.unlink()
            pusher.database.operate("UPDATE csv_files SET commit_url = 'https://huggingface.co/c', done_at = ?"
                                    " WHERE batch = ?", pusher.database.instant(AT), batch.id)

    hub.before["commit"] = another
    hub.fail("commit", 503)
    push(pusher, 1)
    assert first.is_done() and first.row()[3] == "https://huggingface.co/c"
    assert push(pusher)["batches"] == 1 and third.is_done() and second.is_done()


def test_what_another_push_does_meanwhile_is_left_to_it(pusher, hub):
    first, second, third = (Batch(pusher, n) for n in (1, 2, 3))

    def another():
        second.file.unlink()
        pusher.database.operate("UPDATE csv_files SET commit_url = 'https://huggingface.co/c', done_at = ?"
                                " WHERE batch = ?", pusher.database.instant(AT), second.id)

    hub.before["commit"] = another
    assert push(pusher)["batches"] == 2
    assert all(batch.is_done() for batch in (first, second, third))


def test_killed_between_the_commit_and_the_end(pusher, hub):
    """Written down and not deleted: that alone is done, without a question."""
    batch = Batch(pusher, 1, target="x.csv", commit_url="https://huggingface.co/c", attempts=1)
    assert push(pusher)["pushed"][0]["commit_url"] == "https://huggingface.co/c"
    assert batch.is_done() and hub.asked == []


def test_one_at_a_time(pusher, hub):
    batch, others = Batch(pusher, 1), []
    hub.before["commit"] = lambda: others.append(push(pusher, 1))
    push(pusher)
    assert "has been pushing since" in others[0]["error"] and others[0]["batches"] == 0
    assert batch.is_done() and len(holders(hub, batch)) == 1


def test_a_buffer_that_cannot_be_rotated_stops_no_older_batch(pusher, hub):
    batch = Batch(pusher, 1)
    told = push(pusher, 1, LOCAL_CSV_PATH="no/such/folder/buffer.csv")
    assert "no/such/folder" in told["error"] and told["batches"] == 1 and batch.is_done()


def test_a_file_that_is_gone_stops_nobody_else(pusher, hub):
    gone, batch = Batch(pusher, 1), Batch(pusher, 2)
    gone.file.unlink()
    told = push(pusher, 1)
    assert gone.file.name in told["error"] and "gone" in told["error"]
    assert batch.is_done() and told["batches"] == 1 and told["left"] == 1


@both_stores
def test_batches_of_a_host_that_was_renamed_are_pushed(pusher, hub):
    """Its files are here; those of another machine are left to it."""
    renamed, own, other = (Batch(pusher, n, host=host) for n, host in ((1, "1f0c3a"), (2, HOST), (3, "else")))
    other.file.unlink()
    told = push(pusher)
    assert [d["batch"] for d in told["pushed"]] == [renamed.id, own.id] and told["left"] == 0
    assert renamed.is_done() and own.is_done() and other.row()[1:] == (0, None, None, False)


def test_the_path_is_that_of_the_first_attempt(pusher, hub):
    batch = Batch(pusher, 1)
    hub.fail("commit", 503)
    push(pusher, 1)
    push(pusher, HF_DATASET_TARGET_FILENAME="elsewhere/{batch}.csv")
    assert hub.files()[batch.path] == batch.content and batch.is_done()


# ---- a fixed name

FIXED = {"HF_DATASET_TARGET_FILENAME": "metrics.csv"}


def body(*batches):
    return HEADER + b"".join(b.content[len(HEADER):] for b in batches)


def test_a_fixed_name_is_added_to(pusher, hub):
    first, second, third = (Batch(pusher, n) for n in (1, 2, 3))
    push(pusher, **FIXED)
    assert hub.files()["metrics.csv"] == body(first, second, third)
    assert len(hub.commits) == 4 and all(b.is_done() for b in (first, second, third))
    assert not list(pusher.home.glob("*.joined"))
    assert yaml.safe_load(hub.files()["README.md"].split(b"---\n")[1])["configs"][0][
        "data_files"][0]["path"] == "metrics.csv"


@pytest.mark.parametrize("how", ["cut", "lost", 503])
def test_rows_are_added_once(pusher, hub, how):
    first, second = Batch(pusher, 1), Batch(pusher, 2)
    push(pusher, **FIXED)
    third = Batch(pusher, 3)
    hub.fail("commit", how)
    push(pusher, 1, **FIXED)
    third.file.with_name(third.file.name + ".joined").write_bytes(b"of somebody who was killed")
    told = push(pusher, **FIXED)
    assert told["pushed"][0]["already"] == (how == "lost")
    assert hub.files()["metrics.csv"] == body(first, second, third) and third.is_done()
    assert len(hub.commits) == 4 and not list(pusher.home.glob("*.joined"))


def test_somebody_else_adds_in_between(pusher, hub):
    """412: his rows stay, ours come behind them."""
    first = Batch(pusher, 1)
    push(pusher, **FIXED)
    second = Batch(pusher, 2)
    his = b"2026-08-22T13:00:00.000Z,his,p,p/0,u,b,{},s,e,1.5,200,y,{},\n"
    hub.before["commit"] = lambda: hub.commit("his", None, {"metrics.csv": body(first) + his})
    push(pusher, **FIXED)
    assert hub.files()["metrics.csv"] == body(first) + his + second.content[len(HEADER):]
    assert second.is_done()


def test_a_file_that_cannot_be_got_is_not_taken_for_missing(pusher, hub):
    """The head names it, and storage or a replica that lags says 404."""
    first = Batch(pusher, 1)
    push(pusher, **FIXED)
    second = Batch(pusher, 2)
    hub.fail("resolve", None, 404)
    assert "404" in push(pusher, 1, **FIXED)["error"]
    assert hub.files()["metrics.csv"] == body(first)
    push(pusher, **FIXED)
    assert hub.files()["metrics.csv"] == body(first, second)


@pytest.mark.parametrize("there, words", [
    (b"other,columns\n1,2\n", "other columns"),
    (HEADER + b"x" * 9_999_900 + b"\n", "data/{yyyy}/{mm}/{dd}/{hhmm}-{batch}.csv"),
    (HEADER + b"x" * 11_000_000 + b"\n", "data/{yyyy}/{mm}/{dd}/{hhmm}-{batch}.csv"),
])
def test_a_file_that_cannot_be_added_to_is_refused_by_name(pusher, hub, there, words):
    hub.commit("mine", None, {"metrics.csv": there})
    batch = Batch(pusher, 1)
    told = push(pusher, 1, **FIXED)
    assert words in told["error"] and "metrics.csv" in told["error"]
    assert hub.files()["metrics.csv"] == there and not batch.is_done()
    assert not list(pusher.home.glob("*.joined"))


def test_another_template_does_not_write_over_a_fixed_name(pusher, hub):
    """What was to be added to a file is not put in its place, whatever the setting says by now."""
    first = Batch(pusher, 1)
    push(pusher, **FIXED)
    second = Batch(pusher, 2)
    hub.fail("commit", 503)
    push(pusher, 1, **FIXED)
    push(pusher)
    assert hub.files()["metrics.csv"] == body(first, second) and second.is_done()


def test_the_remedy_for_a_file_that_is_too_large_works(pusher, hub):
    """The path per batch that the refusal advises takes the batch that was refused."""
    there = HEADER + b"x" * 9_999_900 + b"\n"
    hub.commit("mine", None, {"metrics.csv": there})
    batch = Batch(pusher, 1)
    push(pusher, 1, **FIXED)
    push(pusher)
    assert hub.files()["metrics.csv"] == there
    assert hub.files()[batch.path] == batch.content and batch.is_done()


def test_the_first_file_of_a_fixed_name_is_no_larger_either(pusher, hub):
    batch = Batch(pusher, 1, rows=2, fill=b"x" * 5_000_000)
    assert "metrics.csv" in push(pusher, 1, **FIXED)["error"] and len(hub.commits) == 1
    push(pusher)
    assert hub.files()[batch.path] == batch.content and "metrics.csv" not in hub.files()


# ---- the command

MISTAKES = [
    ({"HF_HUB_TOKEN": None}, "HF_HUB_TOKEN is not set"),
    ({"HF_DATASET_REPO_ID": None}, "HF_DATASET_REPO_ID is not set"),
    ({"HF_HUB_TOKEN": "sk-not-of-the-hub"}, "HF_HUB_TOKEN: the token does not begin with"),
    ({"HF_DATASET_REPO_ID": "probes"}, r'HF_DATASET_REPO_ID: \"probes\" is not OWNER/NAME'),
    ({"HF_DATASET_TARGET_FILENAME": "data/{year}.csv"}, "HF_DATASET_TARGET_FILENAME"),
    ({"HF_DATASET_TARGET_FILENAME": "../x.csv"}, "HF_DATASET_TARGET_FILENAME"),
]


def test_what_is_missing_or_wrong_is_named(pusher, hub):
    batch = Batch(pusher, 1)
    for changed, words in MISTAKES:
        for args in ((), ("--dry-run",)):
            run = pusher.run("push", *args, **changed)
            assert run.code == 2 and words in run.err and "sk-not-of-the-hub" not in run.err, run
    assert hub.asked == [] and batch.row()[1] == 0


def test_a_dry_run_changes_nothing(pusher, hub):
    batch = Batch(pusher, 1)
    before = pusher.database.dump("csv_files", "jobs")
    told = push(pusher, 0, "--dry-run")
    assert told["waiting"] == [{"batch": batch.id, "path": batch.path, "rows": 2, "attempts": 0,
                                "last_error": None}]
    assert batch.path in pusher.run("push", "--dry-run").out
    assert hub.asked == [] and pusher.database.dump("csv_files", "jobs") == before
    assert batch.file.exists()


def test_people_are_told_in_words(pusher, hub):
    batch = Batch(pusher, 1)
    run = pusher.run("push")
    assert run.code == 0 and f"{batch.id}: 2 rows → {batch.path}\n  {hub.commits[-1].url}\n" in run.out
    assert run.out.endswith("1 batches with 2 rows pushed, 0 left\n")
