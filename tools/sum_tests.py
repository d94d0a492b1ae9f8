#!/usr/bin/env python3
"""sum_tests.py KIND:STATUS:FILE...: one honest line over the reports of several runners.

KIND is meson (FILE is its testlog.json), pytest (its JUnit XML), lines (text whose last line
"N passed, N failed, N skipped" counts) or tool (no report, FILE is its name: one failure unless it
succeeded); STATUS is the exit status of that runner.  The last line printed is "N passed, N failed, N skipped"; the exit status is 1 when anything failed.

What cannot be read counts as failed: a missing or empty report, a runner that failed without
naming a failure, a test program that died before its last test or after its summary.
"""
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple


class Count(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other):
        return Count(*(a + b for a, b in zip(self, other)))

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


PASSED, FAILED, SKIPPED = Count(passed=1), Count(failed=1), Count(skipped=1)
OF_A_LINE = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")
OF_CMOCKA = re.compile(r"\[ *(RUN|OK|FAILED|SKIPPED) *\] (.+)")


def total(counts):
    result = Count()
    for count in counts:
        result = result.plus(count)
    return result


def count_cmocka(stdout):
    """Every "[ RUN ]" is a test; only an OK or SKIPPED for it keeps it from having failed."""
    outcomes = []
    running = None
    for line in stdout.splitlines():
        match = OF_CMOCKA.match(line)
        if not match:
            continue
        word, name = match.groups()
        if word == "RUN":
            outcomes.append(FAILED)
            running = name
        elif name == running:
            outcomes[-1] = {"OK": PASSED, "SKIPPED": SKIPPED}.get(word, FAILED)
            running = None
    return total(outcomes)


def count_program(record):
    """One test program as meson saw it."""
    count = count_cmocka(record.get("stdout", ""))
    result = record["result"]
    if result not in {"OK", "SKIP", "EXPECTEDFAIL"}:
        return count if count.failed else count.plus(FAILED)
    if count != Count():
        return count
    return SKIPPED if result == "SKIP" else PASSED


def count_meson(text):
    return total(count_program(json.loads(line)) for line in text.splitlines() if line.strip())


def count_pytest(text):
    def outcome(case):
        children = {child.tag for child in case}
        if children & {"failure", "error"}:
            return FAILED
        return SKIPPED if "skipped" in children else PASSED

    return total(outcome(case) for case in ElementTree.fromstring(text).iter("testcase"))


def count_lines(text):
    found = [match for line in text.splitlines() if (match := OF_A_LINE.fullmatch(line.strip()))]
    if not found:
        raise ValueError("no line that counts tests")
    return Count(*(int(number) for number in found[-1].groups()))


KINDS = {"meson": count_meson, "pytest": count_pytest, "lines": count_lines}


def count_tool(status, name):
    if int(status) != 0:
        print(f"{name}: exit status {status}")
    return FAILED if int(status) != 0 else Count()


def count_report(argument):
    kind, status, path = argument.split(":", 2)
    if kind == "tool":
        return count_tool(status, path)
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            count = KINDS[kind](file.read())
    except (OSError, ValueError, KeyError, ElementTree.ParseError) as problem:
        print(f"{kind}: no report: {problem}")
        return FAILED
    if count == Count():
        print(f"{kind}: {path} counts no test at all")
        return FAILED
    if int(status) != 0 and count.failed == 0:
        print(f"{kind}: exit status {status}, though no test of its report failed")
        return count.plus(FAILED)
    return count


def main(arguments):
    count = total(count_report(argument) for argument in arguments)
    print(count)
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
