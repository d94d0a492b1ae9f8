"""A marketsim of the test's own: start it, steer it, ask it for the truth, stop it by its pid."""
import json
import subprocess
import urllib.parse
import urllib.request

from lib.patience import PATIENCE_S

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
LIST = "/openrouter.ai/api/v1/models"


class Market:
    """Listens on loopback at a free port; `url` is what ASSAY_UPSTREAM is set to."""

    def __init__(self, binary, seed=1, scale=60, replay=None, total=None, rows=None, ca_file=None):
        """`total`: so many models in all, shared out as in the real market, instead of `scale`;
        `rows`: how many a provider has, by its slug, whatever else is said; `ca_file`: it listens
        with TLS as well, at `tls_url`, and this file will hold the certificate to trust."""
        size = ["--scale", str(scale)] if total is None else ["--total", str(total)]
        command = [str(binary), "--seed", str(seed), *size]
        if replay:
            command += ["--replay", str(replay)]
        for slug, n in (rows or {}).items():
            command += ["--rows", f"{slug}={n}"]
        self.ca_file = ca_file
        if ca_file:
            command += ["--tls-listen", "127.0.0.1:0", "--ca-file", str(ca_file)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()  # comes once it listens, or is empty when it died
        if "listening on " not in line:
            self.stop()
            raise RuntimeError(f"marketsim did not start: {line!r}")
        self.url = line.split()[-1]
        self.tls_url = self.process.stdout.readline().split()[-1] if ca_file else None

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        self.process.stdout.close()

    def bytes(self, path, data=None):
        with DIRECT.open(self.url + path, data=data, timeout=PATIENCE_S) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self.bytes(path))

    def post(self, action, **query):
        query.setdefault("provider", "openrouter")
        return json.loads(self.bytes(f"/sim/{action}?{urllib.parse.urlencode(query)}", data=b""))

    def document(self):
        """The list as assay gets it, uncompressed."""
        return self.bytes(LIST)

    def truth(self, slug="openrouter"):
        """A provider as marketsim has it, in its own words."""
        return self.get(f"/sim/truth?provider={slug}")["providers"][slug]["models"]

    def advance(self, steps=1):
        return self.post("advance", steps=steps)["events"]

    def fault(self, kind, **query):
        return self.post("fault", kind=kind, **query)

    def heal(self, slug="openrouter"):
        self.post("fault", provider=slug, kind="none")

    def requests(self, clear=True):
        """What was asked of providers since the last time."""
        return self.get(f"/sim/requests?clear={int(clear)}")


class Shelf:
    """A directory of documents for --replay; marketsim reads a file anew at every request."""

    def __init__(self, path):
        self.path = path

    def put(self, document, name="openrouter.ai/api/v1/models"):
        """`document`: bytes, or something that JSON can say."""
        file = self.path / (name + ".json")
        file.parent.mkdir(parents=True, exist_ok=True)
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        file.write_bytes(raw)
