# Not part of "make check": .ci/run builds the packages and uses them.
EXTRA_DIST += tests/package/deb tests/package/machine tests/package/path.py
