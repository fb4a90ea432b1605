#!/bin/sh
# Builds every target for OSS-Fuzz, whose environment gives CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, OUT and SRC.
# Each is one file with everything in it: the reference, which is watched, and another of it as the peer.
set -eu

cd "$SRC/ov2"
work=${WORK:-/tmp}/ov2
rm -rf "$work"

# -fno-plt: what asks whether there is a sanitizer does not look as if it were built with it.
ours='-fno-plt -std=c11 -D_POSIX_C_SOURCE=200809L -g -Iinclude -Iharness -Ireference -Ifuzz -fvisibility=hidden -DOV2_NO_FAULTS'
mode=-DOV2_MODE=\"fuzz\"
bare='-O2 -fno-sanitize=all -fno-profile-instr-generate -fno-coverage-mapping' # what is not looked at

# compile FOLDER FLAGS FILE...: objects, as many at a time as there are processors.
# shellcheck disable=SC2016 # the inner shell expands
compile() {
    into=$work/$1
    flags=$2
    shift 2
    mkdir -p "$into"
    for file; do
        printf '%s\n' "$file"
    done | into=$into flags="$CFLAGS $ours $flags" mode=$mode xargs -P "$(nproc)" -I '{}' sh -euc '
        name=$(echo "$1" | tr / -)
        exec $CC $flags "$mode" -c -o "$into/${name%.c}.o" "$1"' - '{}'
}

# sources FILE...: those that belong into a library on this system.
sources() {
    for file; do
        case $file in
        *_test.c | *_win32.c | *_cng.c | */bench*.c | */worker*.c | */wine_*.c | */door_*.c | */fuzz_*.c | */triage_posix.c | */afl_*.c) ;;
        *) printf '%s\n' "$file" ;;
        esac
    done
}

# shellcheck disable=SC2046 # file names of ours, without spaces
{
    compile driver '' $(sources reference/*.c)
    compile peer "$bare" $(sources reference/*.c)
    compile suite "$bare" $(sources harness/*.c fuzz/*.c) fuzz/door_libfuzzer.c
    compile watched '' $(sources harness/*.c)
    compile targets "$bare" fuzz/fuzz_*.c
}

# Both are seen by one name alone, as shared objects would be.
for adapter in driver peer; do
    ld -r -o "$work/$adapter.o" "$work/$adapter"/*.o
done
objcopy --redefine-sym ov2_adapter_get=ov2_peer_get "$work/peer.o"
objcopy --keep-global-symbol=ov2_peer_get "$work/peer.o"
objcopy --keep-global-symbol=ov2_adapter_get "$work/driver.o"

for target in "$work"/targets/*.o; do
    name=${target##*/fuzz-}
    name=${name%.o}
    case $name in
    fuzz_harness) with="$work/watched/*.o $work/suite/fuzz-*.o" ;;
    *) with="$work/suite/*.o $work/driver.o $work/peer.o" ;;
    esac
    # shellcheck disable=SC2086 # flags and patterns
    $CXX $CXXFLAGS -o "$OUT/$name" "$target" $with $LIB_FUZZING_ENGINE -l:libcrypto.a -ldl -lpthread
    python3 fuzz/oss-fuzz/seeds.py "$name" "$OUT/${name}_seed_corpus.zip"
    cp fuzz/oss-fuzz/options "$OUT/$name.options"
    [ ! -e fuzz/ov2.dict ] || cp fuzz/ov2.dict "$OUT/$name.dict"
done
