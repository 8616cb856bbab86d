# Fuzzers: programs that are fed any bytes, and know what must hold.
#
#	./configure --enable-fuzzers CC=clang
#	make fuzz FUZZ_TIME=10		each for so many seconds
#
# What libFuzzer finds interesting gathers in tests/fuzz/fuzz_NAME.corpus of the
# build directory.  Without libFuzzer, make check replays the seeds that stand
# in tests/fuzz/corpus/NAME, and "tests/fuzz/replay_NAME FILE..." any file.

FUZZ_NAMES = apop base64 cidr conf index mbox monitor monmsg name num proxy \
	sasl scram secrets session user wire xclient
FUZZ_TIME = 10

FUZZERS = \
	tests/fuzz/fuzz_apop \
	tests/fuzz/fuzz_base64 \
	tests/fuzz/fuzz_cidr \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_index \
	tests/fuzz/fuzz_mbox \
	tests/fuzz/fuzz_monitor \
	tests/fuzz/fuzz_monmsg \
	tests/fuzz/fuzz_name \
	tests/fuzz/fuzz_num \
	tests/fuzz/fuzz_proxy \
	tests/fuzz/fuzz_sasl \
	tests/fuzz/fuzz_scram \
	tests/fuzz/fuzz_secrets \
	tests/fuzz/fuzz_session \
	tests/fuzz/fuzz_user \
	tests/fuzz/fuzz_wire \
	tests/fuzz/fuzz_xclient

REPLAYS = \
	tests/fuzz/replay_apop \
	tests/fuzz/replay_base64 \
	tests/fuzz/replay_cidr \
	tests/fuzz/replay_conf \
	tests/fuzz/replay_index \
	tests/fuzz/replay_mbox \
	tests/fuzz/replay_monitor \
	tests/fuzz/replay_monmsg \
	tests/fuzz/replay_name \
	tests/fuzz/replay_num \
	tests/fuzz/replay_proxy \
	tests/fuzz/replay_sasl \
	tests/fuzz/replay_scram \
	tests/fuzz/replay_secrets \
	tests/fuzz/replay_session \
	tests/fuzz/replay_user \
	tests/fuzz/replay_wire \
	tests/fuzz/replay_xclient

FUZZ_LIBS = src/libsolopop.a $(DECODER_LIBS) $(LIBMD_LIBS) $(PAM_LIBS)
FUZZ_COMMON = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
FUZZ_REPLAY = tests/fuzz/replay.c $(FUZZ_COMMON)
FUZZ_MONITOR = tests/fuzz/fuzz_monitor.c \
	tests/unit/fake_clock.c tests/unit/fake_clock.h \
	tests/unit/fake_pam.c tests/unit/fake_pam.h

EXTRA_DIST += tests/fuzz/corpus
check_PROGRAMS += $(REPLAYS)
TESTS += $(REPLAYS)

tests_fuzz_replay_apop_SOURCES = tests/fuzz/fuzz_apop.c $(FUZZ_REPLAY)
tests_fuzz_replay_apop_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_base64_SOURCES = tests/fuzz/fuzz_base64.c $(FUZZ_REPLAY)
tests_fuzz_replay_base64_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_cidr_SOURCES = tests/fuzz/fuzz_cidr.c $(FUZZ_REPLAY)
tests_fuzz_replay_cidr_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_conf_SOURCES = tests/fuzz/fuzz_conf.c $(FUZZ_REPLAY)
tests_fuzz_replay_conf_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_index_SOURCES = tests/fuzz/fuzz_index.c $(FUZZ_REPLAY)
tests_fuzz_replay_index_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_mbox_SOURCES = tests/fuzz/fuzz_mbox.c $(FUZZ_REPLAY)
tests_fuzz_replay_mbox_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_monitor_SOURCES = $(FUZZ_MONITOR) $(FUZZ_REPLAY)
tests_fuzz_replay_monitor_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_monmsg_SOURCES = tests/fuzz/fuzz_monmsg.c $(FUZZ_REPLAY)
tests_fuzz_replay_monmsg_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_name_SOURCES = tests/fuzz/fuzz_name.c $(FUZZ_REPLAY)
tests_fuzz_replay_name_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_num_SOURCES = tests/fuzz/fuzz_num.c $(FUZZ_REPLAY)
tests_fuzz_replay_num_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_proxy_SOURCES = tests/fuzz/fuzz_proxy.c $(FUZZ_REPLAY)
tests_fuzz_replay_proxy_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_sasl_SOURCES = tests/fuzz/fuzz_sasl.c $(FUZZ_REPLAY)
tests_fuzz_replay_sasl_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_scram_SOURCES = tests/fuzz/fuzz_scram.c $(FUZZ_REPLAY)
tests_fuzz_replay_scram_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_secrets_SOURCES = tests/fuzz/fuzz_secrets.c $(FUZZ_REPLAY)
tests_fuzz_replay_secrets_LDADD = src/libpasswd.a $(FUZZ_LIBS)
tests_fuzz_replay_session_SOURCES = tests/fuzz/fuzz_session.c $(FUZZ_REPLAY)
tests_fuzz_replay_session_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_user_SOURCES = tests/fuzz/fuzz_user.c $(FUZZ_REPLAY)
tests_fuzz_replay_user_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_wire_SOURCES = tests/fuzz/fuzz_wire.c $(FUZZ_REPLAY) \
	tests/unit/plain_wire.c tests/unit/plain_wire.h
tests_fuzz_replay_wire_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_xclient_SOURCES = tests/fuzz/fuzz_xclient.c $(FUZZ_REPLAY)
tests_fuzz_replay_xclient_LDADD = $(FUZZ_LIBS)

if ENABLE_FUZZERS
noinst_PROGRAMS += $(FUZZERS)
endif

tests_fuzz_fuzz_apop_SOURCES = tests/fuzz/fuzz_apop.c $(FUZZ_COMMON)
tests_fuzz_fuzz_apop_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_apop_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_base64_SOURCES = tests/fuzz/fuzz_base64.c $(FUZZ_COMMON)
tests_fuzz_fuzz_base64_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_base64_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_cidr_SOURCES = tests/fuzz/fuzz_cidr.c $(FUZZ_COMMON)
tests_fuzz_fuzz_cidr_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_cidr_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c $(FUZZ_COMMON)
tests_fuzz_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_conf_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_index_SOURCES = tests/fuzz/fuzz_index.c $(FUZZ_COMMON)
tests_fuzz_fuzz_index_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_index_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_mbox_SOURCES = tests/fuzz/fuzz_mbox.c $(FUZZ_COMMON)
tests_fuzz_fuzz_mbox_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_mbox_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_monitor_SOURCES = $(FUZZ_MONITOR) $(FUZZ_COMMON)
tests_fuzz_fuzz_monitor_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_monitor_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_monmsg_SOURCES = tests/fuzz/fuzz_monmsg.c $(FUZZ_COMMON)
tests_fuzz_fuzz_monmsg_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_monmsg_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_name_SOURCES = tests/fuzz/fuzz_name.c $(FUZZ_COMMON)
tests_fuzz_fuzz_name_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_name_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_num_SOURCES = tests/fuzz/fuzz_num.c $(FUZZ_COMMON)
tests_fuzz_fuzz_num_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_num_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_proxy_SOURCES = tests/fuzz/fuzz_proxy.c $(FUZZ_COMMON)
tests_fuzz_fuzz_proxy_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_proxy_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_sasl_SOURCES = tests/fuzz/fuzz_sasl.c $(FUZZ_COMMON)
tests_fuzz_fuzz_sasl_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_sasl_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_scram_SOURCES = tests/fuzz/fuzz_scram.c $(FUZZ_COMMON)
tests_fuzz_fuzz_scram_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_scram_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_secrets_SOURCES = tests/fuzz/fuzz_secrets.c $(FUZZ_COMMON)
tests_fuzz_fuzz_secrets_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_secrets_LDADD = src/libpasswd.a $(FUZZ_LIBS)
tests_fuzz_fuzz_session_SOURCES = tests/fuzz/fuzz_session.c $(FUZZ_COMMON)
tests_fuzz_fuzz_session_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_session_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_user_SOURCES = tests/fuzz/fuzz_user.c $(FUZZ_COMMON)
tests_fuzz_fuzz_user_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_user_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz_wire.c $(FUZZ_COMMON) \
	tests/unit/plain_wire.c tests/unit/plain_wire.h
tests_fuzz_fuzz_wire_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_wire_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_xclient_SOURCES = tests/fuzz/fuzz_xclient.c $(FUZZ_COMMON)
tests_fuzz_fuzz_xclient_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_xclient_LDADD = $(FUZZ_LIBS)

fuzz: $(FUZZERS)
	@set -e; for name in $(FUZZ_NAMES); do \
		program=tests/fuzz/fuzz_$$name; \
		echo "  FUZZ     $$program"; \
		$(MKDIR_P) $$program.corpus; \
		$$program -max_total_time=$(FUZZ_TIME) -timeout=10 \
		    -rss_limit_mb=512 -verbosity=0 -print_final_stats=1 \
		    $$program.corpus $(srcdir)/tests/fuzz/corpus/$$name; \
	done

clean-local:
	-rm -rf tests/fuzz/*.corpus

.PHONY: fuzz
