#!/usr/bin/env bash
# Everything that CI runs: build with warnings as errors, format check, all test suites.
# Ends with "N passed, N failed, N skipped" over all suites; exits non-zero when a step failed or a test did.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
failed_step=0

step() {
  local name=$1
  shift
  local started=$SECONDS
  echo "== $name"
  if "$@"; then
    echo "== $name: ok ($((SECONDS - started)) s)"
  else
    echo "== $name: FAILED ($((SECONDS - started)) s)"
    failed_step=1
    return 1
  fi
}

finish() {
  local passed=0 failed=0 skipped=0 counters
  for trx in "$results"/*.trx; do
    [ -f "$trx" ] || continue
    counters=$(grep -o '<Counters [^>]*>' "$trx")
    count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
    passed=$((passed + $(count passed)))
    failed=$((failed + $(count failed) + $(count error) + $(count timeout)))
    skipped=$((skipped + $(count total) - $(count executed)))
  done
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed_step" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

# Quiet as it is, the runner names a test that failed but does not say why.
why() {
  [ -f "$1" ] && sed -n '/<ErrorInfo>/,/<\/ErrorInfo>/p' "$1" | head -n 200
}

# Components that tests start: MPICH, SLURM with munge, and a C compiler for the stand-in of the CUDA driver. Where they cannot be installed, the tests say what is missing and are skipped.
components() {
  local missing=()
  command -v mpiexec.mpich >/dev/null 2>&1 || missing+=(mpich)
  command -v srun >/dev/null 2>&1 && [ -x /usr/sbin/slurmctld ] && [ -x /usr/sbin/slurmd ] || missing+=(slurm-wlm)
  [ -x /usr/sbin/munged ] || missing+=(munge)
  command -v gcc >/dev/null 2>&1 || missing+=(gcc libc6-dev)
  [ "${#missing[@]}" -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 0
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

command -v dotnet >/dev/null 2>&1 || { ./cascade --version; exit 3; }

# Two processes of MSBuild for two cores, and one compiler for all projects, which costs two thirds of one for each. No daemons are left behind.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
compiler=cascade-$$
build() {
  local result=0
  dotnet build Cascade.Actors.sln -c Release --nologo -v quiet -m:2 -p:UseSharedCompilation=true -p:SharedCompilationId="$compiler" || result=$?
  pkill -f -- "-pipename:$compiler" || true
  return "$result"
}

# Processes that tests kill would leave their diagnostic pipes in /tmp.
export DOTNET_EnableDiagnostics=0
step "components" components || failed_step=0
step "build" build || finish

# Layout and the order of imports. All other rules are warnings of the build, and so errors of it: one is named here so that they do not all run again.
step "format" dotnet format Cascade.Actors.sln --no-restore --verify-no-changes --diagnostics IDE0161
for project in tests/*/*.csproj; do
  suite=$(basename "$project" .csproj)
  step "$suite" dotnet test "$project" -c Release --no-build --nologo -v quiet \
    --logger "trx;LogFileName=$results/$suite.trx" --results-directory "$results" --blame-hang-timeout 5min \
    || why "$results/$suite.trx"
done
finish
