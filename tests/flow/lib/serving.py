"""`assay serve` on a free port: start it, ask it, stop it by its pid."""
import http.client
import json
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from lib.patience import PATIENCE_S, until

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
KEY = "0f1e2d3c4b5a69780f1e2d3c4b5a6978"
LISTENING = re.compile(rb"listening on http://(\S+)")


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"


class Serving:
    """Listens when this returns.  `env`: more settings; None takes one away.  The log goes to a file."""

    def __init__(self, desk, *args, listen="127.0.0.1:0", **env):
        self.desk, self.key = desk, env.get("ADMIN_API_KEY", KEY)
        settings = {"ASSAY_NOW": None, "ADMIN_API_KEY": KEY, "ASSAY_SCHEDULE": "off", **env}
        self.log_path = desk.home / f"serve-{os.urandom(4).hex()}.log"
        with open(self.log_path, "wb") as log:
            self.process = desk.start("serve", "--listen", listen, *args, out=subprocess.PIPE,
                                      err=log, **settings)
        line = self.process.stdout.readline()
        found = LISTENING.search(line)
        if not found:
            self.kill()
            raise RuntimeError(f"assay serve did not start: {line!r} {self.log()}")
        self.address = found[1].decode()
        self.url = f"http://{self.address}"

    def log(self):
        return self.log_path.read_text()

    def logs(self):
        return [json.loads(line) for line in self.log().splitlines()]

    def ask(self, path, method="GET", body=None, key=None, **headers):
        """Any status is an answer.  `key`: True is the right one, else what is sent."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            names["Authorization"] = f"Bearer {self.key if key is True else key}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            names.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=names)
        try:
            with DIRECT.open(request, timeout=PATIENCE_S) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())

    def get(self, path, **how):
        reply = self.ask(path, **how)
        assert reply.status == 200, reply
        return reply.json()

    def connection(self):
        """For what urllib is too polite for."""
        host, _, port = self.address.rpartition(":")
        return http.client.HTTPConnection(host.strip("[]"), int(port), timeout=PATIENCE_S)

    def wait_ready(self):
        """Until the catalog is loaded."""
        self.until(lambda: self.ask("/readyz").status == 200)
        return self

    def until(self, what):
        """What `what` says, once it says something; the service has to live that long."""
        def look():
            found = what()
            assert found or self.process.poll() is None, self.log()
            return found
        return until(look, lambda: "it does not come: " + self.log()[-3000:])

    def said(self, message):
        """Events of the log that say so, whole lines only."""
        lines = self.log().splitlines(keepends=True)
        return [e for e in (json.loads(x) for x in lines if x.endswith("\n")) if e["msg"] == message]

    def stop(self, expect=0):
        """As a service manager does."""
        self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        assert expect is None or code == expect, (code, self.log())
        return code

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
