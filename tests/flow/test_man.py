"""doc/man/ is what the program and .env.example say now, and two typesetters find no fault with it."""
import importlib.util
import json
import pathlib
import re
import subprocess

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/man_pages.py"
spec = importlib.util.spec_from_file_location("man_pages", TOOL)
man = importlib.util.module_from_spec(spec)
spec.loader.exec_module(man)

PAGES = ("assay.1", "assay-config.5")
LINTERS = (("mandoc", "-Tlint", "-Wwarning"), ("groff", "-mdoc", "-Tutf8", "-ww", "-z"))


def complaints(path):
    """What either has to say; nothing is good."""
    said = ""
    for command in LINTERS:
        run = subprocess.run([*command, path], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        said += run.stdout
    return said


def read(path):
    """As a reader has it before him: words, with one blank between them."""
    text = subprocess.run(["mandoc", "-Tutf8", "-Owidth=200", path], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return " ".join(re.sub(".\x08", "", text).split())


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_what_the_program_says(root, assay, name):
    """./run docs was run after the last change of a command or setting."""
    found = (root / "doc/man" / name).read_text(encoding="utf-8")
    assert found == man.write_all(root, str(assay))[name], f"doc/man/{name}: ./run docs"


@pytest.mark.parametrize("name", PAGES)
def test_typesetters(root, name):
    assert complaints(root / "doc/man" / name) == ""


def test_typesetters_can_complain(root, tmp_path):
    path = tmp_path / "assay.1"
    path.write_text((root / "doc/man/assay.1").read_text().replace(".Sh FILES", ".Xh FILES"))
    assert "Xh" in complaints(path)


def test_every_command_and_option(root, assay):
    """Looked for in what is shown, word by word as `help` has them."""
    text = read(root / "doc/man/assay.1")
    names = re.findall(r"^  ([a-z]+) ", man.say(assay, "help"), re.M)
    assert len(names) > 15 and "serve" in names
    for name in names:
        usage, *lines = man.say(assay, name, "--help").splitlines()
        assert " ".join(usage.removeprefix("usage: ").split()) in text, name
        summary = lines[1]
        assert summary[0].upper() + summary[1:] + "." in text, name
        shown = {word for line in lines[2:] if not line.startswith(man.LOOKED_UP)
                 for word in line.split()}
        assert shown - set(text.split()) <= {"show", "this", "-h,", "--help"}, name


def test_every_setting(root, settingstool):
    text = read(root / "doc/man/assay-config.5")
    rows = [row.split("\t") for row in subprocess.check_output([settingstool], text=True).splitlines()]
    assert len(rows) > 40
    for name, _, default, said in rows:
        about = " ".join((said[0].upper() + said[1:]).split())
        assert f"{name} {about}." + (f" Default: {default}" if default else "") in text, name
    keys = (root / ".env.example").read_text().split("# ---- keys of providers ----")[1]
    for name in re.findall(r"^#([A-Z0-9_]+)=", keys, re.M):
        assert name in text, name


def test_letters_come_out_as_they_stand(tmp_path):
    hard = ".begins 'quoted' `so` a\\b ~ ^ -- \"x\" {a|b}"
    path = tmp_path / "hard.1"
    path.write_text(man.page("hard", 1, "try", ".Sh DESCRIPTION\n" + man.literal(hard)))
    assert hard in read(path) and complaints(path) == ""


def test_they_are_installed(build_dir, root):
    said = json.loads(subprocess.check_output(["meson", "introspect", "--installed", build_dir]))
    where = {pathlib.Path(source).name: target for source, target in said.items()
             if pathlib.Path(source).parent == root / "doc/man"}
    assert where["assay.1"].endswith("man/man1/assay.1")
    assert where["assay-config.5"].endswith("man/man5/assay-config.5")
