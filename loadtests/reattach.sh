#!/usr/bin/env bash
# How long a node takes to serve again after kill -9 with a full arena of 4 GiB (SIZE and BLOCK change that).
# Needs as much free /dev/shm; leaves nothing behind.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
size=${SIZE:-4GiB} block=${BLOCK:-64KiB}
cluster="reattach-$$"
arena="/dev/shm/cascade-$cluster-0"
log=$(mktemp)
pid=
cleanup() {
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  rm -f "$arena" "$log"
}
trap cleanup EXIT

./cascade --version >/dev/null
run() { exec dotnet exec src/Hosting/bin/Release/net10.0/cascade.dll "$@" --set "cascade.cluster.name=$cluster" --set "cascade.tiers.shm.capacity=$size"; }

(run replay --keep --bytes-per-block "$block" --limit 1000000) >/dev/null 2>"$log" &
pid=$!
# The generated load reuses blocks; the arena is full once something was evicted, which a quarter more than its size in puts ensures.
until free=$(./cascade inspect arena "$arena" --json 2>/dev/null | sed -n 's/.*"capacity_bytes":\([0-9]*\).*"live_bytes":\([0-9]*\).*/\1 \2/p') &&
  [ -n "$free" ] && awk -v f="$free" 'BEGIN { split(f, x, " "); exit !(x[2] >= 0.98 * x[1]) }'; do
  kill -0 "$pid" || { cat "$log" >&2; exit 1; }
  sleep 0.5
done
kill -9 "$pid"
wait "$pid" 2>/dev/null || true

(run node) 2>"$log" &
pid=$!
until grep -q 'serves;' "$log"; do
  kill -0 "$pid" || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
kill -TERM "$pid"
wait "$pid"
pid=
sed -n 's/^info: Arena [^ ]* taken over: //p' "$log"
