# Not part of "make check": .ci/run builds the packages and uses them.
EXTRA_DIST += tests/package/apparmor.py tests/package/container.py \
	tests/package/crowd.py \
	tests/package/deb tests/package/foreign tests/package/machine tests/package/newcomer \
	tests/package/path.py tests/package/root tests/package/rpm \
	tests/package/rpmlint.toml tests/package/widths tests/package/systemd.macros
