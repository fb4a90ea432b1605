# MODE=win64: for Windows, by mingw-w64.  $(B)/worker is a program of this system that runs worker.exe under wine.
ifeq ($(MODE),win64)

CC := $(MINGW)
# Its compiler does not know C99's formats, nor that assert() does not return.
CFLAGS += -D__USE_MINGW_ANSI_STDIO=1 -D_WIN32_WINNT=0x0A00 -Wno-format -Wno-array-bounds
CRYPTO := -lbcrypt -static -lpthread
HOST_LIBS := -lws2_32 -static -lpthread
SO := dll
EXE := .exe
other_system := %_posix.c %_openssl.c %_test.c
PORTABLE := harness/race_posix.c# mingw-w64 has these threads, too

.PHONY: native
native:
	@$(MAKE) --no-print-directory MODE=plain build/plain/wine_posix build/plain/reference-clean.so
build/plain/reference-clean.so: native

$(B)/worker: $(B)/worker.exe $(B)/prefix native
	@cmp -s build/plain/wine_posix $@ || cp build/plain/wine_posix $@

$(B)/prefix: harness/wine_prefix.sh
	$(call run,WINE,$< $@)

else

# clang-tidy knows Windows by mingw-w64's headers.
WINDOWS := $(if $(call have,$(MINGW)),$(sort $(wildcard harness/*_win32.c reference/*_cng.c)))
tidy: $(WINDOWS:%=tidy-%)
$(WINDOWS:%=tidy-%): tidy-%:
	@said=$$(clang-tidy --quiet $* -- --target=x86_64-w64-mingw32 $(filter-out -Werror -fPIC,$(BASE)) -Iharness -Ireference \
	    -D_WIN32_WINNT=0x0A00 2>&1) || { printf '%s\n' "$$said"; exit 1; }

endif
