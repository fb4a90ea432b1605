# Fuzz targets: with libFuzzer (MODE=fuzz), and without an engine.  Included by the Makefile.
$(B)/obj/fuzz/%.o: fuzz/%.c Makefile
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(CFLAGS) $(FOLDER_fuzz) -MMD -MP -c -o $@ $<)

$(B)/libfuzz.a: $(call object,$(FUZZ))
	@rm -f $@
	$(call run,AR,ar rcs $@ $^)

# Here the harness is what is watched.
$(B)/obj-watched/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(CFLAGS) -Iharness -Ifuzz -DOV2_MODE='"$(MODE)"' -MMD -MP -c -o $@ $<)

$(B)/libwatched.a: $(patsubst %.c,$(B)/obj-watched/%.o,$(HARNESS))
	@rm -f $@
	$(call run,AR,ar rcs $@ $^)

$(B)/fuzz_harness: $(B)/obj-watched/fuzz/fuzz_harness.o $(B)/obj/fuzz/door_libfuzzer.o $(B)/libfuzz.a $(B)/libwatched.a
	$(call run,LD,$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(HOST_LIBS))

$(addprefix $(B)/,$(filter-out fuzz_harness,$(FUZZ_TARGETS))): $(B)/%: $(B)/obj/fuzz/%.o $(B)/obj/fuzz/door_libfuzzer.o $(FUZZ_LIBS)
	$(call run,LD,$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(HOST_LIBS))

# The same engine around nothing but the driver.
$(B)/bench_bare: $(B)/obj/fuzz/bench_bare.o $(FUZZ_LIBS)
	$(call run,LD,$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(HOST_LIBS))

$(addsuffix -files,$(addprefix $(B)/,$(FUZZ_TARGETS))): $(B)/%-files: $(B)/obj/fuzz/%.o $(B)/obj/fuzz/door_files.o \
		$(FUZZ_LIBS)
	$(call run,LD,$(CC) $(LDFLAGS) -o $@ $^ $(HOST_LIBS))

$(B)/triage: $(B)/obj/fuzz/triage_posix.o $(FUZZ_LIBS)
	$(call run,LD,$(CC) $(LDFLAGS) -o $@ $^ $(HOST_LIBS))

$(B)/tests/fuzz/%: $(B)/obj/fuzz/%.o $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(LDFLAGS) -o $@ $^ $(HOST_LIBS))

triage: $(B)/triage $(B)/fuzz_differential-files

fuzz-files: $(addsuffix -files,$(addprefix $(B)/,$(FUZZ_TARGETS)))
.PHONY: fuzz-files

fuzz-targets: $(addprefix $(B)/,$(FUZZ_TARGETS)) $(addsuffix -files,$(addprefix $(B)/,$(FUZZ_TARGETS))) $(PEER) $(ADAPTERS)
