# lace: the commands of the README. meson does the building; this is the way in.
#
#   make            build into build/ (build/lace, build/lace-mux-server, build/features ...)
#   make deps       install what building and testing needs (Debian 12)
#   make demo       from nothing to a live terminal in a dev container; make demo-clean undoes it
#   make check      build with -Werror and run every test; make check-full adds the long tier
#   make oracle     ask the reference dev container CLI about tests/oracle/cases.py again, and store its answers
#   make bench      the tables of docs/performance.md
#   make install    honours PREFIX and DESTDIR

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
NINJA_ARGS ?=

.PHONY: all deps demo demo-clean check check-full oracle bench install clean

all:
	@tools/deps --check
	@tools/build $(BUILD) --prefix=$(PREFIX)
	@echo "built $(BUILD)/lace; see it at work: make demo; install it: sudo make install"

deps:
	@tools/deps

demo: deps
	@tools/build $(BUILD)
	@tools/demo $(BUILD)

demo-clean:
	@tools/demo --clean $(BUILD)

check: deps
	@tools/check

check-full: deps
	@tools/check --full

oracle: deps
	@program=$$(tools/oracle) && tests/oracle/record.py "$$program"

bench: deps
	@bench/run

install:
	@tools/deps --check
	@tools/build $(BUILD) --prefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-san build-fuzz build-bench
