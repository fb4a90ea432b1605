#!/bin/sh
# The stages of `./ov2 test`; ../../ov2 reads this file, and has what is used here.
# shellcheck disable=SC2154 # $jobs and others come from there

# stage NAME COMMAND...: one line for each stage; its last line begins with the number of things it proved.
passed=0
stage() {
    name=$1
    shift
    log=build/test/$(say "$name" | tr ' ' '-').log
    began=$(date +%s)
    printf '%-18s' "$name"
    if "$@" >"$log" 2>&1; then
        last=$(tail -n 1 "$log")
        passed=$((passed + $(say "$last" | sed -n 's/^\([0-9][0-9]*\) .*/\1/p' | grep . || echo 1)))
        printf '%4d s  %s\n' $(($(date +%s) - began)) "$last"
    else
        printf '%4d s  FAILED\n' $(($(date +%s) - began))
        tail -n 40 "$log"
        say "the stage '$name' failed; $log has it all"
        say "$passed passed, 1 failed"
        exit 1
    fi
}

# expect KIND: certify in a shell of its own; its results must be `clean` or `broken`, whatever its exit code.
expect() {
    kind=$1
    shift
    "$self" certify JOBS="$jobs" "$@" OUT="build/test/$kind" || [ $? -lt 3 ]
    "$py" reports/expect.py "$kind" "build/test/$kind" build/test/clean
}

build_tests() { make -s -j"$jobs" MODE="$1" all tests triage && say "all programs are built"; }

# The device is called from several threads, and ThreadSanitizer looks on.
races() {
    build tsan all
    "$py" -m pytest cases/test_races.py cases/test_oid_pending.py -q --no-header --mode tsan --out build/test/races
}

# The ids of the cases that were released once are kept.
ids() {
    "$py" -m pytest cases --collect-only -q --no-header --out build/test/ids >/dev/null
    "$py" reports/releases.py check build/test/ids/cases.json
}

run_tests() {
    need all
    mkdir -p build/test
    stage 'headers' make -s headers
    for m in plain asan; do stage "build $m" build_tests $m; done
    stage 'build fuzz' build_fuzz
    for m in plain asan; do stage "unit $m" make -s MODE=$m unit; done
    stage 'lint' "$self" lint JOBS="$jobs"
    stage 'self-tests' "$py" -m pytest reports cases/selftest fuzz -q --no-header
    for m in plain asan; do
        stage "reference $m" expect clean MODE=$m
        stage "naive $m" expect broken DUT=build/$m/naive.so
    done
    stage 'races tsan' races
    stage 'docs' "$py" reports/pages.py build/test/clean/results.json --check
    stage 'ids' ids
    fuzz_stages
    # A quarter of an hour more: what nothing reaches, all faults, and every legal choice in turn.
    if [ -n "$FULL" ]; then
        stage 'coverage' "$self" coverage JOBS="$jobs" OUT=build/test
        stage 'faults' "$self" faults JOBS="$jobs"
        stage 'legal' "$self" legal JOBS="$jobs"
    fi
    say "$passed passed, 0 failed"
}
