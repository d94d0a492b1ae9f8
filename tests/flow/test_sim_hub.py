"""marketsim's Hub takes what the official client sends, and nothing that breaks a rule."""
import hashlib
import http.client
import json

import pytest

from lib.sim_hub import Hub, lfs, regular

LFS_TYPE = "application/vnd.git-lfs+json"
STORAGE = "/lfs-storage.huggingface.co"


@pytest.fixture
def hub(start_market):
    it = Hub(start_market(scale=1))
    it.exists()
    return it


def batch(hub, content, transfers=("basic", "multipart"), **how):
    oid = hashlib.sha256(content).hexdigest()
    return hub.call(f"/datasets/{hub.repo}.git/info/lfs/objects/batch",
                    {"operation": "upload", "transfers": list(transfers), "hash_algo": "sha_256",
                     "ref": {"name": "main"}, "objects": [{"oid": oid, "size": len(content)}]},
                    LFS_TYPE, **how)


def path_of(url):
    return url.removeprefix("https:/")


def test_a_small_file(hub):
    reply, said = hub.preupload({"data/a b.csv": b"x,y\n"})
    assert reply.status == 200
    assert json.loads(said)["files"] == [{"path": "data/a b.csv", "uploadMode": "regular",
                                          "shouldIgnore": False}]
    reply, said = hub.commit([regular("data/a b.csv", b"x,y\n")], description="words")
    assert reply.status == 200
    commit = hub.commits()[-1]
    assert commit["title"] == "a title" and commit["description"] == "words"
    assert commit["oid"] == json.loads(said)["commitOid"]
    assert hub.files() == {"data/a b.csv": b"x,y\n"}
    reply, said = hub.preupload({"data/a b.csv": b"z"})
    blob = b"blob 4\0x,y\n"
    assert json.loads(said)["files"][0]["oid"] == hashlib.sha1(blob).hexdigest()
    reply, raw = hub.ask("GET", f"/huggingface.co/datasets/{hub.repo}/resolve/main/data/a%20b.csv",
                         headers={"Authorization": "Bearer hf_x"})
    assert raw == b"x,y\n" and reply.headers["X-Repo-Commit"] == commit["oid"]
    for rev, status in ((commit["oid"], 200), ("0" * 40, 404)):
        reply, _ = hub.ask("GET", f"/huggingface.co/datasets/{hub.repo}/resolve/{rev}/data/a%20b.csv",
                           headers={"Authorization": "Bearer hf_x"})
        assert reply.status == status
    assert hub.complaints() == []


def test_a_file_in_the_storage(hub):
    content = b"PAR1" * 500
    hub.preupload({"p.parquet": content})
    reply, said = batch(hub, content)
    upload = json.loads(said)["objects"][0]["actions"]["upload"]["href"]
    reply, _ = hub.ask("PUT", path_of(upload), content)
    assert reply.status == 200 and reply.headers["ETag"]
    assert hub.commit([lfs("p.parquet", content)])[0].status == 200
    assert hub.files() == {"p.parquet": content}
    assert "actions" not in json.loads(batch(hub, content)[1])["objects"][0]
    reply, _ = hub.ask("GET", f"/huggingface.co/datasets/{hub.repo}/resolve/main/p.parquet",
                       headers={"Authorization": "Bearer hf_x"})
    assert reply.status == 302
    assert hub.ask("GET", path_of(reply.headers["Location"]))[1] == content


def test_in_parts(hub):
    hub.exists(part_size=1024, lfs_over=2000)
    content = bytes(range(256)) * 10
    assert json.loads(hub.preupload({"big.csv": content})[1])["files"][0]["uploadMode"] == "lfs"
    upload = json.loads(batch(hub, content)[1])["objects"][0]["actions"]["upload"]
    assert upload["header"]["chunk_size"] == "1024"
    tags = []
    for i in range(3):
        reply, _ = hub.ask("PUT", path_of(upload["header"][f"{i + 1:05}"]),
                           content[i * 1024:(i + 1) * 1024])
        tags.append({"partNumber": i + 1, "etag": reply.headers["ETag"]})
    done = {"oid": hashlib.sha256(content).hexdigest(), "parts": tags}
    headers = {"Content-Type": LFS_TYPE}
    wrong = {**done, "parts": tags[:2]}
    assert hub.ask("POST", path_of(upload["href"]), json.dumps(wrong).encode(), headers)[0].status == 400
    assert hub.ask("POST", path_of(upload["href"]), json.dumps(done).encode(), headers)[0].status == 200
    assert hub.commit([lfs("big.csv", content)])[0].status == 200
    assert hub.files() == {"big.csv": content}


def test_rules_that_are_broken(hub):
    """(what is done, status): each is refused, and nothing comes of it."""
    csv = b"x,y\n"
    preupload = f"/api/datasets/{hub.repo}/preupload/main"
    hub.preupload({"a.csv": csv})
    cases = [
        (lambda: hub.call(preupload, {"files": []}), 400),
        (lambda: hub.call(preupload, {"files": [{"path": "b", "size": 3, "sample": "eA=="}]}), 400),
        (lambda: hub.call(preupload, b"{", "application/json"), 400),
        (lambda: hub.call(preupload, {"files": []}, "text/plain"), 400),
        (lambda: hub.preupload({"b.csv": csv}, token=None), 401),
        (lambda: hub.preupload({"b.csv": csv}, token="sk-x"), 401),
        (lambda: hub.preupload({"b.csv": csv}, token="hf_read_only"), 403),
        (lambda: hub.preupload({"b.csv": csv}, revision="nope"), 404),
        (lambda: hub.commit([regular("unannounced.csv", csv)]), 400),
        (lambda: hub.commit([regular("a.csv", csv + b"more")]), 400),
        (lambda: hub.commit([lfs("a.csv", csv)]), 400),
        (lambda: hub.commit([regular("a.csv", csv)], parentCommit="0" * 40), 412),
        (lambda: hub.commit([{"key": "deletedFile", "value": {"path": "a.csv"}}]), 400),
        (lambda: hub.call("/api/repos/create", {"name": "x", "organization": "other", "type": "dataset"}), 403),
        (lambda: hub.call("/api/repos/create", {"name": "measurements", "organization": "somebody",
                                                "type": "dataset"}), 409),
    ]
    for number, (act, status) in enumerate(cases):
        assert act()[0].status == status, number
    assert hub.files() == {} and hub.commits() == []
    upload = json.loads(batch(hub, csv)[1])["objects"][0]["actions"]["upload"]["href"]
    token = {"Authorization": "Bearer hf_x"}
    assert hub.ask("PUT", path_of(upload), csv, token)[0].status == 400
    assert hub.ask("PUT", path_of(upload), b"others")[0].status == 400
    assert "a token came to the storage" in hub.complaints()


def test_what_may_go_wrong(hub):
    hub.fault("preupload", "status", status=429, retry_after=7)
    reply, _ = hub.preupload({"a.csv": b"1"})
    assert reply.status == 429 and reply.headers["Retry-After"] == "7"
    hub.fault("preupload", "html", status=504)
    assert hub.preupload({"a.csv": b"1"})[1].startswith(b"<html>")
    assert hub.preupload({"a.csv": b"1"})[0].status == 200
    hub.fault("commit", "reset")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        hub.commit([regular("a.csv", b"1")])
    assert hub.files() == {}
    hub.fault("commit", "lost")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        hub.commit([regular("a.csv", b"1")])
    assert hub.files() == {"a.csv": b"1"}
    hub.write("a.csv", b"2")
    assert hub.files() == {"a.csv": b"2"}
    assert [e["step"] for e in hub.log(clear=True)].count("commit") == 2
    assert hub.log() == []


# What our Hub does not play: pull requests, other revisions, models, deletion of whole repositories.
RECORDED = ["03", "04", "05", "06", "07", "08", "09", "11", "13", "14", "47"]


def test_the_official_client_is_served(start_market, shared_dir):
    """Its recorded requests, in their order, get the statuses that they got then."""
    traces = shared_dir and shared_dir / "hub-traces" / "trace.json"
    if not traces or not traces.is_file():
        pytest.skip("no recorded traffic beside the project")
    cases = [c for c in json.loads(traces.read_text())["cases"] if c["name"][:2] in RECORDED]
    assert len(cases) >= len(RECORDED)
    compared = 0
    for case in cases:
        hub = Hub(start_market(scale=1), "me/metrics")
        hub.exists()
        if case["name"].startswith("14"):
            hub.write("old.csv", b"x")
        for e in case["traffic"]:
            if e["method"] == "PUT" or "/complete" in e["path"] or e.get("bodyBytes", 0) > len(e["body"] or ""):
                break  # hrefs and parts are another server's
            heads = dict(zip(e["rawHeaders"][::2], e["rawHeaders"][1::2]))
            keep = {k: v for k, v in heads.items() if k.lower() in ("authorization", "content-type")}
            reply, raw = hub.ask(e["method"], "/huggingface.co" + e["path"], e["body"].encode(), keep)
            assert reply.status == e["status"], (case["name"], e["op"], raw)
            compared += 1
            if e["op"] == "preupload":
                modes = [f["uploadMode"] for f in json.loads(raw)["files"]]
                assert modes == [f["uploadMode"] for f in json.loads(e["resBody"])["files"]]
    assert compared >= 2 * len(RECORDED), compared
