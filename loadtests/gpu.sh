#!/usr/bin/env bash
# Tries the tier of device memory on a machine with a GPU: speeds beside the driver's bare copies, a churn with every byte checked, a replay, an engine in
# another process, and whether all device memory is free again at the end.
#
#   loadtests/gpu.sh publish DIR   makes a folder that runs on a machine without .NET (linux-x64, glibc): copy it there, and run DIR/gpu.sh
#   loadtests/gpu.sh [run]         runs the checks, from the tree or from such a folder
#
# Each check prints figure, goal and pass or FAIL; exit code 0 when all held, 1 when one did not, 3 without a driver or device.
# Needs 2.5 GiB of free device memory, 1.1 GiB of /dev/shm, and the driver's libraries. Nothing else is to use the device meanwhile. Variables:
#   DEVICE=0      number of the device in this process     CHURN=64GiB   bytes of the churn
#   BENCH=""      further arguments of bench gpu, such as --set cascade.tiers.gpu.register-memory=false
#   REPLAY="--gpu 1GiB --shm 1GiB"   arguments of replay
#   CASCADE, ENGINE   the programs to run in place of those that lie here
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
device=${DEVICE:-0} churn=${CHURN:-64GiB}
read -r -a bench <<<"${BENCH:-}"
read -r -a replay <<<"${REPLAY:---gpu 1GiB --shm 1GiB}"
failed=0

publish() {
  local to=$1 project
  mkdir -p "$to"
  for project in src/Hosting samples/GpuEngine; do
    dotnet publish "$here/../$project" -c Release -r linux-x64 --self-contained -p:UseAppHost=true -p:RunAnalyzers=false --nologo -v quiet -o "$to/bin"
  done
  cp "$here/gpu.sh" "$to/"
  echo "made $to: $(du -sh "$to" | cut -f1); copy it to the machine and run gpu.sh in it"
}

# check NAME FIGURE OPERATOR GOAL: a figure that is missing holds nothing.
check() {
  local verdict=pass
  if ! awk -v f="$2" -v o="$3" -v g="$4" 'BEGIN { if (f == "" || f == "null") exit 1
      f += 0; g += 0; exit !(o == ">=" ? f >= g : o == "<=" ? f <= g : f == g) }'; then
    verdict=FAIL failed=1
  fi
  printf '%-52s %12s   %2s %-6s %s\n' "$1" "${2:-none}" "$3" "$4" "$verdict"
}

# field NAME: of the document on the input.
field() { sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p"; }

# run WORDS VERB...: the verb's document in $document, empty when it fails before it has one.
run() {
  local name=$1 code=0
  shift
  echo "== $name: cascade $*" >&2
  document=$("${cascade[@]}" "$@" --json) || code=$?
  [ "$code" -ne 3 ] || exit 3
  [ -z "$document" ] || echo "$document" >&2
  check "$name: exit code" "$code" == 0
}

used_mib() { nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -i "$device" 2>/dev/null || true; }

speeds() {
  run "bench" bench gpu --device "$device" "${bench[@]}"
  check "16 MiB blocks to the device / bare" "$(field put_of_raw <<<"$document")" ">=" 0.90
  check "16 MiB blocks to the host / bare" "$(field get_of_raw <<<"$document")" ">=" 0.90
  check "BLAKE3 of 64 MiB on the device / one CPU thread" "$(field device_hash_of_cpu <<<"$document")" ">=" 10
  check "lease of a resident block, p50 in us" "$(field lease_p50_us <<<"$document")" "<=" 2
  check "lease of a resident block, bytes allocated" "$(field lease_allocated_bytes <<<"$document")" == 0
}

churns() {
  run "churn" bench gpu --device "$device" --churn "$churn" "${bench[@]}"
  check "churn: wrong bytes" "$(field wrong_bytes <<<"$document")" == 0
  check "churn: errors" "$(field errors <<<"$document")" == 0
  check "churn: blocks that made others go" "$(field evicted <<<"$document")" ">=" 1
  check "churn: copies under way at a time" "$(field copies_at_once <<<"$document")" ">=" 2
  check "churn: blocks that the device named" "$(field device_digests <<<"$document")" ">=" 1
  check "churn: of these named otherwise by the CPU" "$(field wrong_digests <<<"$document")" == 0
  check "churn: device memory kept after the node's end, bytes" "$(field kept_bytes <<<"$document")" "<=" 0
}

replays() {
  run "replay" replay "${replay[@]}" --set "cascade.tiers.gpu.devices=[$device]"
  check "replay: wrong bytes" "$(field wrong_bytes <<<"$document")" == 0
  check "replay: errors" "$(field errors <<<"$document")" == 0
  check "replay: hits in device memory" "$(sed -n 's/.*"gpu":\([0-9]*\).*/\1/p' <<<"$document")" ">=" 1
}

# The sample: a node, and an engine in another process that maps its memory of the device and reads the blocks there.
engine() {
  local code=0
  echo "== engine" >&2
  "${engine[@]}" "cascade.tiers.gpu.devices=[$device]" >&2 || code=$?
  check "engine in another process reads 4 blocks: exit code" "$code" == 0
}

checks() {
  if [ -x "$here/bin/cascade" ]; then
    cascade=("$here/bin/cascade") engine=("$here/bin/Cascade.GpuEngine")
  elif [ -z "${CASCADE:-}" ]; then
    cascade=("$here/../cascade") engine=(dotnet run -c Release --project "$here/../samples/GpuEngine" --)
  fi
  [ -z "${CASCADE:-}" ] || read -r -a cascade <<<"$CASCADE"
  [ -z "${ENGINE:-}" ] || read -r -a engine <<<"$ENGINE"

  nvidia-smi 2>/dev/null >&2 || echo "nvidia-smi is not here: memory is not compared from outside" >&2
  "${cascade[@]}" doctor 2>/dev/null | sed -n '/ cuda /,/^[^ ]/{/ cuda /p;/^ /p}' >&2 || true
  local before after
  before=$(used_mib)
  speeds
  churns
  replays
  engine
  after=$(used_mib)
  [ -z "$before" ] || check "device memory in use at the end, MiB" "$after" "<=" "$before"
  exit "$failed"
}

case ${1:-run} in
  publish) publish "${2:?name the folder to make}" ;;
  run) checks ;;
  *) sed -n '2,16s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
