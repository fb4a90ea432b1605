#!/bin/sh
# What the front door does about fuzzing; ../ov2 reads this file, and has what is used here.
# shellcheck disable=SC2154 # $jobs and others come from there

build_fuzz() { make -s -j"$jobs" MODE=fuzz fuzz-targets afl-targets && say "all targets are built"; }

# fuzz: an adapter of ours is built for it, watched by the engine, and again for triage; another is taken as it is.
fuzz() {
    [ -e "fuzz/$F.c" ] || die "there is no target F=$F; there are: $(cd fuzz && printf '%s ' fuzz_*.c | sed 's/\.c//g')"
    case $ENGINE in libfuzzer | afl) ;; *) die "ENGINE=$ENGINE is neither libfuzzer nor afl" ;; esac
    need asan
    again=$DUT own=build/fuzz/$(basename "${DUT:-reference.so}")
    case ${DUT#"$root"/} in
    '' | build/*) ! has_rule fuzz "$own" || { DUT=$own && again=build/asan/${own##*/} && build fuzz "$DUT" && build asan "$again"; } ;;
    esac
    [ -e "$DUT" ] || die "there is no adapter $DUT"
    build fuzz "build/fuzz/$F" build/fuzz/reference-clean.so
    build asan build/asan/triage build/asan/reference-clean.so
    [ "$ENGINE" = libfuzzer ] || { need afl && build fuzz "build/fuzz/$F-afl" "build/fuzz/$F-afl.so" "build/fuzz/$F-files"; }
    "$py" fuzz/campaign.py --engine "$ENGINE" --jobs "${JOBS:-1}" --target "$F" --dut "$DUT" --triage-dut "$again" --words "$PROFILE" --out "$OUT/fuzz" \
        --time "$TIME" --seed "$SEED" ${HOSTILE:+--hostile}
}

# oss_fuzz: with one sanitizer, and with the other as well for FULL=1.
oss_fuzz() { fuzz/oss-fuzz/check address ${FULL:+undefined}; }

# exam: how soon each fault of fuzz/exam.toml is found; a few of them, or all beside bytes.  TIME is for each run.
exam() {
    need asan
    build fuzz fuzz-targets
    "$py" fuzz/exam.py --out "$OUT/exam" --limit "$TIME" ${FULL:+--full}
}

# What ./ov2 test asks of the fuzzer beside its unit tests.
fuzz_stages() {
    stage 'oss-fuzz' oss_fuzz
    stage 'exam' "$self" exam OUT=build/test TIME=20
}
