# How much of src/ the tests reach, and whether the rest is explained: see
# README.md.  Needs --enable-coverage and gcovr.

EXTRA_DIST += tests/coverage/README.md tests/coverage/counts.ld \
	tests/coverage/explain.py tests/coverage/gcov.c tests/coverage/run \
	tests/coverage/unreached.list

if COVERAGE
AM_CPPFLAGS += -DCOVERAGE_COUNTS='"$(abs_builddir)/coverage/counts"'
src_libsolopop_a_SOURCES += tests/coverage/gcov.c

coverage: all
	+FAULTS='$(FAULTS)' $(SHELL) '$(srcdir)/tests/coverage/run' '$(abs_builddir)' \
	    '$(abs_top_srcdir)' $(COVERAGE_LIMITS)
else
coverage:
	@echo 'configure --enable-coverage first' >&2; exit 1
endif

distclean-local: clean-coverage
clean-coverage:
	rm -rf coverage
	find . -name '*.gcda' -exec rm -f {} +
	find . -name '*.gcno' -exec rm -f {} +

.PHONY: coverage clean-coverage
