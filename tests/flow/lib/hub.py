"""A dataset hub that keeps what it is told, and fails where it is bidden: what assay pushes to.

It is asked through ASSAY_UPSTREAM: /huggingface.co/… is the Hub, /storage.example/… what its signed
URLs lead to.  Each request is checked: token, content type, JSON; what is not right is a 4xx that no
fault explains and is noted in `wrong`.
"""
import base64
import hashlib
import http.server
import json
import threading
import urllib.parse

TOKEN = "hf_writes_to_one_dataset_0001"
REPO = "ann/probes"
BASE = "https://huggingface.co"
STORAGE = "https://storage.example"
STEPS = ("preupload", "create", "resolve", "batch", "put", "complete", "commit")


def git_name(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Commit:
    def __init__(self, number, title, description, files, changed):
        self.oid = hashlib.sha1(b"commit %d" % number).hexdigest()
        self.title, self.description, self.files, self.changed = title, description, files, changed
        self.url = f"{BASE}/datasets/{REPO}/commit/{self.oid}"


class Refuse(Exception):
    """An answer other than 200."""

    def __init__(self, status, code=None, text="no", **headers):
        super().__init__(text)
        self.status, self.text = status, text
        self.headers = {**({"X-Error-Code": code} if code else {}), **headers}


class Hub:
    """`with Hub() as hub`: hub.url; hub.files() at the head; hub.commits; hub.asked: steps in order.

    hub.fail(step, what…): each is how one request of that step goes wrong: a status, (status,
    {header: value}), "cut" (nothing is done and no answer comes) or "lost" (it is done and no answer
    comes).
    """

    def __init__(self, exists=True, lfs_over=10_000_000, part_size=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.hub = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.lock = threading.Lock()
        self.lfs_over, self.part_size = lfs_over, part_size
        self.commits, self.stored, self.parts = [], {}, {}
        self.faults = {step: [] for step in STEPS}
        self.asked, self.wrong, self.before = [], [], {}
        if exists:
            self.commit("initial commit", None, {".gitattributes": b""})

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        assert self.wrong == []

    def settings(self):
        return {"ASSAY_UPSTREAM": self.url, "HF_HUB_TOKEN": TOKEN, "HF_DATASET_REPO_ID": REPO}

    def fail(self, step, *how):
        self.faults[step] += how

    def files(self):
        return self.commits[-1].files if self.commits else {}

    def commit(self, title, description, changed):
        files = {**self.files(), **changed}
        self.commits.append(Commit(len(self.commits), title, description, files, set(changed)))
        return self.commits[-1]

    # ---- what is asked

    def route(self, method, path):
        """(step, what is left of the path)"""
        api, git = f"/huggingface.co/api/datasets/{REPO}/", f"/huggingface.co/datasets/{REPO}"
        for step, verb, head in (("preupload", "POST", api + "preupload/"), ("commit", "POST", api + "commit/"),
                                 ("create", "POST", "/huggingface.co/api/repos/create"),
                                 ("batch", "POST", git + ".git/info/lfs/objects/batch"),
                                 ("resolve", "GET", git + "/resolve/"),
                                 ("put", "PUT", "/storage.example/put/"),
                                 ("complete", "POST", "/storage.example/complete/")):
            if method == verb and path.startswith(head):
                return step, path[len(head):]
        raise Refuse(400, text=f"no such path: {method} {path}")

    def check(self, step, headers, body):
        types = {"preupload": "application/json", "create": "application/json",
                 "commit": "application/x-ndjson", "batch": "application/vnd.git-lfs+json",
                 "complete": "application/vnd.git-lfs+json"}
        if headers.get("Content-Type") != types.get(step):
            raise Refuse(400, text=f"{step} with content type {headers.get('Content-Type')}")
        if step in ("put", "complete"):
            if "Authorization" in headers:
                raise Refuse(400, text="a token for storage")
        elif headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refuse(401, text="Invalid credentials in Authorization header")
        if step not in ("create", "put", "complete") and not self.commits:
            raise Refuse(404, "RepoNotFound", "Repository not found")

    def say(self, step, rest, query, body):
        return {"preupload": self.say_preupload, "create": self.say_create, "batch": self.say_batch,
                "resolve": self.say_resolve, "put": self.say_put, "complete": self.say_complete,
                "commit": self.say_commit}[step](rest, query, body)

    def is_lfs(self, size):
        return size > self.lfs_over

    def say_preupload(self, rest, query, body):
        assert rest == "main", rest
        said = []
        for file in json.loads(body)["files"]:
            assert len(base64.b64decode(file["sample"])) == min(file["size"], 512)
            here = self.files().get(file["path"])
            lfs = self.is_lfs(file["size"])
            oid = {} if here is None else {
                "oid": hashlib.sha256(here).hexdigest() if self.is_lfs(len(here)) else git_name(here)}
            said.append({"path": file["path"], "uploadMode": "lfs" if lfs else "regular",
                         "shouldIgnore": False, **oid})
        return {"files": said, "commitOid": self.commits[-1].oid}

    def say_create(self, rest, query, body):
        owner, name = REPO.split("/")
        assert json.loads(body) == {"name": name, "organization": owner, "type": "dataset"}
        if self.commits:
            raise Refuse(409, text="You already created this dataset repo")
        self.commit("initial commit", None, {".gitattributes": b""})
        return {"url": f"{BASE}/datasets/{REPO}", "name": REPO}

    def say_resolve(self, rest, query, body):
        rev, _, path = rest.partition("/")
        at = next((c for c in self.commits if c.oid == rev), None)
        path = urllib.parse.unquote(path)
        if not at:
            raise Refuse(404, "RevisionNotFound", f"Invalid rev id: {rev}")
        if path not in at.files:
            raise Refuse(404, "EntryNotFound", "Entry not found")
        return at.files[path]

    def say_batch(self, rest, query, body):
        asked = json.loads(body)
        assert asked["transfers"] == ["basic", "multipart"] and asked["operation"] == "upload"
        objects = []
        for o in asked["objects"]:
            said = dict(o)
            if o["oid"] not in self.stored:
                said["actions"] = {"upload": self.upload(o["oid"], o["size"])}
            objects.append(said)
        return {"transfer": "multipart" if self.part_size else "basic", "objects": objects}

    def upload(self, oid, size):
        if not self.part_size:
            return {"href": f"{STORAGE}/put/{oid}?signature=s"}
        n = -(-size // self.part_size)
        return {"href": f"{STORAGE}/complete/{oid}",
                "header": {"chunk_size": str(self.part_size),
                           **{f"{i:05d}": f"{STORAGE}/put/{oid}?part={i}" for i in range(1, n + 1)}}}

    def say_put(self, rest, query, body):
        part = urllib.parse.parse_qs(query).get("part")
        if part:
            self.parts[rest, int(part[0])] = body
        else:
            assert hashlib.sha256(body).hexdigest() == rest
            self.stored[rest] = body
        return b""

    def say_complete(self, rest, query, body):
        numbers = [p["partNumber"] for p in json.loads(body)["parts"]]
        assert numbers == list(range(1, len(numbers) + 1))
        whole = b"".join(self.parts[rest, i] for i in numbers)
        assert hashlib.sha256(whole).hexdigest() == rest
        self.stored[rest] = whole
        return {"success": True}

    def say_commit(self, rest, query, body):
        header, *lines = [json.loads(line) for line in body.decode().split("\n")]
        assert rest == "main" and header["key"] == "header"
        head, changed = header["value"], {}
        if head.get("parentCommit", self.commits[-1].oid) != self.commits[-1].oid:
            raise Refuse(412, text="A commit has happened since. Please refresh and try again.")
        for line in lines:
            value = line["value"]
            content = (base64.b64decode(value["content"]) if line["key"] == "file"
                       else self.stored[value["oid"]])
            assert self.is_lfs(len(content)) == (line["key"] == "lfsFile")
            changed[value["path"]] = content
        done = self.commit(head["summary"], head.get("description"), changed)
        return {"success": True, "commitOid": done.oid, "commitUrl": done.url, "hookOutput": ""}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def ask(self):
        hub = self.server.hub
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with hub.lock:
            self.decide(hub, url, body)

    def decide(self, hub, url, body):
        try:
            step, rest = hub.route(self.command, url.path)
            hub.asked.append(step)
            if step in hub.before:
                hub.before.pop(step)()
            how = hub.faults[step].pop(0) if hub.faults[step] else None
            if how == "cut":
                self.close_connection = True
                return
            if how and how != "lost":
                status, headers, *text = how if isinstance(how, tuple) else (how, {})
                self.answer(status, headers, {"error": text[0] if text else "as bidden"})
                return
            hub.check(step, self.headers, body)
            said = hub.say(step, rest, url.query, body)
            if how == "lost":
                self.close_connection = True
                return
            self.answer(200, {"ETag": '"e"'}, said)
        except Refuse as refusal:
            if refusal.status == 400:
                hub.wrong.append(refusal.text)
            self.answer(refusal.status, refusal.headers, {"error": refusal.text})
        except Exception as e:  # noqa: BLE001 (told by the hub's end)
            hub.wrong.append(repr(e))
            self.answer(400, {}, {"error": "wrong"})

    def answer(self, status, headers, said):
        said = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {**headers, "X-Request-Id": "Root=1-fake",
                            "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = ask

    def log_message(self, *_):
        pass
