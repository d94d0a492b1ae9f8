"""core/decimal.c against exact arithmetic that shares nothing with it.

The reference below knows only integers and fractions: no float, no decimal
module, and its own half-even.  Every operation of the C side answers in one
process (tests/unit/dectool.c), line by line.  The seeds are fixed, so a failure
can be repeated; it prints the lines that differ.
"""
import os
import pathlib
import random
import re
import subprocess
from fractions import Fraction

from lib.patience import PATIENCE_S

DIGITS_MAX, EXP_MAX, SCALE_MAX = 60, 60, 30
TOOL = os.environ.get("DECTOOL") or str(
    pathlib.Path(__file__).resolve().parents[2] / "build/tests/dectool")

# ---- the reference

NUMBER = re.compile(
    r"([+-]?)(?:(0|[1-9][0-9]*)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?")
FIVES = {5 ** k: k for k in range(400)}


class Refused(Exception):
    """Carries the kind of the error."""


def read(token):
    match = NUMBER.fullmatch(token)
    if not match:
        raise Refused("parse")
    sign, whole, behind, bare, written = match.groups()
    fraction = behind or bare or ""
    exponent = int(written or "0")
    if abs(exponent) > EXP_MAX:
        raise Refused("data")
    number = int((whole or "") + fraction)
    if number == 0:
        return Fraction(0)
    leading = len(str(number)) - 1 - len(fraction) + exponent
    if abs(leading) > EXP_MAX or len(str(number).rstrip("0")) > DIGITS_MAX:
        raise Refused("data")
    value = number * Fraction(10) ** (exponent - len(fraction))
    return -value if sign == "-" else value


def decimals(value):
    """Digits behind the point of a fraction that has finitely many."""
    twos = (value.denominator & -value.denominator).bit_length() - 1
    return max(twos, FIVES[value.denominator >> twos])


def canonical(value):
    scale = decimals(value)
    digits = str(abs(value.numerator) * 10 ** scale // value.denominator).zfill(scale + 1)
    text = digits[:-scale] + "." + digits[-scale:] if scale else digits
    return "-" + text if value < 0 else text


def half_even(value):
    below, rest = divmod(value.numerator, value.denominator)
    twice = 2 * rest
    up = twice > value.denominator or (twice == value.denominator and below % 2 == 1)
    return below + up


def magnitude(value):
    """The e of 10^e <= |value| < 10^(e+1)."""
    e = len(str(abs(value.numerator))) - len(str(value.denominator))
    return e if abs(value) >= Fraction(10) ** e else e - 1


def round_significant(value, digits):
    if value == 0:
        return value
    unit = Fraction(10) ** (magnitude(value) - digits + 1)
    return half_even(value / unit) * unit


def mul_div(a, num, den):
    if den == 0:
        raise Refused("data")
    exact = a * num / den
    rounded = half_even(exact * 10 ** SCALE_MAX)
    if (rounded == 0) != (exact == 0) or abs(rounded) >= 10 ** (2 * SCALE_MAX):
        raise Refused("data")
    return Fraction(rounded, 10 ** SCALE_MAX)


def fitting(exact):
    """Never rounded, so refused when the digits do not fit."""
    scale = decimals(exact)
    if scale > EXP_MAX or abs(exact) * 10 ** scale >= 10 ** DIGITS_MAX:
        raise Refused("data")
    return exact


def mul(a, b):
    return fitting(a * b)


def add(a, b):
    if min(a, b) < 0:
        raise Refused("data")
    return max(a, b) if min(a, b) == 0 else fitting(a + b)


def ratio(a, b, digits):
    if b == 0:
        raise Refused("data")
    rounded = round_significant(a / b, digits)
    if abs(rounded) >= 10 ** SCALE_MAX or decimals(rounded) > EXP_MAX:
        raise Refused("data")
    return rounded


OPERATIONS = {
    "parse": lambda words: canonical(read(words[0])),
    "round": lambda words: canonical(round_significant(read(words[0]), int(words[1]))),
    "add": lambda words: canonical(add(*map(read, words))),
    "mul": lambda words: canonical(mul(*map(read, words))),
    "muldiv": lambda words: canonical(mul_div(*map(read, words))),
    "ratio": lambda words: canonical(ratio(read(words[0]), read(words[1]), int(words[2]))),
    "cmp": lambda words: str((read(words[0]) > read(words[1])) - (read(words[0]) < read(words[1]))),
}


def expected(op, words):
    try:
        return OPERATIONS[op](words)
    except Refused as refused:
        return f"error {refused}"


# ---- the inputs

FORMS = """
0 -0 -0.0 1 -1 +1 1. .5 -.5 0.50 100 1E+2 5e-07 4.5e-05 3e-7 5E-18 0.0000006 0.000003
0.0000006000000000000001 0.00000008333333333333334 0.00000020000000000000002
0.00000100000000000000015 0.029999999700000002 0.0799999993 0.20000000059999998
0.0000000799999993 0.15555556 1.25 2.0 0.1 0.9299999999999999 2.9999999999999996 0.160835
0.413772e-6 0.447528e-6 0.21675 0.035 0.0006 0.000000001 0.001 20000 14000 600 850 1e-10 1e-4
1e-9 1e-6 1000 1000000 1048576 262144 1024 512 3 7 60 3600 1e60 1e-60 9e60 9e-60 0e60 0e-60
1e30 1e-30 1e-31 999999999 1000000000 999999999999999999 1000000000000000000 123.456e-3
""".split()
MALFORMED = """
- + . -. e5 .e5 1e 1e+ 1e- --1 +-1 1- 007 00 00.5 -01 1.2.3 1..2 1,5 1,000.00 1_000 $1
$0.00000055 0x10 0x1p3 inf -Infinity nan NaN null 1e5.0 1e+-5 1e5e5 1f
""".split() + ["", " 1", "1 ", "1 000", "\t1", "1\0", "1\0002", "\0", "\xb2", "1\r"]
BEYOND = """
1e61 1e-61 0e61 0e-61 0e999999999999 0e-999999999999 10e60 0.1e-60 1e18446744073709551616
1e4294967296 1e2147483648 1e-2147483649
""".split() + ["9" * 61, "0." + "9" * 61, "1" + "0" * 61, "7" * 4000, "1" + "0" * 4000 + "1"]
UNITS = ["1", "100", "1000", "1000000", "1e-10", "1e-4", "1e-9", "0.01", "1048576", "262144",
         "60", "3600", "3", "7", "0.15555556", "1e10", "-1", "0"]
LIMBS = ["000000000", "000000001", "499999999", "500000000", "500000001", "999999998", "999999999"]


def digit_string(rng, longest):
    """`longest` digits at most, often of the kinds where carries and halves happen."""
    n = rng.randint(1, longest)
    kind = rng.randrange(7)
    if kind < 3:
        return str(rng.randrange(10 ** n))
    if kind == 3:
        return "9" * n
    if kind == 4:
        head = rng.randint(0, n - 1)
        tail = rng.choice(["5", "49", "50", "51", "95"]) + rng.choice("09") * (n - head)
        return (str(rng.randrange(10 ** head)) + tail)[:n]
    if kind == 5:
        return "".join(rng.choice(LIMBS) for _ in range((n + 8) // 9))[:n]
    return "1" + "0" * (n - 1)


def with_point(rng, digits):
    at = rng.randint(-3, len(digits) + 2)
    if at <= 0:
        whole, fraction = rng.choice(["0", "0", ""]), "0" * -at + digits
    else:
        whole, fraction = digits[:at].lstrip("0") or "0", digits[at:]
    return whole + ("." + fraction if fraction or rng.random() < 0.1 else "")


def exponent(rng, farthest):
    value = str(abs(farthest)) if rng.random() < 0.1 else str(rng.randint(0, abs(farthest)))
    return rng.choice("eE") + rng.choice(["", "+", "-", "-"]) + rng.choice(["", "", "0"]) + value


def value(rng):
    """A token that is a number, mostly inside the limits."""
    roll = rng.random()
    if roll < 0.2:
        return rng.choice(FORMS)
    if roll < 0.4:  # a price as most providers write it
        return f"0.{'0' * rng.randint(0, 8)}{rng.randint(1, 99999)}"
    longest, farthest = (20, 8) if roll < 0.75 else (60, 30) if roll < 0.95 else (62, 62)
    token = rng.choice(["", "", "", "-", "+"]) + with_point(rng, digit_string(rng, longest))
    return token + exponent(rng, farthest) if rng.random() < 0.4 else token


def mangled(rng):
    token = list(value(rng))
    for _ in range(rng.randint(1, 2)):
        at = rng.randint(0, len(token))
        token[at:at + rng.randint(0, 1)] = rng.choice("0123456789.eE+-,_ $x\0")
    return "".join(token)


def any_token(rng):
    roll = rng.random()
    if roll < 0.15:
        return mangled(rng)
    if roll < 0.17:
        return rng.choice(MALFORMED + BEYOND)
    return value(rng)


def plain(number, scale):
    """An integer over 10^scale as a token."""
    return f"{number}e{-scale}"


def round_case(rng):
    if rng.random() < 0.5:
        return [value(rng), str(rng.randint(1, rng.choice([3, 12, 60])))]
    # A half exactly, or just beside it.
    digits = rng.randint(1, 30)
    head = rng.choice([rng.randrange(10 ** (digits - 1), 10 ** digits), 10 ** digits - 1])
    tail = rng.choice(["5", "5" + "0" * 25, "5" + "0" * 20 + "1", "4" + "9" * 25])
    return [plain(rng.choice(["", "-"]) + str(head) + tail, rng.randint(0, 40)), str(digits)]


def long_number(rng):
    """Limbs for which the digits of a long division are hard to guess."""
    head = rng.choice(LIMBS[1:])
    return int(head + "".join(rng.choice(LIMBS) for _ in range(rng.randint(1, 4))))


def muldiv_case(rng):
    roll = rng.random()
    if roll < 0.3:
        return [value(rng), rng.choice(UNITS), rng.choice(UNITS)]
    if roll < 0.5:
        return [value(rng), value(rng), value(rng)]
    sign = rng.choice(["", "-"])
    if roll < 0.75:
        return [plain(sign + str(long_number(rng)), rng.randint(0, 40)),
                rng.choice(["1", str(long_number(rng))]),
                plain(long_number(rng), rng.randint(0, 40))]
    # den * (k + 1/2) / den, or just beside it, at the 30th decimal.
    den = rng.choice([1, 3, 1048576, rng.randrange(1, 10 ** 12), rng.randrange(1, 10 ** 25)])
    half = den * (rng.choice([0, 1, 2, rng.randrange(10 ** 6), 10 ** 9 - 1]) * 10 + 5)
    near = half * 10 ** 9 + rng.choice([0, 0, 0, 1, -1])
    return [plain(sign + str(near), SCALE_MAX + 10), "1", str(den)]


def ratio_case(rng):
    digits = rng.randint(1, rng.choice([3, 12, 12, 60]))
    roll = rng.random()
    if roll < 0.5:
        return [value(rng), value(rng), str(digits)]
    if roll < 0.75:
        return [plain(long_number(rng), rng.randint(0, 40)),
                plain(long_number(rng), rng.randint(0, 40)), str(digits)]
    digits = min(digits, 30)
    b = rng.randrange(1, 10 ** rng.randint(1, 20))
    half = b * (rng.choice([rng.randrange(10 ** digits), 10 ** digits - 1]) * 10 + 5)
    near = half * 10 ** 8 + rng.choice([0, 0, 0, 1, -1])
    return [plain(near, rng.randint(0, 40)), plain(b, rng.randint(0, 40)), str(digits)]


def cmp_case(rng):
    a = value(rng)
    if rng.random() < 0.6:
        return [a, value(rng)]
    # The same value spelled in another way, or one unit of a far digit beside it.
    try:
        text = canonical(read(a))
    except Refused:
        return [a, a]
    if "." not in text:
        return [a, text + rng.choice([".", ".0", "e0", ".0000000000000000000000001"])]
    return [text + rng.choice(["", "0", "000", "01", "0000000001"]), a][::rng.choice([1, -1])]


# ---- the comparison

def answers(lines):
    done = subprocess.run([TOOL], input="".join(line + "\n" for line in lines).encode("latin-1"),
                          stdout=subprocess.PIPE, timeout=PATIENCE_S, check=True)
    return done.stdout.decode("latin-1").split("\n")[:-1]


def compare(op, cases, least_errors):
    lines = [" ".join([op, *words]) for words in cases]
    got = answers(lines)
    assert len(got) == len(lines)
    want = [expected(op, words) for words in cases]
    wrong = [(line, g, w) for line, g, w in zip(lines, got, want) if g != w]
    assert not wrong, f"{len(wrong)} of {len(lines)} differ; (line, got, want): {wrong[:5]}"
    # The generator must reach both sides of the limits, or this proves nothing.
    errors = sum(w.startswith("error") for w in want)
    assert least_errors <= errors / len(want) <= 0.6, f"{errors} errors in {len(want)}"


def drawn(seed, n, draw):
    rng = random.Random(seed)
    return [draw(rng) for _ in range(n)]


def test_parse():
    cases = [[token] for token in FORMS + MALFORMED + BEYOND]
    cases += [[token] for token in drawn(1, 120_000, any_token)]
    compare("parse", cases, 0.05)


def test_limits_of_digits_and_exponent():
    """Every exponent around both limits with every length around the third."""
    cases = [[sign + digits[:1] + "." * (len(digits) > 1) + digits[1:] + f"e{exp}"]
             for exp in (-62, -61, -60, -59, 0, 59, 60, 61, 62)
             for n in (1, 2, 9, 10, 59, 60, 61, 62)
             for digits in ("1" * n, "9" * n, "1" + "0" * (n - 1), "0" + "1" * n)
             for sign in ("", "-")]
    compare("parse", cases, 0.2)


def test_round():
    cases = [[form, str(digits)] for form in FORMS for digits in (1, 7, 12, 60)]
    compare("round", cases + drawn(2, 50_000, round_case), 0.0001)


def test_mul():
    cases = [[a, b] for a in FORMS for b in FORMS]
    compare("mul", cases + drawn(6, 30_000, lambda rng: [value(rng), value(rng)]), 0.01)


def test_add():
    cases = [[a, b] for a in FORMS for b in FORMS]
    compare("add", cases + drawn(7, 30_000, lambda rng: [value(rng), value(rng)]), 0.01)


def test_muldiv():
    cases = [[form, num, den] for form in FORMS for num in UNITS for den in UNITS]
    compare("muldiv", cases + drawn(3, 60_000, muldiv_case), 0.02)


def test_ratio():
    cases = [[a, b, "12"] for a in FORMS for b in FORMS]
    compare("ratio", cases + drawn(4, 45_000, ratio_case), 0.01)


def test_cmp():
    cases = [[a, b] for a in FORMS for b in FORMS]
    compare("cmp", cases + drawn(5, 50_000, cmp_case), 0.0001)
