#!/usr/bin/env python3
"""Turn text files into C: embed.py providers|migrations|text OUTPUT NAME FILE...

providers   struct registry_builtin registry_builtins[] from providers/*.json
migrations  struct store_migration NAME[] from sql/BACKEND/NNNN_name.sql, sorted by number
text        const char NAME[] and const size_t NAME_n from one file

Written as character arrays, because a string literal may not be longer than 65,535 bytes in
portable C.
"""
import os
import re
import sys


def array(name, data):
    rows = [", ".join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    return "static const char %s[] = {\n\t%s, 0\n};\n" % (name, ",\n\t".join(rows))


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    if b"\0" in data:
        sys.exit("%s: holds a NUL byte" % path)
    if any(b > 127 for b in data):
        sys.exit("%s: only ASCII is embedded" % path)
    return data


def providers(files):
    out = ['#include "provider/registry.h"\n']
    rows = []
    for i, path in enumerate(sorted(files)):
        data = read(path)
        out.append(array("file_%d" % i, data))
        rows.append('\t{ "%s", file_%d, %d },' % (os.path.basename(path), i, len(data)))
    out.append("const struct registry_builtin registry_builtins[] = {\n%s\n};" % "\n".join(rows))
    out.append("const size_t registry_builtins_n = %d;" % len(rows))
    return "\n".join(out) + "\n"


def migrations(name, files):
    steps = {}
    for path in files:
        stem = os.path.splitext(os.path.basename(path))[0]
        match = re.fullmatch(r"(\d{4})_[a-z0-9_]+", stem)
        if not match:
            sys.exit("%s: a migration is named NNNN_name.sql" % path)
        number = int(match.group(1))
        if number in steps:
            sys.exit("%s: number %04d is taken" % (path, number))
        steps[number] = (stem, read(path))
    if sorted(steps) != list(range(1, len(steps) + 1)):
        sys.exit("migrations of %s are not numbered 1 to %d" % (name, len(steps)))
    out = ['#include "store/backend.h"\n']
    rows = []
    for number in sorted(steps):
        stem, data = steps[number]
        out.append(array("step_%d" % number, data))
        rows.append('\t{ %d, "%s", step_%d },' % (number, stem, number))
    out.append("const struct store_migration %s[] = {\n%s\n};" % (name, "\n".join(rows)))
    out.append("const int %s_n = %d;" % (name, len(rows)))
    return "\n".join(out) + "\n"


def text_of(name, files):
    data = read(files[0])
    return ("#include <stddef.h>\n\nextern const char %s[];\nextern const size_t %s_n;\n" % (name, name) +
            array(name, data).removeprefix("static ") + "const size_t %s_n = %d;\n" % (name, len(data)))


def main():
    kind, output, name, files = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    kinds = {"providers": lambda: providers(files), "migrations": lambda: migrations(name, files),
             "text": lambda: text_of(name, files)}
    text = kinds[kind]()
    with open(output, "w", encoding="ascii") as f:
        f.write(text)


main()
