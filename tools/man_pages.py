#!/usr/bin/python3
"""man_pages.py [--check] ASSAY: write doc/man/assay.1 from what the program says of itself, and
doc/man/assay-config.5 from .env.example, which a test holds against the table of settings."""
import os
import pathlib
import re
import subprocess
import sys

DATE = "November 21, 2026"
HELP_COLUMN = 31  # where the help of an option begins (src/cmd/options.c)
# What a command adds that depends on the database at hand begins so.
LOOKED_UP = ("No states can be listed", "The latest states")


# ---- mdoc

def escape(text):
    """Text that comes out as it stands, letter for letter."""
    for char, name in (("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga"), ("^", "\\(ha"),
                       ("~", "\\(ti")):
        text = text.replace(char, name)
    return "\\&" + text if text.startswith(".") else text


def quoted(text):
    """As one argument of a macro."""
    return '"' + escape(text).replace('"', "\\(dq") + '"'


def literal(text):
    lines = "\n".join(escape(line) for line in text.splitlines())
    return f".Bd -literal\n{lines}\n.Ed\n"


def prose(*sentences):
    """A sentence a line, as mdoc wants it."""
    return "".join(escape(s) + "\n" for s in sentences)


def items(rows):
    """(tag, text) of a list."""
    body = "".join(f".It {tag}\n{escape(text)}\n" for tag, text in rows)
    return f".Bl -tag -width Ds\n{body}.El\n" if body else ""


def page(name, section, about, text):
    return (f'.\\" Written by tools/man_pages.py (./run docs): change what it reads, not this.\n'
            f".Dd {DATE}\n.Dt {name.upper()} {section}\n.Os\n.Sh NAME\n.Nm {name}\n.Nd {about}\n{text}")


# ---- assay(1)

def say(assay, *args):
    """In a directory without settings, with no database: what no run depends on."""
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": "sqlite:/nonexistent/assay.db"}
    return subprocess.run([assay, *args], env=env, cwd="/", check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def options_of(lines):
    """Takes the options off the front: [(flags, help)]."""
    rows = []
    while lines and lines[0].startswith("  -"):
        line = lines.pop(0)
        flags, text = line[:HELP_COLUMN].strip(), line[HELP_COLUMN:]
        if not line[HELP_COLUMN - 1:HELP_COLUMN + 1].startswith(" ") or not text:
            flags, text = line.strip(), lines.pop(0).strip()
        rows.append((flags, text))
    return rows


class Command:
    def __init__(self, name, text):
        usage, rest = text.split("\n", 1)
        lines = rest.strip("\n").splitlines()
        self.name, self.usage, self.summary = name, usage.removeprefix("usage: "), lines.pop(0)
        while lines and not lines[0]:
            lines.pop(0)
        self.options = [row for row in options_of(lines) if row[0] != "-h, --help"]
        notes = "\n".join(lines).strip("\n")
        self.notes = "\n\n".join(p for p in notes.split("\n\n") if not p.startswith(LOOKED_UP))

    def page(self):
        text = f".Ss {self.name}\n.Dl {escape(self.usage)}\n.Pp\n"
        text += prose(self.summary[0].upper() + self.summary[1:] + ".")
        text += items((f"Li {quoted(flags)}", said) for flags, said in self.options)
        return text + (literal(self.notes) if self.notes else "")


def commands(assay):
    names = re.findall(r"^  ([a-z]+) ", say(assay, "help"), re.M)
    return [Command(name, say(assay, name, "--help")) for name in names]


ENDS = (("0", "Done."),
        ("1", "It failed; standard error says what."),
        ("2", "The command line or a setting is wrong."),
        ("3", "Nothing differs: assay diff --exit-code."))
FILES = ((".env", "Settings, read from the working directory; see assay-config(5)."),
         ("assay.db", "The database, where DATABASE_URL names no other."),
         ("metrics_buffer.csv", "What probes found and was not pushed yet."),
         ("provider_mapping.json", "Endpoints of probes, laid over the built-in ones."))
EXAMPLES = (("Fetch every list for which there is a key, and see what is on offer:",
             "assay sync\nassay models --sort price --limit 20"),
            ("Who sells these weights cheapest, and what changed since a day:",
             "assay compare deepseek-ai/deepseek-v3-0324\nassay changes --since 2026-08-22"),
            ("Run all of it on a schedule, with an API on 127.0.0.1:8000:", "assay serve"))


def assay_1(assay):
    intro = say(assay, "help").split("\n")[0]
    text = (".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op Ar OPTIONS\n.Nm\n.Cm help\n.Op Ar COMMAND\n"
            ".Sh DESCRIPTION\n" + prose(intro) +
            prose("Data goes to standard output, everything else as a JSON object a line to standard"
                  " error.", "An option may be written --name VALUE or --name=VALUE; -- ends the"
                  " options.") +
            ".Sh COMMANDS\n" + "".join(c.page() for c in commands(assay)))
    text += ".Sh ENVIRONMENT\nSettings are variables of the environment:\n.Xr assay-config 5 .\n"
    text += ".Ev NO_COLOR\ntakes the colours away.\n"
    text += ".Sh FILES\n" + items((f"Pa {quoted(name)}", said) for name, said in FILES)
    text += ".Sh EXIT STATUS\n" + items((f"Li {code}", said) for code, said in ENDS)
    text += ".Sh EXAMPLES\n" + ".Pp\n".join(prose(what) + literal(how)
                                              for what, how in EXAMPLES)
    text += ".Sh SEE ALSO\n.Xr sqlite3 1 ,\n.Xr assay-config 5\n"
    return page("assay", 1, "weigh the market of hosted AI models", text)


# ---- assay-config(5)

def settings(text):
    """[(part, [(name, default, help)])], in order."""
    parts = []
    for paragraph in text.split("\n\n"):
        heading = re.search(r"^# ---- (.*) ----$", paragraph, re.M)
        if heading:
            parts.append((heading[1], []))
        entry = re.fullmatch(r"# (.*)\n#([A-Z0-9_]+)=(.*)\n?", paragraph)
        if entry:
            parts[-1][1].append((entry[2], entry[3], entry[1]))
    return parts


def keys(text):
    """[(provider, [variable])]"""
    found = []
    for paragraph in text.split("\n\n"):
        entry = re.fullmatch(r"# (.*)\n((?:#[A-Z0-9_]+=\n?)+)", paragraph)
        if entry:
            found.append((entry[1], re.findall(r"^#([A-Z0-9_]+)=", entry[2], re.M)))
    return found


def setting(name, default, said):
    text = escape(said[0].upper() + said[1:] + ".")
    shown = f"\n.br\nDefault:\n.Li {quoted(default)}" if default else ""
    return f".It Ev {name}\n{text}{shown}\n"


HOW = (
    "Each setting is a variable of the environment, or a line NAME=value of the file .env in the"
    " working directory.", "The environment wins.", "An empty value means: not set.",
    "A value that does not parse or is out of range stops the command, which names the variable, the"
    " value and what is allowed; names that begin with ASSAY_ and that nobody knows are warned about.")
FILE = (
    "The file is data: quotes and a leading export are allowed, a # after a blank begins a comment,"
    " lines may end in CRLF, and nothing is expanded.", "assay check shows what is set, and from"
    " where; values of keys are never shown.")


def config_5(example):
    head, tail = example.split("# ---- keys of providers ----")
    text = ".Sh DESCRIPTION\n" + prose(*HOW) + ".Pp\n" + prose(*FILE)
    for part, rows in settings(head):
        text += f".Sh {escape(part.upper())}\n.Bl -tag -width Ds\n"
        text += "".join(setting(*row) for row in rows) + ".El\n"
    text += ".Sh KEYS OF PROVIDERS\n" + prose(
        "A provider whose lists want a key is left out while its variable is not set.")
    text += ".Bl -tag -width Ds\n"
    for provider, names in keys(tail):
        text += f".It {quoted(provider)}\n" + ",\n".join(f".Ev {n}" for n in names).replace(
            ",\n", " ,\n") + "\n"
    text += ".El\n.Sh FILES\n" + items([("Pa \"\\&.env\"", "In the working directory, unless"
                                        " ASSAY_ENV_FILE names another.")])
    text += ".Sh SEE ALSO\n.Xr assay 1\n"
    return page("assay-config", 5, "settings of assay", text)


# ---- all of them

def write_all(root, assay):
    """{name: text} of everything in doc/man/."""
    example = (root / ".env.example").read_text(encoding="utf-8")
    return {"assay.1": assay_1(assay), "assay-config.5": config_5(example)}


def main(argv):
    check = "--check" in argv
    assay, = (str(pathlib.Path(a).resolve()) for a in argv if a != "--check")
    root = pathlib.Path(__file__).resolve().parent.parent
    folder = root / "doc" / "man"
    folder.mkdir(parents=True, exist_ok=True)
    odd = 0
    for name, text in write_all(root, assay).items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        odd += 1
        if check:
            print(f"doc/man/{name} is not what ./run docs writes", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if check and odd else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
