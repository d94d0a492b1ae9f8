"""net/hub says to the Hub what the official client says: method, path, headers that matter, decoded
body with its members in order, one request after another.

The truth is recorded traffic of that client (hub-traces beside the repository, where it is there) and
a few cases of our own in the same shape (hub/cases.json).  What a case is about (files, title,
branch…) is read back out of its own commit, so that what is compared is how it is said.
"""
import base64
import hashlib
import json
import pathlib
import re
import subprocess
import urllib.parse

import pytest

from lib.hub_replay import STORAGE, HubReplay
from lib.patience import PATIENCE_S

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE.parents[2] / "shared" / "hub-traces" / "trace.json"
OWN = HERE / "hub" / "cases.json"

# Recorded cases that are not ours to say, and why.
NOT_OURS = {
    "01": "a repository is created with a licence and files: ours is created bare, when it is missing",
    "01b": "as 01",
    "02": "a repository is created by itself: our own case 'created meanwhile' has its 409",
    "12": "storage xet, which we do not offer (13 is the same file without it)",
    "14": "a file is deleted",
    "15": "a file is deleted",
    "25": "a repository is created by itself: our own case 'may not create' has its 403",
    "40": "an empty file goes to storage, which refuses it; our own case 'empty' does not",
    "44": "a repository of models",
    "49": "storage xet",
}
LATER = {408, 409, 429, 500, 502, 503, 504}


def cases(path):
    trace = json.loads(path.read_text()) if path.exists() else {"cases": [], "base": ""}
    return trace["base"], [case for case in trace["cases"]]


def number(case):
    return case["name"].split()[0]


RECORDED_BASE, RECORDED_CASES = cases(RECORDED)
OWN_BASE, OWN_CASES = cases(OWN)


class Hubtool:
    """The program that drives net/hub: a line of JSON in, a line out."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what):
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "hubtool died"
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(PATIENCE_S) == 0


@pytest.fixture(scope="module")
def hubtool(build_dir):
    tool = Hubtool(build_dir / "tests" / "hubtool")
    yield tool
    tool.stop()


# ---- what a case is about

def is_ours(one):
    return one["op"] != "createBranch"


def lines(one):
    return [json.loads(line) for line in one["body"].split("\n")]


def made_up(size, sample):
    """Contents of which only the beginning was recorded."""
    filler = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range((size + 31) // 32))
    return (sample + filler)[:size]


def contents(group, names):
    """path → bytes; `names` learns which recorded SHA-256 stands for which of ours."""
    files, committed = {}, {}
    for line in (line for one in group if one["op"] == "commit" for line in lines(one)):
        committed[line["value"].get("path")] = line["value"]
    whole = {hashlib.sha256(one["body"].encode()).hexdigest(): one["body"].encode()
             for one in group if one["op"] in STORAGE and one.get("body")}
    for file in (f for one in group if one["op"] == "preupload" for f in json.loads(one["body"])["files"]):
        value = committed.get(file["path"], {})
        sample = base64.b64decode(file["sample"])
        if "content" in value:
            files[file["path"]] = base64.b64decode(value["content"])
        elif value.get("oid") in whole:
            files[file["path"]] = whole[value["oid"]]
        else:
            files[file["path"]] = made_up(file["size"], sample)
    for one in (one for one in group if one["op"] == "lfsBatch"):
        # In the order of the files that are no part of the commit's text.
        stored = [path for path in files if "content" not in committed.get(path, {})]
        for said, path in zip(json.loads(one["body"])["objects"], stored):
            names[said["oid"]] = hashlib.sha256(files[path]).hexdigest()
    return files


def groups(traffic):
    """Each ends with its commit."""
    group = []
    for one in filter(is_ours, traffic):
        group.append(one)
        if one["op"] == "commit" and not one.get("again"):
            yield group
            group = []
    if group:
        yield group


def description(group, files, folder):
    """The commit that this traffic is about."""
    header = next((lines(one)[0]["value"] for one in group if one["op"] == "commit"), {})
    title = header.get("summary")
    commit = {"title": None if title and title.startswith("Add ") else title or "t",
              "description": header.get("description"), "parent": header.get("parentCommit"),
              "create": any(one["op"] == "createRepo" for one in group),
              "pull_request": "create_pr=1" in group[0]["path"], "files": []}
    for i, (path, content) in enumerate(files.items()):
        local = folder / f"{i}"
        local.write_bytes(content)
        commit["files"].append({"path": path, "local": str(local)})
    return commit


# ---- comparison

def decoded(text, kind):
    """Order of members counts; of storages offered, xet does not."""
    def read(line):
        return json.loads(line.replace(',"xet"]', "]"), object_pairs_hook=lambda pairs: pairs)
    if "json" not in kind:
        return text
    return [read(line) for line in text.split("\n")] if text else None


def header(raw, name):
    pairs = dict(zip((n.lower() for n in raw[::2]), raw[1::2]))
    value = pairs.get(name)
    return None if value == "*/*" else value


def wanted(one, files, names):
    """What the official client sent, in our bytes."""
    raw = one["rawHeaders"]
    kind = header(raw, "content-type") or ""
    body = one.get("body")
    for theirs, ours in names.items():
        body = body.replace(theirs, ours) if body else body
    said = {"method": one["method"], "path": one["path"], "authorization": header(raw, "authorization"),
            "accept": header(raw, "accept"), "x-request-id": header(raw, "x-request-id")}
    for theirs, ours in names.items():
        said["path"] = said["path"].replace(theirs, ours)
    if one["op"] in STORAGE:  # a content type that a browser would add there is free
        whole = {hashlib.sha256(content).hexdigest(): content for content in files.values()}
        content = next(c for sha, c in whole.items() if sha in said["path"] or not names)
        part = re.search(r"partNumber=(\d+)", one["path"])
        first = (int(part.group(1)) - 1) * one["part_size"] if part else 0
        said["body"] = hashlib.sha256(content[first:first + one["bodyBytes"]]).hexdigest()
    else:
        said["type"], said["body"] = kind, decoded(body, kind)
    return said


def told(request):
    get = request.headers.get
    said = {"method": request.method, "path": request.path, "authorization": get("authorization"),
            "accept": None if get("accept") == "*/*" else get("accept"),
            "x-request-id": get("x-request-id")}
    assert "transfer-encoding" not in request.headers and "expect" not in request.headers
    assert int(get("content-length", 0)) == len(request.body)
    if request.method == "PUT":
        assert "content-type" not in request.headers
        said["body"] = request.sha256()
    else:
        said["type"] = get("content-type")
        said["body"] = decoded(request.body.decode(), said["type"] or "")
    return said


def in_order(requests):
    """Parts go up side by side in the recording: their order is free."""
    return [sorted(run, key=lambda r: r["path"]) if run[0]["method"] == "PUT" else run
            for run in runs(requests)]


def runs(requests):
    run = []
    for request in requests:
        if run and (run[0]["method"] == "PUT") != (request["method"] == "PUT"):
            yield run
            run = []
        run.append(request)
    if run:
        yield run


def set_part_size(traffic):
    for one in traffic:
        sizes = re.findall(r'"chunk_size":"(\d+)"', one.get("resBody") or "")
        for other in traffic if sizes else ():
            other["part_size"] = int(sizes[0])


def play(hubtool, case, base, folder):
    """All of a case; the result of its last commit."""
    set_part_size(case["traffic"])
    for i, group in enumerate(groups(case["traffic"])):
        names = {}
        files = contents(group, names)
        place = folder / f"group{i}"
        place.mkdir()
        commit = description(group, files, place)

        def rewrite(text, names=names):
            for theirs, ours in names.items():
                text = text.replace(theirs, ours)
            return text

        with HubReplay([{**one, "path": rewrite(one["path"])} for one in group], base, rewrite) as hub:
            path = group[0]["path"].split("?")[0]
            token = header(group[0]["rawHeaders"], "authorization")
            result = hubtool.ask({
                "endpoint": hub.url, "token": token and token.removeprefix("Bearer "),
                "repo": "/".join(path.split("/")[3:5]), "retries": str(case.get("retries", 0)),
                "revision": urllib.parse.unquote(path.split("/")[6]), "commit": commit})
            want = [wanted(one, files, names) for one in group]
            assert in_order([told(request) for request in hub.asked]) == in_order(want)
            assert not hub.left, "requests that were not made"
        result["endpoint"] = hub.url
    return result


def check_result(case, base, result):
    """What becomes of it: the commit's name, or which kind of failure."""
    last = [one for one in case["traffic"] if is_ours(one)][-1]
    if "result" in case:
        assert result["error"] is None, result
        want = case["result"].get("commit") or json.loads(last["resBody"])
        assert result["commit_oid"] == (want.get("oid") or want.get("commitOid"))
        assert result["commit_url"] == (want.get("url") or want.get("commitUrl")).replace(
            base, result["endpoint"])
        return
    status = -1 if last.get("dropped") else case["error"].get("statusCode") or last["status"]
    assert result["error"] and result["status"] == status, result
    assert result["stale"] == (status == 412)
    later = status == -1 or status in LATER or (status == 403 and last["op"] in STORAGE)
    assert result["try_later"] == later, result
    request = (last.get("resHeaders") or {}).get("X-Request-Id")
    if request and last["op"] != "lfsBatch":
        assert request[:40] in result["error"], result


@pytest.mark.skipif(not RECORDED_CASES, reason=f"no recorded traffic: {RECORDED} is not there")
@pytest.mark.parametrize("case", [case for case in RECORDED_CASES if number(case) not in NOT_OURS
                                  and case["traffic"]], ids=number)
def test_the_official_client_says_the_same(hubtool, tmp_path, case):
    result = play(hubtool, case, RECORDED_BASE, tmp_path)
    check_result(case, RECORDED_BASE, result)


@pytest.mark.skipif(not RECORDED_CASES, reason=f"no recorded traffic: {RECORDED} is not there")
def test_every_recorded_case_is_played_or_left_out_by_name():
    known = {number(case) for case in RECORDED_CASES}
    assert len(known) == 50 and set(NOT_OURS) <= known
    assert {number(case) for case in RECORDED_CASES if not case["traffic"]} == {"23"}


@pytest.mark.parametrize("case", OWN_CASES, ids=lambda case: case["name"])
def test_our_own_cases(hubtool, tmp_path, case):
    result = play(hubtool, case, OWN_BASE, tmp_path)
    for name, value in case["says"].items():
        assert result[name] == value, result


@pytest.mark.parametrize("repo, token, words", [
    ("me/metrics", "sk-write", "does not begin with"),
    ("me/metrics", "hf_a b", "does not begin with"),
    ("metrics", "hf_write", "OWNER/NAME"),
    ("me/met/rics", "hf_write", "OWNER/NAME"),
    ("../metrics", "hf_write", "OWNER/NAME"),
    ("me/met?rics", "hf_write", "OWNER/NAME"),
])
def test_no_request_for_what_cannot_be_one(hubtool, repo, token, words):
    with HubReplay([], "") as hub:
        result = hubtool.ask({"endpoint": hub.url, "token": token, "repo": repo, "revision": "main",
                              "commit": {"files": [{"path": "a.csv", "content": "a\n"}], "title": "t"}})
        assert result["kind"] == "config" and words in result["error"], result
        assert token not in result["error"] and not hub.asked
