#!/usr/bin/env bash
# Builds everything with warnings as errors and runs all tests. The last line is `N passed, N failed[, N skipped]`.
#
# Whatever is missing on the machine (PostgreSQL, Chromium, a Kubernetes control plane) is installed or built meanwhile.
# LAPSE_TEST_FORMAT=0 leaves out the check of the code's format; LAPSE_CHROMIUM names another browser.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. sandbox/build.sh
results=artifacts/test-results
runner=sandbox/Runner/bin/Debug/net10.0/lapse-sandbox.dll
export LAPSE_CHROMIUM=${LAPSE_CHROMIUM:-/usr/bin/chromium}
prepare=
checking=
beside=

finish() {
  trap - EXIT
  [ -z "$prepare" ] || kill -TERM "$prepare" 2>/dev/null
  [ -z "$checking" ] || kill -TERM "$checking" 2>/dev/null
  [ -z "$beside" ] || kill -TERM "$beside" 2>/dev/null
  exit "$1"
}
trap 'finish 130' INT TERM HUP

# Ends the run where no test could be run at all.
give_up() {
  echo "$1"
  echo "0 passed, 1 failed"
  finish 1
}

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

# Becomes the tests of one project, whose results and exit code go to its own folder; the sum is taken from there.
become_tests() {
  local name=$1 limit=$2
  mkdir -p "$results/$name"
  exec timeout -k 10 "$limit" dotnet test --project "tests/$name/$name.csproj" --no-build --no-progress \
    --report-xunit-trx --results-directory "$results/$name" </dev/null
}

# Notes how the tests of a project ended.
note_end() {
  local name=$1 limit=$2 code=$3
  echo "$code" >"$results/$name/exit-code"
  [ "$code" -ne 124 ] && [ "$code" -ne 137 ] || echo "$name did not end within $limit s."
}

run_project() {
  step "$1"
  (become_tests "$1" "$2")
  note_end "$1" "$2" $?
}

require_dotnet || give_up "Without the .NET SDK 10 nothing can be built."
rm -rf "$results" && mkdir -p "$results" || give_up "$results cannot be written."

step "Building what prepares this machine"
dotnet build sandbox/Runner --nologo -v quiet -clp:NoSummary || give_up "The sandbox does not build."
# A copy: the build of the whole solution must not find its output in use.
rm -rf artifacts/prepare && cp -R "$(dirname "$runner")" artifacts/prepare
dotnet artifacts/prepare/lapse-sandbox.dll prepare </dev/null 2>&1 &
prepare=$!

step "Building everything"
# One compiler for all projects, not one started for each; it ends with the build.
dotnet build Portal.sln --nologo -v quiet -clp:NoSummary -warnaserror -p:UseSharedCompilation=true
built=$?
dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1
[ "$built" -eq 0 ] || give_up "The build failed; its messages are above."

# Beside the tests, which wait for servers most of the time; it is given what they leave of the processors. The analyzers, which are
# the third part of dotnet format, are those of the build, where each of their warnings is an error.
format=0
formatted=artifacts/format.log
if [ "${LAPSE_TEST_FORMAT:-1}" != 0 ]; then
  nice -n 10 bash -c 'dotnet format whitespace Portal.sln --verify-no-changes --no-restore &&
    exec dotnet format style Portal.sln --verify-no-changes --no-restore' </dev/null >"$formatted" 2>&1 &
  checking=$!
fi

# Every folder of tests/ with a project of its name takes part. The quick need nothing but .NET; the one that waits for processes most
# of its time runs beside the others; the browser comes last and alone.
quick=(Domain.Tests Portal.Tests)
waiting=Sandbox.Tests
last=(EndToEnd.Tests)
middle=()
for folder in tests/*/; do
  name=$(basename "$folder")
  case $name in *.Tests) ;; *) continue ;; esac
  [ -f "tests/$name/$name.csproj" ] || continue
  case " ${quick[*]} $waiting ${last[*]} " in
    *" $name "*) ;;
    *) middle+=("$name") ;;
  esac
done

for name in "${quick[@]}"; do run_project "$name" 600; done

step "Waiting for what this machine lacks"
wait "$prepare"
prepared=$?
prepare=
[ "$prepared" -eq 0 ] || echo "This machine could not be prepared (exit code $prepared); what needs it fails below."

become_tests "$waiting" 900 >"$results/$waiting.log" 2>&1 &
beside=$!
for name in "${middle[@]}"; do run_project "$name" 1200; done
step "$waiting, which ran beside"
wait "$beside"
note_end "$waiting" 900 $?
beside=
cat "$results/$waiting.log"
for name in "${last[@]}"; do run_project "$name" 1500; done

if [ -n "$checking" ]; then
  step "The code's format"
  wait "$checking"
  format=$?
  checking=
  cat "$formatted"
fi
if [ "$format" -ne 0 ]; then
  # It counts, so that the closing line says it too.
  mkdir -p "$results/format" && echo "$format" >"$results/format/exit-code"
  echo "The code's format differs from .editorconfig; run dotnet format Portal.sln."
fi

step "Sum"
dotnet "$runner" sum "$results"
finish $?
