# What each defence is worth: tests/mutations/run.

EXTRA_DIST += tests/mutations/README.md tests/mutations/run \
	tests/mutations/capabilities.mutation \
	tests/mutations/capabilities-helpers.mutation \
	tests/mutations/chroot.mutation \
	tests/mutations/core-files.mutation \
	tests/mutations/descriptors.mutation \
	tests/mutations/filter-architecture.mutation \
	tests/mutations/filter-default.mutation \
	tests/mutations/filter-fcntl.mutation \
	tests/mutations/filter-gentle.mutation \
	tests/mutations/filter-mmap.mutation \
	tests/mutations/filter-mprotect.mutation \
	tests/mutations/filter-one-more.mutation \
	tests/mutations/filter-refused.mutation \
	tests/mutations/front-filter.mutation \
	tests/mutations/filter-sysinfo.mutation \
	tests/mutations/front-filter-inside.mutation \
	tests/mutations/front-role.mutation \
	tests/mutations/groups.mutation \
	tests/mutations/intake-filter.mutation \
	tests/mutations/intake-groups.mutation \
	tests/mutations/killed-silent.mutation \
	tests/mutations/landlock.mutation \
	tests/mutations/landlock-network.mutation \
	tests/mutations/landlock-reading.mutation \
	tests/mutations/landlock-refer.mutation \
	tests/mutations/landlock-refused.mutation \
	tests/mutations/landlock-signals.mutation \
	tests/mutations/no-new-privileges.mutation \
	tests/mutations/no-sandbox-silent.mutation \
	tests/mutations/orphans.mutation \
	tests/mutations/orphans-early.mutation \
	tests/mutations/password-in-the-line.mutation \
	tests/mutations/password-in-the-monitor.mutation \
	tests/mutations/password-in-the-question.mutation \
	tests/mutations/password-in-two-pieces.mutation \
	tests/mutations/processes.mutation \
	tests/mutations/session-filter.mutation \
	tests/mutations/session-filter-inside.mutation \
	tests/mutations/session-role.mutation \
	tests/mutations/tracing.mutation \
	tests/mutations/tls-filter.mutation \
	tests/mutations/tls-role.mutation
