"""The commands in doc/operations.md and doc/troubleshooting.md do what is printed there.

A block ```console has commands behind `$ ` and below each what it prints; `…` is anything, a last
line `exit N` its exit code (else 0).  Comments arrange what a reader could not: `sim METHOD PATH`
asks marketsim, `serve [without NAME]` (re)starts the daemon, which the page calls 127.0.0.1:8000.
"""
import os
import re
import subprocess

import pytest

from lib.patience import PATIENCE_S
from lib.serving import Serving

PART = re.compile(r"^<!-- (sim|serve) ?(.*?) -->$|^```console\n(.*?)^```$", re.M | re.S)
EXIT = re.compile(r"^exit (\d+)\n?", re.M)
KEY = "f1e2d3c4b5a69788f1e2d3c4b5a69788"
SECRET = "a secret between two machines"


def pattern(shown):
    return ".*?".join(re.escape(piece) for piece in shown.rstrip("\n").split("…")) + r"\s*"


def cases(block):
    """(command, what it prints, exit code)."""
    for piece in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, shown = piece.partition("\n")
        code = EXIT.search(shown)
        yield command, EXIT.sub("", shown), int(code[1]) if code else 0


class Reader:
    """Who follows a page from its beginning to its end."""

    def __init__(self, desk, market):
        self.desk, self.market, self.daemon, self.asked = desk, market, None, 0

    def environment(self):
        return {**self.desk.environment({"ASSAY_NOW": None, "ADMIN_API_KEY": KEY,
                                         "ASSAY_INCOMING_SECRET": SECRET}),
                "PATH": f"{self.desk.binary.parent}:{os.environ['PATH']}"}

    def sim(self, words):
        method, path = words.split()
        self.market.bytes(path, b"" if method == "POST" else None)

    def serve(self, words):
        self.end()
        without = words.split()[1:] if words else []
        self.daemon = Serving(self.desk, **{"ADMIN_API_KEY": None if without else KEY,
                                            "ASSAY_INCOMING_SECRET": SECRET,
                                            "ASSAY_SCHEDULE": "off"})

    def end(self):
        if self.daemon:
            self.daemon.stop()
        self.daemon = None

    def console(self, block):
        for command, shown, code in cases(block):
            if self.daemon:
                command = command.replace("127.0.0.1:8000", self.daemon.address)
            done = subprocess.run(["sh", "-c", command], cwd=self.desk.home, check=False,
                                  env=self.environment(), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=PATIENCE_S)
            said = done.stdout.decode()
            assert done.returncode == code, (command, said)
            assert re.fullmatch(pattern(shown), said, re.S), (command, shown, said)
            self.asked += 1


@pytest.mark.parametrize("name", ["operations", "troubleshooting"])
def test_page(root, desk, market, name):
    reader = Reader(desk, market)
    try:
        for what, words, block in PART.findall((root / f"doc/{name}.md").read_text()):
            {"sim": reader.sim, "serve": reader.serve}[what](words) if what else reader.console(block)
    finally:
        reader.end()
    assert reader.asked >= 10
