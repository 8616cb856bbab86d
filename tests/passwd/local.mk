# The program that manages the secrets file, on pipes and on a terminal.

PASSWD_TESTS = tests/passwd/passwd.py

if HAVE_PYTHON
TESTS += $(PASSWD_TESTS)
if HAVE_GDBM
check_PROGRAMS += tests/passwd/make_auth
endif
endif

EXTRA_DIST += $(PASSWD_TESTS)

tests_passwd_make_auth_SOURCES = tests/passwd/make_auth.c
tests_passwd_make_auth_LDADD = src/libsolopop.a $(GDBM_LIBS)
