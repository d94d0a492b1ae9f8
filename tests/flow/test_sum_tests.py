"""The last line of ./run test is honest: what cannot be read has failed."""
import importlib.util
import json
import pathlib

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/sum_tests.py"
spec = importlib.util.spec_from_file_location("sum_tests", TOOL)
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

GOOD = """[==========] Running 3 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
[  SKIPPED ] two
[ RUN      ] three
some output
[       OK ] three
[==========] 3 test(s) run.
[  PASSED  ] 2 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] two

 1 SKIPPED TEST(S)
"""
# Failures go to stderr: on stdout a failed test is one that never said OK.
BAD = """[==========] Running 2 test(s).
[ RUN      ] one
[ RUN      ] two
[       OK ] two
[==========] 2 test(s) run.
[  PASSED  ] 1 test(s).
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] one
"""
CRASH = """[==========] Running 5 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
"""


def program(result, stdout=""):
    return {"name": "p", "result": result, "returncode": 0, "stdout": stdout}


@pytest.mark.parametrize("record, passed, failed, skipped", [
    (program("OK", GOOD), 2, 0, 1),
    (program("FAIL", BAD), 1, 1, 0),
    (program("FAIL", CRASH), 1, 1, 0),
    (program("TIMEOUT", CRASH), 1, 1, 0),
    (program("FAIL", GOOD), 2, 1, 1),   # a leak found after the summary
    (program("ERROR"), 0, 1, 0),        # not even started
    (program("FAIL"), 0, 1, 0),         # died before its first test
    (program("OK"), 1, 0, 0),           # no cmocka program: its exit status is the test
    (program("SKIP"), 0, 0, 1),
    (program("UNEXPECTEDPASS"), 0, 1, 0),
])
def test_programs(record, passed, failed, skipped):
    assert tool.count_program(record) == (passed, failed, skipped)


JUNIT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure/></testcase>
<testcase name="c"><error/></testcase><testcase name="d"><failure/><error/></testcase>
<testcase name="e"><skipped/></testcase></testsuite></testsuites>"""


def run(capsys, *arguments):
    status = tool.main(list(arguments))
    return status, capsys.readouterr().out.splitlines()


def test_sums_two_runners(tmp_path, capsys):
    (tmp_path / "m").write_text("".join(json.dumps(program(*p)) + "\n"
                                        for p in (("OK", GOOD), ("FAIL", CRASH))))
    (tmp_path / "x").write_text(JUNIT)
    status, out = run(capsys, f"meson:1:{tmp_path}/m", f"pytest:1:{tmp_path}/x")
    assert (status, out) == (1, ["4 passed, 4 failed, 2 skipped"])


def test_all_well(tmp_path, capsys):
    (tmp_path / "m").write_text(json.dumps(program("OK", GOOD)))
    assert run(capsys, f"meson:0:{tmp_path}/m") == (0, ["2 passed, 0 failed, 1 skipped"])


@pytest.mark.parametrize("text, status", [
    (None, 0),                                  # no file
    ("", 0),                                    # nothing ran
    ("{broken", 1),
    ('{"name": "no result"}', 0),
])
def test_no_report_is_a_failure(tmp_path, capsys, text, status):
    if text is not None:
        (tmp_path / "m").write_text(text)
    code, out = run(capsys, f"meson:{status}:{tmp_path}/m")
    assert (code, out[-1]) == (1, "0 passed, 1 failed, 0 skipped")


def test_a_runner_that_fails_without_a_failure(tmp_path, capsys):
    (tmp_path / "x").write_text('<testsuite><testcase name="a"/></testsuite>')
    code, out = run(capsys, f"pytest:3:{tmp_path}/x")
    assert (code, out[-1]) == (1, "1 passed, 1 failed, 0 skipped")


def test_lines_and_tools(tmp_path, capsys):
    (tmp_path / "a").write_text("1 passed, 0 failed, 0 skipped\nlater\n7 passed, 0 failed, 2 skipped\n")
    (tmp_path / "b").write_text("died early\n")
    assert run(capsys, f"lines:0:{tmp_path}/a", "tool:0:lint") == (0, ["7 passed, 0 failed, 2 skipped"])
    status, out = run(capsys, f"lines:0:{tmp_path}/a", "tool:1:lint", f"lines:1:{tmp_path}/b")
    assert (status, out[-1]) == (1, "7 passed, 2 failed, 2 skipped")
