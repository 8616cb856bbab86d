# Not part of "make check": tests/run.sh runs them, as root where it can.
EXTRA_DIST += tests/integration/run \
	tests/integration/inject.py \
	tests/integration/lab.py \
	tests/integration/pam_noise.c \
	tests/integration/superservers.py \
	tests/integration/test_auth.py \
	tests/integration/test_check.py \
	tests/integration/test_clients.py \
	tests/integration/test_faults.py \
	tests/integration/test_guessers.py \
	tests/integration/test_library_clients.py \
	tests/integration/test_limits.py \
	tests/integration/test_logs.py \
	tests/integration/test_manual.py \
	tests/integration/test_memory.py \
	tests/integration/test_more_clients.py \
	tests/integration/test_pam.py \
	tests/integration/test_process.py \
	tests/integration/test_qpopper.py \
	tests/integration/test_proxies.py \
	tests/integration/test_real_mail.py \
	tests/integration/test_refusals.py \
	tests/integration/test_sandbox.py \
	tests/integration/test_secrets.py \
	tests/integration/test_storage.py \
	tests/integration/test_stress.py \
	tests/integration/test_superservers.py \
	tests/integration/test_terminal.py \
	tests/integration/test_tls.py \
	tests/integration/test_virtual.py

# Each call of a session fails, or is its last: some thousand runs, as root.
faults: all
	SOLOPOP='$(abs_builddir)/solopop' '$(srcdir)/tests/integration/run' faults:
.PHONY: faults
