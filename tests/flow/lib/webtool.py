"""tests/unit/webtool, which serves toy routes through the service's own server, and raw bytes over sockets."""
import http.client
import json
import os
import pathlib
import socket
import subprocess

from lib.patience import PATIENCE_S

KEY = "5ad0c0ffee5ad0c0ffee"


class Webtool:
    """Listens when this returns.  `limits`: members of struct web_limits, key, cors, hosts, listen, grace_ms."""

    def __init__(self, program, **limits):
        given = {"key": KEY, **limits}
        self.process = subprocess.Popen([program, *(f"{k}={v}" for k, v in given.items())],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, "MALLOC_PERTURB_": "165"})  # what is freed is gone
        self.address = self.process.stdout.readline().decode().strip()
        assert self.address, self.process.wait(PATIENCE_S)
        host, _, port = self.address.rpartition(":")
        self.host, self.port = host.strip("[]"), int(port)

    def stop(self):
        """What it said at its end."""
        said, _ = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, (self.process.returncode, said)
        return said.decode().strip()

    def end(self):
        if self.process.poll() is None:
            self.stop()

    def cpu_s(self):
        words = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    # ---- asking

    def connect(self, source=None):
        s = socket.create_connection((self.host, self.port), timeout=PATIENCE_S,
                                     source_address=(source, 0) if source else None)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def ask(self, path, method="GET", body=None, key=None, source=None, **headers):
        """(status, headers, body), whatever the status is."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            names["Authorization"] = f"Bearer {KEY if key is True else key}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            names.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S,
                                                source_address=(source, 0) if source else None)
        try:
            connection.request(method, path, body=body, headers=names)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def raw(self, data, source=None):
        """All that comes until the server closes (or says nothing more after its Content-Length)."""
        with self.connect(source) as s:
            s.sendall(data)
            return read_all(s)


def read_all(s):
    got = b""
    try:
        while piece := s.recv(65536):
            got += piece
    except ConnectionResetError:
        pass
    return got


def read_reply(s):
    """One reply, (status, headers, body), by its Content-Length; the connection stays."""
    reply = http.client.HTTPResponse(s)
    reply.begin()
    return reply.status, reply.headers, reply.read()


def head(target="/echo", *lines, method="GET", version="HTTP/1.1", host="localhost"):
    """The bytes of a request's head; `lines` without their ends."""
    first = [f"{method} {target} {version}"] + ([f"Host: {host}"] if host is not None else [])
    return "".join(f"{line}\r\n" for line in [*first, *lines, ""]).encode("latin-1")
