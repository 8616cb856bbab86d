# TLS: programs that link OpenSSL, and sessions through solopop-tls.

TLS_UNIT_TESTS = \
	tests/unit/test_tls_names \
	tests/unit/test_tls_settings \
	tests/unit/test_tls_tickets
TLS_TESTS = tests/tls/pump.py tests/tls/sessions.py

if WITH_TLS
if HAVE_CMOCKA
check_PROGRAMS += $(TLS_UNIT_TESTS)
TESTS += $(TLS_UNIT_TESTS)
endif
if HAVE_PYTHON
TESTS += $(TLS_TESTS)
endif
endif

EXTRA_DIST += $(TLS_TESTS) tests/tls/tlslab.py tests/tls/testssl

TLS_TEST_LIBS = src/libtls.a src/libsolopop.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)

tests_unit_test_tls_names_SOURCES = tests/unit/test_tls_names.c \
	tests/unit/unit.h
tests_unit_test_tls_names_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tls_names_LDADD = $(TLS_TEST_LIBS)
tests_unit_test_tls_settings_SOURCES = tests/unit/test_tls_settings.c \
	tests/unit/unit.h
tests_unit_test_tls_settings_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tls_settings_LDADD = $(TLS_TEST_LIBS)
tests_unit_test_tls_tickets_SOURCES = tests/unit/test_tls_tickets.c \
	tests/unit/unit.h
tests_unit_test_tls_tickets_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tls_tickets_LDADD = $(TLS_TEST_LIBS)
