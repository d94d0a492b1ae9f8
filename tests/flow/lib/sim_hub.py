"""marketsim's Hub, seen from a test: steer it, look into its repositories, ask it as a client does."""
import base64
import hashlib
import http.client
import json
import urllib.parse

from lib.patience import PATIENCE_S

REPO = "somebody/measurements"
WRITE = "hf_write_token_of_a_test"


class Hub:
    """`market`: a lib.market.Market."""

    def __init__(self, market, repo=REPO):
        self.market = market
        self.repo = repo
        address = urllib.parse.urlsplit(market.url)
        self.host, self.port = address.hostname, address.port

    # --- steering ---

    def control(self, method, route="", body=b"", **query):
        target = f"/sim/hub{route}?{urllib.parse.urlencode(query)}"
        reply, raw = self.ask(method, target, body)
        assert reply.status == 200, raw
        return raw

    def exists(self, **query):
        return json.loads(self.control("POST", repo=self.repo, **query))

    def fault(self, step, kind, times=1, **query):
        self.control("POST", "/fault", step=step, kind=kind, times=times, **query)

    def state(self):
        return json.loads(self.control("GET"))

    def complaints(self):
        return self.state()["complaints"]

    def files(self):
        """path -> bytes at head."""
        repo = self.state()["repos"].get(self.repo)
        return {f["path"]: self.read(f["path"]) for f in repo["files"]} if repo else {}

    def commits(self):
        return self.state()["repos"][self.repo]["commits"]

    def read(self, path):
        return self.control("GET", "/file", repo=self.repo, path=path)

    def write(self, path, content):
        """Somebody else commits."""
        self.control("POST", "/file", content, repo=self.repo, path=path)

    def log(self, clear=False):
        return json.loads(self.control("GET", "/log", **({"clear": 1} if clear else {})))

    # --- as a client ---

    def ask(self, method, target, body=b"", headers=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        connection.request(method, target, body=body, headers=headers or {})
        reply = connection.getresponse()
        raw = reply.read()
        connection.close()
        return reply, raw

    def call(self, target, document, content_type="application/json", token=WRITE, method="POST"):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {"Content-Type": content_type}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.ask(method, f"/huggingface.co{target}", body, headers)

    def preupload(self, files, revision="main", **how):
        """files: path -> bytes"""
        said = [{"path": p, "size": len(b), "sample": base64.b64encode(b[:512]).decode()}
                for p, b in files.items()]
        return self.call(f"/api/datasets/{self.repo}/preupload/{revision}", {"files": said}, **how)

    def commit(self, lines, title="a title", revision="main", **header):
        lines = [{"key": "header", "value": {"summary": title, **header}}, *lines]
        return self.call(f"/api/datasets/{self.repo}/commit/{revision}",
                         "\n".join(json.dumps(line) for line in lines).encode(),
                         "application/x-ndjson")


def regular(path, content):
    return {"key": "file", "value": {"content": base64.b64encode(content).decode(), "path": path,
                                     "encoding": "base64"}}


def lfs(path, content):
    return {"key": "lfsFile", "value": {"path": path, "algo": "sha256", "size": len(content),
                                        "oid": hashlib.sha256(content).hexdigest()}}
