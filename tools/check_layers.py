#!/usr/bin/env python3
"""check_layers.py [ROOT]: the include law, and that every header compiles alone.

An include points down.  The boxes of layer 2 never include each other: they meet
in a file of task/, and such a file is an arrow of the flow.
"""
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# What a folder may include besides itself.  A folder missing here is a finding.
BOXES = {"provider", "store", "sink", "net"}
BELOW_TASK = {"base", "core"} | BOXES
LAW = {
    "base": set(),
    "core": {"base"},
    **{box: {"base", "core"} for box in BOXES},
    "task": BELOW_TASK,
    "web": BELOW_TASK | {"task"},
    "conf": BELOW_TASK | {"task", "web"},
    "cmd": BELOW_TASK | {"task", "web", "conf"},
    "main.c": BELOW_TASK | {"task", "web", "conf", "cmd"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
HEADER_FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]


def box_of(path):
    """src/store/sqlite/x.c → store: a folder counts as the one it stands in; a file as itself."""
    return path.parts[0]


def sources(src):
    return sorted(p for p in src.rglob("*") if p.suffix in {".c", ".h"})


def check_include(src, path, target):
    """The sentence about one include of one file, or None."""
    here = box_of(path.relative_to(src))
    there = pathlib.PurePosixPath(target)
    if ".." in there.parts or "." in there.parts:
        return f'"{target}": name it from src/, without ..'
    if here not in LAW:
        return f"{here}: not in the law of tools/check_layers.py"
    # Generated files have no folder and no layer; they are data.
    if len(there.parts) == 1:
        return None if not (path.parent / target).exists() else f'"{target}": name it from src/'
    if there.parts[0] != here and there.parts[0] not in LAW[here]:
        return f'"{target}": {here} must not include {there.parts[0]}'
    return None


def check_includes(root):
    src = root / "src"
    findings = []
    for path in sources(src):
        text = path.read_text()
        for match in INCLUDE.finditer(text):
            sentence = check_include(src, path, match[1])
            if sentence:
                line = text.count("\n", 0, match.start(1)) + 1
                findings.append(f"{path.relative_to(root)}:{line}: {sentence}")
    return findings


def compiler_flags():
    """Where the libraries' headers are; nothing without pkg-config."""
    try:
        return subprocess.run(["pkg-config", "--cflags", "libuv", "libcurl", "yyjson", "libpq"],
                              capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return []


def check_headers(root):
    """Each header, compiled as if it were a file of its own."""
    src = root / "src"
    compiler = [os.environ.get("CC", "cc"), *HEADER_FLAGS, f"-I{src}", *compiler_flags()]

    def check(path):
        done = subprocess.run([*compiler, "-x", "c", "-"], input=f'#include "{path}"\n',
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return None
        first = next((x for x in done.stderr.splitlines() if "error" in x), done.stderr)
        return f"{path.relative_to(root)}: does not compile alone: {first}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        headers = [p for p in sources(src) if p.suffix == ".h"]
        return [finding for finding in pool.map(check, headers) if finding]


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[1]).resolve()
    findings = check_includes(root) + check_headers(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
