#!/bin/sh
# tools/packages.sh GROUP...: see to it that the Debian packages of these groups are there.
#
# Calls apt only when something is missing, and says so.  On other systems it names what to
# install and goes on: meson says what it does not find.
set -eu

# The one list of what we need, by group.  yyjson: see yyjson_source below.
packages() {
	case $1 in
	build) echo gcc libc6-dev meson ninja-build pkg-config libcurl4-openssl-dev libuv1-dev \
		libsqlite3-dev libpq-dev libssl-dev libdeflate-dev libisal-dev libcsv-dev libmicrohttpd-dev libxxhash-dev zlib1g-dev libyyjson-dev libcmocka-dev \
		python3 ;;
	demo) echo sqlite3 ca-certificates ;;
	test) echo groff mandoc python3-pytest python3-pytest-xdist python3-jsonschema python3-psycopg2 nghttp2-server libxml2-utils openssl \
		sqlite3 postgresql postgresql-client pgbouncer prometheus wrk tzdata curl ca-certificates ;;
	lint) echo clang clang-format clang-tidy cppcheck ;;
	asan) echo clang llvm libclang-rt-dev ;;
	*) echo "packages.sh: no group $1" >&2; exit 2 ;;
	esac
}

missing() {
	for package; do
		# Words: abbreviated want, status.  Only "ii" is whole.
		case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) in
		ii*) ;;
		*) echo "$package" ;;
		esac
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "packages.sh: as root, please: $*" >&2
		exit 1
	fi
}

apt() {
	as_root env DEBIAN_FRONTEND="${DEBIAN_FRONTEND:-noninteractive}" apt-get -q "$@"
}

# "URI" of the first enabled source that brings suite $1 of component main, from this machine's
# own lists in either format; a mirror list ("mirror+file:…") is a URI like any other.
mirror_of() {
	for list in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$list" ] || awk -v suite="$1" -v RS= -F '\n' '{
			uri = ""; found = main = 0; off = 0
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^#/) continue
				n = split($i, word, /[ \t]+/)
				key = tolower(word[1])
				if (key == "uris:") uri = word[2]
				if (key == "enabled:" && tolower(word[2]) == "no") off = 1
				for (j = 2; j <= n; j++) {
					if (key == "suites:" && word[j] == suite) found = 1
					if (key == "components:" && word[j] == "main") main = 1
				}
			}
			if (uri && found && main && !off) { print uri; exit }
		}' "$list"
	done
	for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$list" ] || awk -v suite="$1" '$1 == "deb" {
			sub(/\[[^]]*\][ \t]*/, "")
			if ($3 == suite && / main( |$)/) { print $2; exit }
		}' "$list"
	done
}

write_root() {
	as_root tee "$1" >/dev/null
}

# Debian 12 has no yyjson.  The next release's package needs nothing newer than Debian 12's
# libc, so that one package comes from there: from the mirror this machine uses already, signed
# by Debian's own key, and with a pin that keeps every other package of that release out.
yyjson_source() {
	# shellcheck source=/dev/null
	release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	[ "$release" = bookworm ] || return 0
	mirror=$(mirror_of "$release" | head -n 1)
	if [ -z "$mirror" ]; then
		echo "packages.sh: no source of $release found; the build will fetch yyjson itself" >&2
		return 0
	fi
	echo "packages.sh: libyyjson-dev is not in $release: adding $mirror trixie for it alone" \
		"(/etc/apt/sources.list.d/assay-yyjson.sources, /etc/apt/preferences.d/assay-yyjson.pref)" >&2
	write_root /etc/apt/preferences.d/assay-yyjson.pref <<-END
		# Written by assay's ./run with sources.list.d/assay-yyjson.sources: nothing but
		# yyjson may come from Debian 13.  Remove both files before upgrading to it.
		Package: *
		Pin: release n=trixie
		Pin-Priority: -10

		Package: libyyjson*
		Pin: release n=trixie
		Pin-Priority: 500
	END
	write_root /etc/apt/sources.list.d/assay-yyjson.sources <<-END
		# Written by assay's ./run: yyjson, which Debian 12 lacks.  The pin beside it
		# (preferences.d/assay-yyjson.pref) keeps all other packages out.
		Types: deb
		URIs: $mirror
		Suites: trixie
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
	# Older point releases of the key ring do not know the next release's key.
	if ! { apt install -y debian-archive-keyring && apt update; }; then
		echo "packages.sh: that source does not answer: taken out again; the build will" \
			"fetch yyjson itself" >&2
		as_root rm -f /etc/apt/preferences.d/assay-yyjson.pref \
			/etc/apt/sources.list.d/assay-yyjson.sources
		apt update
	fi
}

# Without a candidate "apt-get install" would fail for all packages; then meson's wrap serves.
candidate() {
	apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

install_missing() {
	echo "packages.sh: installing $*" >&2
	apt update
	case " $* " in
	*" libyyjson-dev "*) candidate libyyjson-dev || yyjson_source ;;
	esac
	wanted=
	for package; do
		if [ "$package" != libyyjson-dev ] || candidate libyyjson-dev; then
			wanted="$wanted $package"
		fi
	done
	# shellcheck disable=SC2086 # a list of names
	[ -z "$wanted" ] || apt install -y --no-install-recommends $wanted
}

needed=
for group; do
	needed="$needed $(packages "$group")"
done
if ! command -v dpkg-query >/dev/null; then
	echo "packages.sh: not Debian: needed are the equivalents of$needed" >&2
	exit 0
fi
# shellcheck disable=SC2086 # lists of names
absent=$(missing $needed)
# shellcheck disable=SC2086
[ -z "$absent" ] || install_missing $absent
