# Not part of "make check": timing is for a quiet machine, and for root.
EXTRA_DIST += tests/bench/bench \
	tests/bench/build.c \
	tests/bench/drive.c \
	tests/bench/floor.c \
	tests/bench/floor.h \
	tests/bench/floor_free.c \
	tests/bench/floor_pam.c \
	tests/bench/report.py \
	tests/bench/stage.py \
	tests/bench/sum.h \
	tests/bench/tls

# make bench BENCHFLAGS=--quick
bench: solopop$(EXEEXT)
	$(PYTHON) $(srcdir)/tests/bench/bench --work build-bench \
	    $(BENCHFLAGS) ./solopop$(EXEEXT)

# A message of 100 MB over TLS, beside openssl s_server.
bench-tls: solopop$(EXEEXT) solopop-tls$(EXEEXT)
	$(PYTHON) $(srcdir)/tests/bench/tls ./solopop$(EXEEXT)

.PHONY: bench bench-tls
