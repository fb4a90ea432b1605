# AFL++: NAME-afl is a target, NAME-afl.so the mutator for it.  Their folders are of MODE=fuzz.

AFL_LINK := AFL_QUIET=1 afl-clang-fast -fsanitize=address,undefined -fsanitize=fuzzer

$(addsuffix -afl,$(addprefix $(B)/,$(filter-out fuzz_harness,$(FUZZ_TARGETS)))): $(B)/%-afl: $(B)/obj/fuzz/%.o \
		$(B)/obj/fuzz/door_afl.o $(FUZZ_LIBS)
	$(call run,LD,$(AFL_LINK) -o $@ $^ $(HOST_LIBS))

$(B)/fuzz_harness-afl: $(B)/obj-watched/fuzz/fuzz_harness.o $(B)/obj/fuzz/door_afl.o $(B)/libfuzz.a $(B)/libwatched.a
	$(call run,LD,$(AFL_LINK) -o $@ $^ $(HOST_LIBS))

# The engine loads it, which has no sanitizer.
$(addsuffix -afl.so,$(addprefix $(B)/,$(FUZZ_TARGETS))): $(B)/%-afl.so: $(B)/obj/fuzz/%.o $(B)/obj/fuzz/afl_mutator.o \
		$(FUZZ_LIBS)
	$(call run,LD,$(CC) -shared -o $@ $^)

afl-targets: $(addsuffix -afl,$(addprefix $(B)/,$(FUZZ_TARGETS))) $(addsuffix -afl.so,$(addprefix $(B)/,$(FUZZ_TARGETS)))
.PHONY: afl-targets
