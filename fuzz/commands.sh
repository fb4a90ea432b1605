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

# count SET COMMAND...: runs it; what programs of MODE=cov have counted is added to the set.
count() {
    kind=$1
    shift
    LLVM_PROFILE_FILE=$root/build/cov/profile/$kind/%m%c.profraw "$@" >>"build/cov/$kind.log" 2>&1
}

# count_all: what is counted beside the cases.
count_all() {
    build cov tests fuzz-files
    for target in fuzz/fuzz_*.c; do
        target=$(basename "$target" .c)
        OV2_FUZZ_DUT=build/cov/reference.so OV2_FUZZ_PEER=build/cov/reference-clean.so OV2_FUZZ_OUT=build/cov/profile \
            count corpus "build/cov/$target-files" "fuzz/seeds/$target"/* fuzz/regressions/* || die "$target failed; build/cov/corpus.log says why"
    done
    # What a fault has made unlike itself may end in a line that cannot be run, and so in any exit code.
    count faults build/cov/worker --check --peer build/cov/reference-clean.so build/cov/reference.so fuzz/witnesses/*.trace ||
        grep -q ' = verdict=' build/cov/faults.log || die "no fault could be looked at; build/cov/faults.log says why"
    count unit make -s MODE=cov unit || die "a unit test fails; build/cov/unit.log says which"
}

# coverage: of the cases, and beside them of all else unless only some of them are meant.
coverage() {
    need coverage
    rm -rf build/cov/profile build/cov/*.log
    mkdir -p build/cov/profile/finds
    rm -f build/cov/results/results.json
    count cases "$self" certify MODE=cov OUT=build/cov/results JOBS="$jobs" C="$C" R="$R" || [ -e build/cov/results/results.json ] ||
        die "the cases did not run; build/cov/cases.log says why"
    ! grep -q '^INCOMPLETE: no case was run' build/cov/cases.log || die 'no case was run'
    [ -n "$C$R" ] || count_all
    "$py" fuzz/reached.py build/cov "$OUT"
}

# What ./ov2 test asks of the fuzzer beside its unit tests.
fuzz_stages() {
    stage 'oss-fuzz' oss_fuzz
    stage 'exam' "$self" exam OUT=build/test TIME=20
}
