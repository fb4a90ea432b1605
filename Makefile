# ov2: builds everything below build/$(MODE)/.  The front door is ./ov2, whose exit codes mean something; the
# targets of the same names here only call it.  A comment behind a target's colon is its help text.

MODE ?= plain#              plain asan tsan cov fuzz win64: flags and folder
B := build/$(MODE)
CC_GCC := gcc
CC_CLANG := clang
MINGW := x86_64-w64-mingw32-gcc
have = $(shell command -v $(1) 2>/dev/null)

# ---- flags ---------------------------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla -Werror
BASE := -std=c11 -D_POSIX_C_SOURCE=200809L -g -fPIC -Iinclude $(WARN)

# A sanitizer build wants clang (its runtime is linked into the worker, so that a library need not carry one).
CC := $(or $(if $(filter plain,$(MODE)),$(call have,$(CC_GCC))),$(call have,$(CC_CLANG)),$(CC_GCC))

MODE_plain := -O2
MODE_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
MODE_tsan := -O1 -fsanitize=thread -fno-omit-frame-pointer
# Counted in a file that all processes of a program map, so that nothing is lost where one is killed.
MODE_cov := -O1 -fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation=true
MODE_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
MODE_win64 := -O2# and what harness/win64.mk adds
ifeq ($(MODE_$(MODE)),)
$(error MODE=$(MODE) is none of plain, asan, tsan, cov, fuzz, win64)
endif

CFLAGS := $(BASE) $(MODE_$(MODE)) $(EXTRA_CFLAGS)
LDFLAGS := $(filter -fsanitize% -fprofile%,$(MODE_$(MODE))) $(EXTRA_LDFLAGS)
CRYPTO := -lcrypto -pthread
HOST_LIBS := -rdynamic -ldl -pthread
SO := so
other_system := %_win32.c %_cng.c

include harness/win64.mk

# What a folder adds to the flags.
FOLDER_harness := -Iharness -DOV2_MODE='"$(MODE)"' -fvisibility=hidden# an adapter's functions may be called as ours are
# For a fuzzer the driver is watched, not the suite: five times the speed, and its edges do not fill the corpus.
OURS_fuzz := -O2 -fno-sanitize=all
FOLDER_harness += $(OURS_$(MODE))
FOLDER_fuzz := -Ifuzz $(FOLDER_harness)
FOLDER_adapters := -fvisibility=hidden
FOLDER_reference := -Ireference -fvisibility=hidden

# ---- what there is: wildcards, no lists -------------------------------------------------------------------------------

ours = $(filter-out $(other_system),$(sort $(wildcard $(1))))

PROGRAMS := worker bench bench_packets wine_posix
HARNESS := $(filter-out $(PROGRAMS:%=harness/%.c) %_test.c,$(call ours,harness/*.c)) $(PORTABLE)
HARNESS_TESTS := $(call ours,harness/*_test.c)
REFERENCE := $(filter-out %_test.c %_proof.c reference/bench_evp.c,$(call ours,reference/*.c))
REFERENCE_TESTS := $(call ours,reference/*_test.c)
FUZZ_TARGETS := $(sort $(patsubst fuzz/%.c,%,$(wildcard fuzz/fuzz_*.c)))
FUZZ := $(filter-out fuzz/fuzz_% fuzz/door_% fuzz/bench_% fuzz/triage_posix.c %_test.c,$(call ours,fuzz/*.c))
FUZZ_LIBS := $(B)/libfuzz.a $(B)/libharness.a
FUZZ_TESTS := $(call ours,fuzz/*_test.c)
ADAPTER_FILES := $(call ours,harness/adapters/*.c)
ADAPTER_DIRS := $(sort $(patsubst harness/adapters/%/,%,$(dir $(wildcard harness/adapters/*/*.c))))

object = $(patsubst %.c,$(B)/obj/%.o,$(1))
clean_object = $(patsubst %.c,$(B)/obj-clean/%.o,$(1))

WORKER := $(B)/worker
BENCH := $(if $(EXE),,$(B)/bench $(B)/bench_packets $(B)/bench_evp)
PEER := $(if $(EXE),build/plain,$(B))/reference-clean.so
ADAPTERS := $(patsubst %,$(B)/%.$(SO),reference $(patsubst harness/adapters/%.c,%,$(ADAPTER_FILES)) $(ADAPTER_DIRS))
TRACES := $(sort $(wildcard fuzz/*/*.trace))
TESTS := $(patsubst %.c,$(B)/tests/%,$(HARNESS_TESTS) $(REFERENCE_TESTS) $(FUZZ_TESTS))

.DEFAULT_GOAL := all
.PHONY: all fuzz-targets triage tests unit headers tidy format help clean
.SECONDARY:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

all: $(WORKER) $(PEER) $(ADAPTERS) $(BENCH) ##    the worker, the reference, the adapters
tests: $(TESTS)

# ---- rules -----------------------------------------------------------------------------------------------------------

# One short line for each step; V=1 shows the commands, -s nothing.
SILENT := $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
run = $(if $(V),$(2),@$(if $(SILENT),,echo "  $(1)  $@";) $(2))

$(B)/obj/harness/adapters/%.o: harness/adapters/%.c Makefile
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(CFLAGS) $(FOLDER_adapters) -MMD -MP -c -o $@ $<)

$(B)/obj/harness/%.o: harness/%.c Makefile
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(CFLAGS) $(FOLDER_harness) -MMD -MP -c -o $@ $<)

$(B)/obj/reference/%.o: reference/%.c Makefile
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(CFLAGS) $(FOLDER_reference) -MMD -MP -c -o $@ $<)

# The peer, and what is measured: the same device without its faults, optimised as a whole as drivers are.
WHOLE := $(if $(findstring gcc,$(CC)),$(if $(filter plain,$(MODE)),-flto=auto))
$(B)/obj-clean/reference/%.o: reference/%.c Makefile
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(CFLAGS) $(WHOLE) $(FOLDER_reference) -DOV2_NO_FAULTS -MMD -MP -c -o $@ $<)

$(B)/libharness.a: $(call object,$(HARNESS))
	@rm -f $@
	$(call run,AR,ar rcs $@ $^)

$(addprefix $(B)/,$(addsuffix $(EXE),$(PROGRAMS))): $(B)/%$(EXE): $(B)/obj/harness/%.o $(B)/libharness.a
	$(call run,LD,$(CC) $(LDFLAGS) -o $@ $^ $(HOST_LIBS))

$(B)/bench_evp: $(B)/obj/reference/bench_evp.o
	$(call run,LD,$(CC) $(LDFLAGS) -o $@ $^ $(CRYPTO))

$(B)/reference.$(SO): $(call object,$(REFERENCE))
	$(call run,LD,$(CC) $(LDFLAGS) -shared -o $@ $^ $(CRYPTO))

$(B)/reference-clean.so: $(call clean_object,$(REFERENCE))
	$(call run,LD,$(CC) $(LDFLAGS) $(WHOLE) -shared -o $@ $^ $(CRYPTO))

# An adapter is a file, or a folder of files.
$(patsubst harness/adapters/%.c,$(B)/%.$(SO),$(ADAPTER_FILES)): $(B)/%.$(SO): $(B)/obj/harness/adapters/%.o
	$(call run,LD,$(CC) $(LDFLAGS) -shared -o $@ $^ -pthread)

define adapter_dir
$(B)/$(1).$(SO): $(call object,$(call ours,harness/adapters/$(1)/*.c))
	$$(call run,LD,$$(CC) $$(LDFLAGS) -shared -o $$@ $$^ $$(CRYPTO))
endef
$(foreach dir,$(ADAPTER_DIRS),$(eval $(call adapter_dir,$(dir))))

# A unit test lies beside what it tests.
$(B)/tests/harness/%: $(B)/obj/harness/%.o $(B)/libharness.a
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(LDFLAGS) -o $@ $^ $(HOST_LIBS))

$(B)/tests/reference/%: $(B)/obj/reference/%.o $(call object,$(REFERENCE))
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(LDFLAGS) -o $@ $^ $(CRYPTO))

include $(wildcard fuzz/*.mk)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- checks ----------------------------------------------------------------------------------------------------------

# The names of all traces there are go to every test; trace_files_test reads them.
unit: all tests ##  run the C unit tests of this MODE
	@failed=0; for t in $(TESTS); do \
	    if OV2_BUILD=$(B) $$t $(TRACES) >$$t.log 2>&1; then echo "ok    $${t#$(B)/tests/}"; \
	    else echo "FAIL  $${t#$(B)/tests/}: exit code $$?"; head -n 40 $$t.log; failed=1; fi; \
	done; [ $$failed = 0 ] && echo "$(words $(TESTS)) unit tests pass in MODE=$(MODE)"

# Each header alone, as C11 and (but for a module's own *_internal.h, which may use C's atomics) as C++17, by every
# compiler there is; the contract also for Windows.
CONTRACT := $(sort $(wildcard include/ov2/*.h))
INTERNAL := $(sort $(wildcard harness/*.h reference/*.h fuzz/*.h))
PUBLIC := $(filter-out %_internal.h,$(INTERNAL))
C_ALONE := -x c -std=c11 $(filter-out -Werror,$(WARN)) -Werror
CXX_ALONE := -x c++ -std=c++17 -Wall -Wextra -Wconversion -Werror
COMPILERS := $(CC_GCC) $(CC_CLANG)

headers: ##        every header compiles alone, as C11 and C++17, for Linux and Windows
	@bad=0; \
	alone() { compiler=$$1; shift; for h; do \
	    printf '#include "%s"\n' "$$h" | $$compiler -I. -Iinclude -Iharness -Ireference -Ifuzz -fsyntax-only - || \
	        { echo "$$h does not compile alone: $$compiler"; bad=1; }; done; }; \
	have() { command -v "$$1" >/dev/null 2>&1 || { echo "skipped: $$1 is not installed"; return 1; }; }; \
	for c in $(COMPILERS); do have $$c || continue; \
	    alone "$$c $(C_ALONE) -D_POSIX_C_SOURCE=200809L" $(CONTRACT) $(INTERNAL); \
	    if echo | $$c -x c++ -fsyntax-only - 2>/dev/null; then alone "$$c $(CXX_ALONE)" $(CONTRACT) $(PUBLIC); \
	    else echo "skipped: $$c has no C++"; fi; \
	done; \
	if have $(MINGW); then alone "$(MINGW) $(C_ALONE)" $(CONTRACT); fi; \
	if have $(CC_CLANG); then for t in x86_64-pc-windows-msvc i686-pc-windows-msvc; do \
	    alone "$(CC_CLANG) --target=$$t -ffreestanding $(C_ALONE)" $(CONTRACT); \
	    alone "$(CC_CLANG) --target=$$t -ffreestanding $(CXX_ALONE)" $(CONTRACT); done; fi; \
	[ $$bad = 0 ] && echo "$(words $(CONTRACT) $(INTERNAL)) headers compile alone"

C_SOURCES := $(sort $(wildcard include/ov2/*.h harness/*.[ch] harness/adapters/*.[ch] harness/adapters/*/*.[ch] \
	reference/*.[ch] fuzz/*.[ch]))
# naive is wrong on purpose.
TIDY := $(addprefix tidy-,$(filter-out $(other_system) harness/adapters/naive/%,$(filter %.c,$(C_SOURCES))))
.PHONY: $(TIDY)

format: ##         clang-format, in place
	clang-format -i $(C_SOURCES)

format-check:
	clang-format --dry-run -Werror $(C_SOURCES)

tidy: $(TIDY) ##   clang-tidy over every C file (-j helps)
$(TIDY): tidy-%:
	@said=$$(clang-tidy --quiet $* -- $(filter-out -Werror,$(BASE)) -Iharness -Ireference -Ifuzz -DOV2_MODE='"plain"' 2>&1) \
	    || { printf '%s\n' "$$said"; exit 1; }

# ---- the front door's commands -----------------------------------------------------------------------------------------

COMMANDS := certify test fuzz regress exam coverage prove faults legal replay bench lint docs compare shell package
.PHONY: $(COMMANDS)
$(COMMANDS): ##    the same as ./ov2 NAME
	@./ov2 $@ $(MAKEOVERRIDES)

clean: ##          remove build/
	rm -rf build

help: ##           this list
	@echo 'make [MODE=plain|asan|tsan|cov|fuzz|win64] TARGET'
	@sed -n 's/^\([a-z][a-z-]*\):.*##  *\(.*\)/  \1  \2/p' Makefile | \
	    while read -r target text; do printf '  %-10s %s\n' "$$target" "$$text"; done
	@echo '  $(COMMANDS): the same as ./ov2 NAME'
