#!/bin/sh
# tools/lint.sh BUILD | --fix: everything that reads the code without running it.
# BUILD is configured with clang and need not be built: its compile commands are clang-tidy's, which
# tells the compiler's own warnings as well.
set -eu
cd "$(dirname "$0")/.."
jobs=$(nproc)
findings=0

c_files() {
	find src sim tests tools bench -name '*.[ch]' | sort
}

if [ "$1" = --fix ]; then
	c_files | xargs clang-format -i
	exit 0
fi
build=$1

# NAME COMMAND...: goes on after a failure, so that one run shows all findings.
step() {
	name=$1
	shift
	if "$@"; then
		echo "lint: $name: fine"
	else
		echo "lint: $name: FINDINGS"
		findings=$((findings + 1))
	fi
}

formatted() {
	c_files | xargs clang-format --dry-run -Werror
}

# One file per process: clang-tidy 14 sees uninitialised va_lists in every file after the first.
# On stderr it counts the suppressed warnings of system headers: of no interest to anybody.
tidied() {
	c_files | grep '\.c$' | grep -F -f "$build/linted" |
		xargs -P "$jobs" -n 1 clang-tidy --quiet -p "$build" 2>"$build/tidy.log" && return
	grep -v 'warnings generated' "$build/tidy.log" || true
	return 1
}

# legacyUninitvar takes a buffer that a call fills for one that is read; clang's analyzer knows better.
checked() {
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--std=c11 -j "$jobs" -Isrc --suppress=missingInclude --suppress=missingIncludeSystem \
		--suppress=legacyUninitvar \
		-D_GNU_SOURCE src sim
}

# Files that the build knows; a file it does not know has no compile command.
sed -n 's/^ *"file": "\(\.\.\/\)*\(.*\)",*$/\2/p' "$build/compile_commands.json" | sort -u >"$build/linted"

step format formatted
step clang-tidy tidied
step cppcheck checked
step layers /usr/bin/python3 tools/check_layers.py
[ "$findings" = 0 ]
