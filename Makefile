# aplot: build, test, install.  There is no configure step; GNU make.
#
#	make [CC=clang] [CFLAGS=...] [WERROR=-Werror]
#	make check
#	make install [PREFIX=/usr/local] [DESTDIR=...]
#	make BUILD=build/asan SANITIZE=address,undefined
#
# All that is made goes to $(BUILD).  tests/NAME.c becomes
# $(BUILD)/tests/NAME.t, a test; tests/help-NAME.c a program that tests use,
# $(BUILD)/tests/help-NAME; tests/fuzz-NAME.c is built by scripts/check only.

VERSION = 0.1
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCDIR = $(PREFIX)/include
MANDIR = $(PREFIX)/share/man
PYTHONDIR = $(shell python3 -c 'import site; print( \
	site.getusersitepackages() if site.getuserbase() == "$(PREFIX)" else \
	([d for d in site.getsitepackages() if d.startswith("$(PREFIX)/")] + \
	["$(PREFIX)/lib/python3/dist-packages"])[0])' || \
	echo $(PREFIX)/lib/python3/dist-packages)
BUILD = build
CFLAGS = -O2 -g
FC = gfortran
FFLAGS = -O2 -g
MPICC = mpicc
WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes $(WERROR)

BSD_CFLAGS := $(shell pkg-config --cflags libbsd-overlay 2>/dev/null)
LIBS := $(shell pkg-config --libs libbsd-overlay 2>/dev/null) \
	$(shell pkg-config --libs libzstd || echo -lzstd)
ZSTD_CFLAGS := $(shell pkg-config --cflags libzstd 2>/dev/null)
STATIC_LIBS = $(shell pkg-config --static --libs libbsd-overlay 2>/dev/null) \
	$(shell pkg-config --static --libs libzstd || echo -lzstd)
SAN := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
COMPILE = $(CC) -std=c11 -D_GNU_SOURCE -I. $(BSD_CFLAGS) $(CPPFLAGS) $(WARN) \
	$(CFLAGS) $(SAN) -pthread -MMD -MP
LINK = $(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -pthread

PROGS := $(patsubst %.c,$(BUILD)/%,$(wildcard aptee.c aplot.c)) \
	$(patsubst format/%.c,$(BUILD)/%,$(wildcard format/aprec.c))
MPI := $(if $(SANITIZE)$(shell command -v $(MPICC) >/dev/null || echo no),,\
	$(patsubst scripts/%.c,$(BUILD)/%,$(wildcard scripts/*-mpi.c)))
EXAMPLES := $(patsubst scripts/%.c,$(BUILD)/%,$(filter-out %-mpi.c,\
	$(wildcard scripts/*.c))) $(MPI)
FORTRAN := $(if $(SANITIZE)$(shell command -v $(FC) >/dev/null || echo no),,\
	$(patsubst scripts/%.f90,$(BUILD)/%,$(wildcard scripts/*.f90)))
APTEE = aptee world/answer world/ask world/fd world/feed world/frame \
	world/link world/orders world/origin world/recaps world/recording \
	world/relay world/repair world/serve world/shell world/sink \
	world/socket world/tell world/viewer
APLOT = aplot world/child world/delivery world/draw world/fd world/input \
	world/keys world/loads world/news world/origin world/output world/runs \
	world/shell world/snapshot world/socket world/steer world/terminal
APREC = format/aprec world/check world/command world/control world/fd \
	world/intake world/outlet world/play world/recover world/show \
	world/text
PARTS := $(patsubst %.c,$(BUILD)/%.o,\
	$(filter-out format/aprec.c,$(wildcard format/*.c)))
LIB := $(patsubst format/writer.c,$(BUILD)/libaprec.a,\
	$(wildcard format/writer.c))
TESTS := $(patsubst %.c,$(BUILD)/%.t,\
	$(filter-out tests/fuzz-% tests/help-%,$(wildcard tests/*.c)))
HELPERS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/help-*.c))
PAGES := $(wildcard man/*.[1-9])

all: $(PROGS) $(LIB) $(EXAMPLES) $(FORTRAN)
static: $(BUILD)/static/aptee
tests: all $(TESTS) $(HELPERS)
check: tests
	BUILD=$(BUILD) prove $(TESTS) $(wildcard tests/*.t)

$(BUILD)/format/zstd.o: CPPFLAGS += $(ZSTD_CFLAGS)
# What is copied into other people's code is built without libbsd.
OWN = $(BUILD)/format/writer.o $(EXAMPLES:$(BUILD)/%=$(BUILD)/scripts/%.o)
$(OWN): BSD_CFLAGS =
# mpicc stands in for the compiler that CC says.
$(MPI) $(MPI:$(BUILD)/%=$(BUILD)/scripts/%.o): private override CC := \
	OMPI_CC="$(CC)" MPICH_CC="$(CC)" $(MPICC)
$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<
$(BUILD)/libformat.a: $(PARTS)
	rm -f $@ && $(AR) -rcs $@ $^
$(BUILD)/libaprec.a: $(BUILD)/format/writer.o
	rm -f $@ && $(AR) -rcs $@ $^
$(BUILD)/aptee: $(APTEE:%=$(BUILD)/%.o)
$(BUILD)/aplot: $(APLOT:%=$(BUILD)/%.o)
$(BUILD)/aprec: $(APREC:%=$(BUILD)/%.o)
$(TESTS): %.t: %.o
$(HELPERS): %: %.o
$(PROGS) $(TESTS) $(HELPERS): $(BUILD)/libformat.a
	$(LINK) -o $@ $(filter %.o,$^) $(BUILD)/libformat.a $(LIBS) -lm
$(BUILD)/static/aptee: $(APTEE:%=$(BUILD)/%.o) $(BUILD)/libformat.a
	@mkdir -p $(@D)
	$(LINK) -static -o $@ $^ $(STATIC_LIBS) -lm
$(EXAMPLES): $(BUILD)/%: $(BUILD)/scripts/%.o $(BUILD)/libaprec.a
	$(LINK) -o $@ $^ -lm
$(FORTRAN): $(BUILD)/%: format/aprec.f90 scripts/%.f90 $(BUILD)/libaprec.a
	@mkdir -p $@.mod
	cd $@.mod && $(FC) $(FFLAGS) -o $(abspath $@ $^) -pthread

install: all
	@set -ex; put() { mode=$$1 dir="$(DESTDIR)$$2"; shift 2; \
	    [ $$# -eq 0 ] || { mkdir -p "$$dir"; \
	    install -m $$mode "$$@" "$$dir"; }; }; \
	put 755 $(BINDIR) $(PROGS); put 644 $(LIBDIR) $(LIB); \
	put 644 $(INCDIR) $(wildcard $(addprefix format/,\
	    aprec.h aprec_mpi.h aprec.f90)); \
	put 644 $(PYTHONDIR) $(wildcard format/aprec.py); \
	for p in $(PAGES); do put 644 $(MANDIR)/man$${p##*.} $$p; done; \
	mkdir -p "$(DESTDIR)$(LIBDIR)/pkgconfig"; printf '%s\n' \
	    'Name: aprec' 'Version: $(VERSION)' \
	    'Description: publish the state of a running computation' \
	    'Libs: -L$(LIBDIR) -laprec -pthread' 'Cflags: -I$(INCDIR)' \
	    >"$(DESTDIR)$(LIBDIR)/pkgconfig/aprec.pc"
uninstall:
	cd "$(DESTDIR)/" && rm -f .$(INCDIR)/aprec.h .$(INCDIR)/aprec.f90 \
	    .$(INCDIR)/aprec_mpi.h \
	    .$(PYTHONDIR)/aprec.py \
	    .$(PYTHONDIR)/__pycache__/aprec.* \
	    .$(LIBDIR)/libaprec.a .$(LIBDIR)/pkgconfig/aprec.pc \
	    $(patsubst $(BUILD)/%,.$(BINDIR)/%,$(PROGS)) $(foreach p,$(PAGES),\
	    .$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(notdir $(p)))
clean:
	rm -rf $(BUILD)

.PHONY: all static tests check install uninstall clean
.SECONDARY:
-include $(wildcard $(BUILD)/*.d $(BUILD)/*/*.d)
