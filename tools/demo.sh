#!/bin/sh
# tools/demo.sh BUILD: what assay does, in half a minute, without network or keys.
#
# marketsim stands for the world on a loopback port; the catalog is synced, the market moves,
# and the second sync tells what changed.  Then two cycles of probes, the rows that they leave, their
# push to a dataset, and the daemon, asked over HTTP.  Everything lives in a temporary directory.
set -eu
build=$1
place=$(mktemp -d)
simulator=
daemon=

leave() {
	status=$?
	for process in $daemon $simulator; do
		kill "$process" 2>/dev/null || true
		wait "$process" 2>/dev/null || true
	done
	rm -rf "$place"
	exit "$status"
}
trap leave EXIT
trap 'exit 130' INT TERM

say() {
	printf '\n$ %s\n' "$*"
}

run() {
	say "assay $*"
	"$build/assay" "$@"
}

# The file appears when the simulator listens.
wait_for_port() {
	tries=100
	until [ -s "$place/port" ]; do
		tries=$((tries - 1))
		if [ "$tries" = 0 ] || ! kill -0 "$simulator" 2>/dev/null; then
			echo "demo: marketsim did not start" >&2
			exit 1
		fi
		sleep 0.1
	done
	cat "$place/port"
}

post() {
	say "POST $1"
	/usr/bin/python3 - "$1" <<-'END'
		import sys, urllib.request
		opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
		print(opener.open(urllib.request.Request(sys.argv[1], data=b"", method="POST"), timeout=10).read().decode())
	END
}

fetch() {
	/usr/bin/python3 - "$1" <<-'END'
		import sys, urllib.request
		opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
		print(opener.open(sys.argv[1], timeout=10).read().decode())
	END
}

get() {
	say "GET $1"
	fetch "$1"
}

# What the daemon listens on, once it has loaded the catalog.
wait_for_service() {
	tries=100
	until url=$(sed -n 's/^listening on //p' "$place/serving") && [ -n "$url" ] &&
		fetch "$url/readyz" >/dev/null 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" = 0 ] || ! kill -0 "$daemon" 2>/dev/null; then
			echo "demo: the daemon did not start" >&2
			cat "$place/serve.log" >&2
			exit 1
		fi
		sleep 0.1
	done
	echo "$url"
}

rows() {
	sqlite3 "$place/demo.db" "SELECT count(*) FROM $1"
}

"$build/marketsim" --port-file "$place/port" &
simulator=$!
upstream=http://127.0.0.1:$(wait_for_port)

# Nothing of the user's own settings: no .env, no keys.
export ASSAY_ENV_FILE=/dev/null ASSAY_UPSTREAM="$upstream" DATABASE_URL="sqlite:$place/demo.db"
# The simulator asks for a key where the real provider does; any will do, but for the service
# account of Google Vertex AI, which is left out here.
for key in $(/usr/bin/python3 "$(dirname "$0")/../tests/market_keys.py"); do
	export "${key?}"
done

run sync
post "$upstream/sim/advance"
run sync
run models vesper --sort price --limit 10
run providers

# Tokens that the simulator takes; the demo's own.
export HF_TOKEN=hf_demo_of_calls HF_HUB_TOKEN=hf_demo_of_writing HF_DATASET_REPO_ID=demo/measurements
export LOCAL_CSV_PATH="$place/metrics_buffer.csv"

SCHEDULE_INTERVAL_SECONDS=1 run probe --cycles 2
run probe --once --stream --models blafjell/vesper-88b-2.9
run compare blafjell/vesper-88b-2.9
say "head -n 2 metrics_buffer.csv"
head -n 2 "$LOCAL_CSV_PATH"
run push
get "$upstream/sim/hub"

# The daemon, by hand: nothing on a schedule, a key of the demo's own.
say "assay serve --listen 127.0.0.1:0"
ASSAY_SCHEDULE=off ADMIN_API_KEY=0123456789abcdef-of-the-demo "$build/assay" serve --listen 127.0.0.1:0 \
	>"$place/serving" 2>"$place/serve.log" &
daemon=$!
service=$(wait_for_service)
get "$service/models/stats"
get "$service/models?modality=text-%3Etext&limit=1"
get "$service/changes?kind=price&limit=2"
say "GET $service/metrics"
fetch "$service/metrics" | awk '/^assay_models/ && n++ < 5'
kill "$daemon"
wait "$daemon"
daemon=

say "rows in the database"
empty=0
for table in providers models prices snapshots changes samples; do
	n=$(rows "$table")
	printf '%-10s %s\n' "$table" "$n"
	[ "$n" -gt 0 ] || empty=1
done
if [ "$empty" = 1 ]; then
	echo "demo: a table is empty" >&2
	exit 1
fi
