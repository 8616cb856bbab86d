# A program for each module.  A neighbour is replaced by a fake_ file, which
# stands before the library, so that the real one is not taken from there.

UNIT_TESTS = \
	tests/unit/test_adopted \
	tests/unit/test_access \
	tests/unit/test_any_call \
	tests/unit/test_any_drain \
	tests/unit/test_apart \
	tests/unit/test_apop \
	tests/unit/test_ascii \
	tests/unit/test_ask \
	tests/unit/test_base64 \
	tests/unit/test_bulletin \
	tests/unit/test_bytes \
	tests/unit/test_channel \
	tests/unit/test_cidr \
	tests/unit/test_conf \
	tests/unit/test_cram \
	tests/unit/test_digest \
	tests/unit/test_drain \
	tests/unit/test_edit \
	tests/unit/test_elsewhere \
	tests/unit/test_exact \
	tests/unit/test_expected \
	tests/unit/test_fd \
	tests/unit/test_fields \
	tests/unit/test_program \
	tests/unit/test_hmac \
	tests/unit/test_index \
	tests/unit/test_line \
	tests/unit/test_lock \
	tests/unit/test_log \
	tests/unit/test_main \
	tests/unit/test_maildir \
	tests/unit/test_maildrop \
	tests/unit/test_mails \
	tests/unit/test_mbox \
	tests/unit/test_monitor \
	tests/unit/test_monmsg \
	tests/unit/test_name \
	tests/unit/test_num \
	tests/unit/test_options \
	tests/unit/test_out \
	tests/unit/test_pace \
	tests/unit/test_peer \
	tests/unit/test_pop3 \
	tests/unit/test_proxy \
	tests/unit/test_qpopper \
	tests/unit/test_reply \
	tests/unit/test_scram \
	tests/unit/test_scrammsg \
	tests/unit/test_secret \
	tests/unit/test_secrets \
	tests/unit/test_signals \
	tests/unit/test_spool \
	tests/unit/test_stored \
	tests/unit/test_user \
	tests/unit/test_utf8 \
	tests/unit/test_wait \
	tests/unit/test_waiting \
	tests/unit/test_wire

if HAVE_TCP_INFO
UNIT_TESTS += tests/unit/test_sendq
endif

if WITH_PAM
UNIT_TESTS += tests/unit/test_pam
endif

if LOAD_PAM
UNIT_TESTS += tests/unit/test_pam_load
endif

if SANDBOX_LINUX
if HAVE_SECCOMP
UNIT_TESTS += tests/unit/test_sandbox
endif
endif

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

# Calls that fail when told to: sources and linker flags of a program with them.
FAILING = tests/unit/failing.c tests/unit/failing.h
FAILING_WRAP = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

ONE_FILE = tests/unit/one_file.c tests/unit/one_file.h tests/unit/unit.h

tests_unit_test_access_SOURCES = tests/unit/test_access.c tests/unit/unit.h
tests_unit_test_access_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_access_LDADD = $(TEST_LIBS)
tests_unit_test_adopted_SOURCES = tests/unit/test_adopted.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h $(FAILING)
tests_unit_test_adopted_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_adopted_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_adopted_LDADD = $(TEST_LIBS)
tests_unit_test_any_call_SOURCES = tests/unit/test_any_call.c \
	tests/unit/unit.h tests/unit/box.c tests/unit/box.h $(FAILING)
tests_unit_test_any_call_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_any_call_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_any_call_LDADD = $(TEST_LIBS)
tests_unit_test_any_drain_SOURCES = tests/unit/test_any_drain.c \
	tests/unit/unit.h tests/unit/box.c tests/unit/box.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h $(FAILING)
tests_unit_test_any_drain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_any_drain_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_any_drain_LDADD = $(TEST_LIBS)
tests_unit_test_apart_SOURCES = tests/unit/test_apart.c tests/unit/unit.h \
	src/import/apart.c src/import/apart.h
tests_unit_test_apart_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_apart_LDADD = $(TEST_LIBS)
tests_unit_test_apop_SOURCES = tests/unit/test_apop.c $(ONE_FILE)
tests_unit_test_apop_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_apop_LDADD = $(TEST_LIBS)
tests_unit_test_ascii_SOURCES = tests/unit/test_ascii.c tests/unit/unit.h
tests_unit_test_ascii_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ascii_LDADD = $(TEST_LIBS)
tests_unit_test_ask_SOURCES = tests/unit/test_ask.c tests/unit/unit.h
tests_unit_test_ask_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ask_LDADD = $(TEST_LIBS)
tests_unit_test_base64_SOURCES = tests/unit/test_base64.c tests/unit/unit.h
tests_unit_test_base64_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_base64_LDADD = $(TEST_LIBS)
tests_unit_test_bulletin_SOURCES = tests/unit/test_bulletin.c \
	tests/unit/unit.h tests/unit/box.c tests/unit/box.h
tests_unit_test_bulletin_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_bulletin_LDADD = $(TEST_LIBS)
tests_unit_test_channel_SOURCES = tests/unit/test_channel.c tests/unit/unit.h
tests_unit_test_channel_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_channel_LDADD = $(TEST_LIBS)
tests_unit_test_cidr_SOURCES = tests/unit/test_cidr.c tests/unit/unit.h
tests_unit_test_cidr_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_cidr_LDADD = $(TEST_LIBS)
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c tests/unit/unit.h
tests_unit_test_conf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_conf_LDADD = $(TEST_LIBS)
tests_unit_test_cram_SOURCES = tests/unit/test_cram.c $(ONE_FILE)
tests_unit_test_cram_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_cram_LDADD = $(TEST_LIBS)
tests_unit_test_digest_SOURCES = tests/unit/test_digest.c tests/unit/unit.h
tests_unit_test_digest_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_digest_LDADD = $(TEST_LIBS)
tests_unit_test_drain_SOURCES = tests/unit/test_drain.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_drain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_drain_LDADD = $(TEST_LIBS)
tests_unit_test_edit_SOURCES = tests/unit/test_edit.c tests/unit/unit.h
tests_unit_test_edit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_edit_LDADD = src/libpasswd.a $(TEST_LIBS)
tests_unit_test_elsewhere_SOURCES = tests/unit/test_elsewhere.c \
	tests/unit/unit.h
tests_unit_test_elsewhere_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_elsewhere_LDADD = $(TEST_LIBS)
tests_unit_test_exact_SOURCES = tests/unit/test_exact.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h
tests_unit_test_exact_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_exact_LDADD = $(TEST_LIBS)
tests_unit_test_expected_SOURCES = tests/unit/test_expected.c \
	tests/unit/unit.h tests/unit/box.c tests/unit/box.h \
	src/import/expected.c src/import/expected.h $(FAILING)
tests_unit_test_expected_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_expected_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_expected_LDADD = $(TEST_LIBS)
tests_unit_test_program_SOURCES = tests/unit/test_program.c tests/unit/unit.h
tests_unit_test_program_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_program_LDADD = $(TEST_LIBS)
tests_unit_test_bytes_SOURCES = tests/unit/test_bytes.c tests/unit/unit.h \
	src/tls/bytes.c src/tls/bytes.h
tests_unit_test_bytes_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_bytes_LDADD = $(TEST_LIBS)
tests_unit_test_fd_SOURCES = tests/unit/test_fd.c tests/unit/unit.h
tests_unit_test_fd_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_fd_LDADD = $(TEST_LIBS)
tests_unit_test_fields_SOURCES = tests/unit/test_fields.c tests/unit/unit.h
tests_unit_test_fields_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_fields_LDADD = $(TEST_LIBS)
tests_unit_test_hmac_SOURCES = tests/unit/test_hmac.c tests/unit/unit.h
tests_unit_test_hmac_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_hmac_LDADD = $(TEST_LIBS)
tests_unit_test_index_SOURCES = tests/unit/test_index.c tests/unit/unit.h \
	$(FAILING)
tests_unit_test_index_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_index_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_index_LDADD = $(TEST_LIBS)
tests_unit_test_line_SOURCES = tests/unit/test_line.c tests/unit/unit.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h $(FAILING)
tests_unit_test_line_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_line_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_line_LDADD = $(TEST_LIBS)
tests_unit_test_lock_SOURCES = tests/unit/test_lock.c tests/unit/unit.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_lock_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_lock_LDADD = $(TEST_LIBS)
tests_unit_test_log_SOURCES = tests/unit/test_log.c tests/unit/unit.h
tests_unit_test_log_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_log_LDADD = $(TEST_LIBS)
tests_unit_test_maildir_SOURCES = tests/unit/test_maildir.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_maildir_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_maildir_LDADD = $(TEST_LIBS)
tests_unit_test_main_SOURCES = tests/unit/test_main.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h src/settings/policy.c src/settings/policy.h \
	$(settings) $(FAILING)
tests_unit_test_main_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_main_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_main_LDADD = $(TEST_LIBS) $(PAM_LIBS)
tests_unit_test_maildrop_SOURCES = tests/unit/test_maildrop.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_maildrop_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_maildrop_LDADD = $(TEST_LIBS)
tests_unit_test_mails_SOURCES = tests/unit/test_mails.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h
tests_unit_test_mails_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mails_LDADD = $(TEST_LIBS)
tests_unit_test_mbox_SOURCES = tests/unit/test_mbox.c tests/unit/unit.h \
	$(FAILING)
tests_unit_test_mbox_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mbox_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_mbox_LDADD = $(TEST_LIBS)
tests_unit_test_monitor_SOURCES = tests/unit/test_monitor.c tests/unit/unit.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h \
	tests/unit/fake_pam.c tests/unit/fake_pam.h
tests_unit_test_monitor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_monitor_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=secret_erase
tests_unit_test_monitor_LDADD = $(TEST_LIBS)
tests_unit_test_monmsg_SOURCES = tests/unit/test_monmsg.c tests/unit/unit.h
tests_unit_test_monmsg_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_monmsg_LDADD = $(TEST_LIBS)
tests_unit_test_name_SOURCES = tests/unit/test_name.c tests/unit/unit.h
tests_unit_test_name_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_name_LDADD = $(TEST_LIBS)
tests_unit_test_num_SOURCES = tests/unit/test_num.c tests/unit/unit.h
tests_unit_test_num_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_num_LDADD = $(TEST_LIBS)
tests_unit_test_options_SOURCES = tests/unit/test_options.c tests/unit/unit.h \
	src/check/help.c src/check/help.h $(settings)
tests_unit_test_options_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_options_LDADD = $(TEST_LIBS)
tests_unit_test_out_SOURCES = tests/unit/test_out.c tests/unit/unit.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_out_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_out_LDADD = $(TEST_LIBS)
tests_unit_test_pam_SOURCES = tests/unit/test_pam.c tests/unit/unit.h $(FAILING)
tests_unit_test_pam_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pam_LDFLAGS = $(FAILING_WRAP)
tests_unit_test_pam_LDADD = $(TEST_LIBS)
tests_unit_test_pam_load_SOURCES = tests/unit/test_pam_load.c tests/unit/unit.h
tests_unit_test_pam_load_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pam_load_LDADD = $(TEST_LIBS)
tests_unit_test_pace_SOURCES = tests/unit/test_pace.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_pace_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pace_LDADD = $(TEST_LIBS)
tests_unit_test_peer_SOURCES = tests/unit/test_peer.c tests/unit/unit.h
tests_unit_test_peer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_peer_LDADD = $(TEST_LIBS)

tests_unit_test_sendq_SOURCES = tests/unit/test_sendq.c tests/unit/unit.h
tests_unit_test_sendq_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sendq_LDADD = $(TEST_LIBS)
tests_unit_test_pop3_SOURCES = tests/unit/test_pop3.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_pop3_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pop3_LDADD = $(TEST_LIBS)
tests_unit_test_proxy_SOURCES = tests/unit/test_proxy.c tests/unit/unit.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_proxy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_proxy_LDADD = $(TEST_LIBS)
tests_unit_test_qpopper_SOURCES = tests/unit/test_qpopper.c tests/unit/unit.h \
	src/check/translate.c src/check/translate.h $(settings)
tests_unit_test_qpopper_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_qpopper_LDADD = $(TEST_LIBS)
tests_unit_test_reply_SOURCES = tests/unit/test_reply.c tests/unit/unit.h
tests_unit_test_reply_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_reply_LDADD = $(TEST_LIBS)
tests_unit_test_scram_SOURCES = tests/unit/test_scram.c $(ONE_FILE)
tests_unit_test_scram_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_scram_LDADD = $(TEST_LIBS)
tests_unit_test_scrammsg_SOURCES = tests/unit/test_scrammsg.c tests/unit/unit.h
tests_unit_test_scrammsg_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_scrammsg_LDADD = $(TEST_LIBS)
tests_unit_test_sandbox_SOURCES = tests/unit/test_sandbox.c \
	tests/unit/unit.h tests/unit/box.c tests/unit/box.h
tests_unit_test_sandbox_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sandbox_LDADD = $(TEST_LIBS)
tests_unit_test_secret_SOURCES = tests/unit/test_secret.c tests/unit/unit.h
tests_unit_test_secret_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_secret_LDADD = $(TEST_LIBS)
tests_unit_test_signals_SOURCES = tests/unit/test_signals.c tests/unit/unit.h
tests_unit_test_signals_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_signals_LDADD = $(TEST_LIBS)
tests_unit_test_secrets_SOURCES = tests/unit/test_secrets.c $(ONE_FILE)
tests_unit_test_secrets_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_secrets_LDADD = $(TEST_LIBS)
tests_unit_test_spool_SOURCES = tests/unit/test_spool.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_spool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_spool_LDADD = $(TEST_LIBS)
tests_unit_test_user_SOURCES = tests/unit/test_user.c tests/unit/unit.h
tests_unit_test_user_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_user_LDADD = $(TEST_LIBS)
tests_unit_test_utf8_SOURCES = tests/unit/test_utf8.c tests/unit/unit.h
tests_unit_test_utf8_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_utf8_LDADD = $(TEST_LIBS)
tests_unit_test_wait_SOURCES = tests/unit/test_wait.c tests/unit/unit.h \
	tests/unit/fake_clock.c tests/unit/fake_clock.h
tests_unit_test_wait_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_wait_LDADD = $(TEST_LIBS)
tests_unit_test_stored_SOURCES = tests/unit/test_stored.c tests/unit/unit.h
tests_unit_test_stored_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_stored_LDADD = $(TEST_LIBS)

tests_unit_test_waiting_SOURCES = tests/unit/test_waiting.c tests/unit/unit.h \
	tests/unit/box.c tests/unit/box.h
tests_unit_test_waiting_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_waiting_LDADD = $(TEST_LIBS)
tests_unit_test_wire_SOURCES = tests/unit/test_wire.c tests/unit/unit.h \
	tests/unit/plain_wire.c tests/unit/plain_wire.h
tests_unit_test_wire_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_wire_LDADD = $(TEST_LIBS)

UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit $(CMOCKA_CFLAGS)
