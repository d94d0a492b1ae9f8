"""Local times of places (base/zone): every answer beside Python's zoneinfo, over changes of clocks."""
import datetime
import random
import struct
import subprocess
import zoneinfo

import pytest

from lib.patience import PATIENCE_S

UTC = datetime.timezone.utc
# Summer time of the north and of the south, half an hour of it, none, half and quarter hours from
# UTC, a day that was left out, a summer that is the standard, rules with negative hours.
ZONES = ("Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata",
         "Asia/Kathmandu", "Pacific/Apia", "Europe/Dublin", "America/Nuuk", "Africa/Casablanca",
         "Asia/Gaza", "UTC", "America/St_Johns", "Pacific/Chatham")


class Tool:
    def __init__(self, binary, env=None):
        self.process = subprocess.Popen([str(binary)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=env)

    def ask(self, *questions):
        text = "".join(" ".join(map(str, q)) + "\n" for q in questions)
        out, _ = self.process.communicate(text, timeout=PATIENCE_S)
        return out.splitlines()


@pytest.fixture
def timetool(build_dir):
    tools = []

    def start(**env):
        tools.append(Tool(build_dir / "tests/timetool", env or None))
        return tools[-1]

    yield start
    for tool in tools:
        tool.process.kill()
        tool.process.wait()


def ms(at):
    return int(at.timestamp()) * 1000


def offset(zone, at):
    return int(at.astimezone(zone).utcoffset().total_seconds())


def changes(zone, first, last):
    """Instants at which the offset becomes another, to the second, by bisection of days."""
    day = datetime.timedelta(days=1)
    at = first
    while at < last:
        low, high = at, at + day
        if offset(zone, low) != offset(zone, high):
            while high - low > datetime.timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (middle, high) if offset(zone, middle) == offset(zone, at) else (low, middle)
            yield high
        at += day


def next_time(zone, start, hour, minute):
    """By the words of the header: a skipped time is the change itself, of a repeated one the first."""
    day = start.astimezone(zone).date() - datetime.timedelta(days=1)
    while True:
        local = datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
        at = local.astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):  # it is skipped
            at = next(changes(zone, at - datetime.timedelta(days=2), at + datetime.timedelta(days=2)))
        if at >= start:
            return at
        day += datetime.timedelta(days=1)


@pytest.mark.parametrize("name", ZONES)
def test_offsets_around_every_change(timetool, name):
    zone = zoneinfo.ZoneInfo(name)
    first = datetime.datetime(1975, 1, 1, tzinfo=UTC)
    instants = [at + datetime.timedelta(seconds=s)
                for at in changes(zone, first, datetime.datetime(2045, 1, 1, tzinfo=UTC))
                for s in (-1, 0, 1)]
    random.seed(name)
    instants += [first + datetime.timedelta(seconds=random.randrange(100 * 365 * 86400)) for _ in range(500)]
    answers = timetool().ask(*(("offset", name, ms(at)) for at in instants))
    assert list(map(int, answers)) == [offset(zone, at) for at in instants]
    assert name in ("UTC", "Asia/Kolkata", "Asia/Kathmandu") or len(instants) > 500 + 3 * 4


@pytest.mark.parametrize("name", ZONES)
def test_next_time_of_day_over_changes(timetool, name):
    zone = zoneinfo.ZoneInfo(name)
    random.seed(name)
    around = list(changes(zone, datetime.datetime(2011, 6, 1, tzinfo=UTC),
                          datetime.datetime(2040, 1, 1, tzinfo=UTC)))
    around = random.sample(around, min(12, len(around))) or [datetime.datetime(2026, 3, 29, 1, tzinfo=UTC)]
    asked = []
    for change in around:
        near = change.astimezone(zone)
        for hours in (-30, -3, -1, 0, 1, 20):
            start = change + datetime.timedelta(hours=hours, seconds=random.randrange(3600))
            # Times that the change skips or repeats, and others.
            hour, minute = (near + datetime.timedelta(minutes=random.randrange(-90, 90))).timetuple()[3:5]
            asked.append((start, hour, minute))
            asked.append((start, random.randrange(24), random.randrange(60)))
    answers = timetool().ask(*(("next", name, ms(s), h, m) for s, h, m in asked))
    for (start, hour, minute), answer in zip(asked, answers):
        assert int(answer) == ms(next_time(zone, start, hour, minute)), (start, hour, minute)


def test_a_night_that_is_skipped_and_one_that_comes_twice(timetool):
    """By hand: Berlin's 02:30 of 2026-03-29 and of 2026-10-25."""
    spring, autumn = (datetime.datetime(2026, m, d, tzinfo=UTC) for m, d in ((3, 28), (10, 24)))
    asked = [("next", "Europe/Berlin", ms(spring) + 12 * 3600000, 2, 30),
             ("next", "Europe/Berlin", ms(autumn) + 12 * 3600000, 2, 30),
             ("next", "Europe/Berlin", ms(datetime.datetime(2026, 10, 25, 0, 30, 1, tzinfo=UTC)), 2, 30)]
    assert timetool().ask(*asked) == [
        str(ms(datetime.datetime(2026, 3, 29, 1, 0, tzinfo=UTC))),
        str(ms(datetime.datetime(2026, 10, 25, 0, 30, tzinfo=UTC))),
        str(ms(datetime.datetime(2026, 10, 26, 1, 30, tzinfo=UTC)))]  # not the same 02:30 again


def test_refuses_what_is_no_zone(timetool, tmp_path):
    for name in ("../../../etc/passwd", "/etc/passwd", "Europe//Berlin", "Europe/", "Ber.lin"):
        assert timetool().ask(("offset", name, 0))[0].startswith("error config"), name
    assert timetool().ask(("offset", "Mars/Olympus", 0))[0].startswith("error io")
    whole = (zoneinfo_path() / "Europe/Berlin").read_bytes()
    second = whole.index(b"TZif", 4)
    bad = {"Cut": whole[:len(whole) // 2], "NoMagic": b"XXif" + whole[4:], "Empty": b"", "Old": whole[:second],
           "NoEnd": whole.rstrip(b"\n"), "BadRule": whole.replace(b"M3.5.0", b"M3.6.0"),
           "Counts": whole[:second + 32] + struct.pack(">I", 0x7fffffff) + whole[second + 36:]}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        said = timetool(TZDIR=str(tmp_path)).ask(("offset", name, 0))[0]
        assert said.startswith("error config"), (name, said)
    (tmp_path / "Good").write_bytes(whole)
    assert timetool(TZDIR=str(tmp_path)).ask(("offset", "Good", 0)) == ["3600"]


def zoneinfo_path():
    import pathlib
    return next(p for p in map(pathlib.Path, zoneinfo.TZPATH) if p.is_dir())
