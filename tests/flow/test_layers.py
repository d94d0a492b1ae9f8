"""The include law of ARCHITECTURE.md holds, and the tool that says so can fail."""
import importlib.util
import pathlib

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/check_layers.py"
spec = importlib.util.spec_from_file_location("check_layers", TOOL)
layers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(layers)


def tree(root, files):
    for name, text in files.items():
        path = root / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_our_includes_point_down(root):
    assert layers.check_includes(root) == []


def test_our_headers_compile_alone(root):
    assert layers.check_headers(root) == []


@pytest.mark.parametrize("path, target", [
    ("base/a.c", "base/b.h"),
    ("core/a.c", "base/b.h"),
    ("store/sqlite/a.c", "store/b.h"),
    ("store/a.c", "store/sqlite/b.h"),
    ("net/a.c", "core/b.h"),
    ("task/a.c", "net/b.h"),
    ("task/a.c", "store/b.h"),
    ("web/a.c", "task/b.h"),
    ("conf/a.c", "base/b.h"),
    ("cmd/a.c", "conf/b.h"),
    ("main.c", "cmd/b.h"),
    ("core/a.c", "generated.h"),
])
def test_allowed(tmp_path, path, target):
    assert layers.check_includes(tree(tmp_path, {path: f'#include "{target}"\n'})) == []


@pytest.mark.parametrize("path, target, word", [
    ("base/a.c", "core/b.h", "base must not include core"),
    ("core/a.c", "provider/b.h", "core must not include provider"),
    ("provider/a.c", "store/b.h", "provider must not include store"),
    ("store/sqlite/a.c", "net/b.h", "store must not include net"),
    ("sink/a.c", "net/b.h", "sink must not include net"),
    ("net/a.c", "task/b.h", "net must not include task"),
    ("task/a.c", "conf/b.h", "task must not include conf"),
    ("task/a.c", "web/b.h", "task must not include web"),
    ("web/a.c", "conf/b.h", "web must not include conf"),
    ("conf/a.c", "cmd/b.h", "conf must not include cmd"),
    ("cmd/a.c", "main.c/b.h", "cmd must not include main.c"),
    ("store/a.c", "../core/b.h", "without .."),
    ("store/sqlite/a.c", "store/../net/b.h", "without .."),
    ("new/a.c", "base/b.h", "not in the law"),
])
def test_refused(tmp_path, path, target, word):
    findings = layers.check_includes(tree(tmp_path, {path: f'\n  #  include "{target}"\n'}))
    assert len(findings) == 1
    assert findings[0].startswith(f"src/{path}:2: ")
    assert word in findings[0]


def test_refuses_a_neighbour_by_its_bare_name(tmp_path):
    files = {"net/a.c": '#include "b.h"\n', "net/b.h": ""}
    assert len(layers.check_includes(tree(tmp_path, files))) == 1


def test_refuses_a_header_that_needs_another(tmp_path):
    files = {"base/a.h": "#pragma once\nstruct a { size_t n; };\n",
             "base/b.h": "#pragma once\n#include <stddef.h>\nstruct b { size_t n; };\n"}
    findings = layers.check_headers(tree(tmp_path, files))
    assert len(findings) == 1
    assert findings[0].startswith("src/base/a.h: does not compile alone")


def test_exit_status(tmp_path):
    assert layers.main([str(tree(tmp_path, {"base/a.h": "#pragma once\n"}))]) == 0
    assert layers.main([str(tree(tmp_path, {"base/a.c": '#include "net/b.h"\n'}))]) == 1
