#!/bin/sh
# Run the tests, and say how it went: a line for each suite, and the total.
#
# usage: sh tests/run.sh [--all] [ARGUMENT]...
#
# Installs what it cannot do without (a compiler, cmocka, python3), builds in
# build-test/ and runs all tests.  A test that wants another program, a server
# say, skips itself where that is not installed: --all installs these too, and
# neither starts nor enables any of them.  Without root it stops and says what to
# install.
#
# Other arguments go to configure; a build of another kind also wants
# BUILD=DIRECTORY.

set -u
LC_ALL=C
export LC_ALL
unset CDPATH
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${BUILD:-$top/build-test}
case $build in
/*)	;;
*)	build=$PWD/$build ;;
esac
log=$build/run.log
passed=0
failed=0
skipped=0

help() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
	exit 0
}

note() {
	echo "* $*"
}

die() {
	tail -n 30 "$log" >&2
	echo "run.sh: $*; all of it is in $log" >&2
	exit 1
}

# --- Packages ----------------------------------------------------------------

# ask_for_all: at a terminal, whether to install what single tests use.
ask_for_all() {
	rest=$(sh "$top/tests/needs" --list server all)
	[ -n "$rest" ] || return 0
	note "some tests skip themselves without: $rest"
	if ! [ -t 0 ] || ! [ -t 1 ]; then
		note '--all installs these and starts none of them'
		return 0
	fi
	printf '* install these too, starting none of them? [y/N] '
	read -r answer || answer=
	case $answer in
	[Yy]*)	all=yes ;;
	esac
}

install_missing() {
	sh "$top/tests/needs" "$log" session tests || exit 1
	[ "$all" = yes ] || ask_for_all
	[ "$all" = yes ] || return 0
	# 3: some could not be installed, and their tests say so.
	sh "$top/tests/needs" "$log" server all || [ $? -eq 3 ] || exit 1
}

# --- Counting ----------------------------------------------------------------

# count RESULT LOG: "passed failed skipped" of one test program, from its own
# words if it has any, else it is one test.
count() {
	awk -v result="$1" '
	/^\[  PASSED  \] [0-9]+ test/	{ p += $4 }
	/^\[  FAILED  \] [0-9]+ test/	{ f += $4 }
	/^\[  SKIPPED \] [0-9]+ test/	{ s += $4 }
	/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
		p += $1; f += $3; s += $5
	}
	END {
		if (result == "SKIP" && p + f + s == 0)
			s = 1
		if (result == "PASS" && p + f + s == 0)
			p = 1
		if (result != "PASS" && result != "SKIP" && f == 0)
			f = 1
		print p + 0, f + 0, s + 0
	}' "$2"
}

# suite NAME TRS...: sum up the results that make check has left.
suite() {
	name=$1
	shift
	p=0 f=0 s=0
	for trs in "$@"; do
		[ -f "$trs" ] || continue
		result=$(sed -n 's/^:test-result: *//p' "$trs")
		set -- $(count "$result" "${trs%.trs}.log")
		p=$((p + $1)) f=$((f + $2)) s=$((s + $3))
		if [ "$2" -gt 0 ]; then
			echo "--- ${trs%.trs}.log"
			tail -n 40 "${trs%.trs}.log" | sed 's/^/    /'
		elif [ "$3" -gt 0 ]; then
			sed 's/^/    /' "${trs%.trs}.log" | grep -i skip
		fi
	done
	[ $((p + f + s)) -gt 0 ] || return 0
	sum_up
}

sum_up() {
	printf '%-12s %s passed, %s failed, %s skipped\n' "$name:" $p $f $s
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
}

integration() {
	name=integration
	SOLOPOP=$build/solopop SOLOPOP_FETCH=${all:-no} \
	    "$top/tests/integration/run" </dev/null \
	    >"$build/integration.log" 2>&1
	status=$?
	grep '^skip ' "$build/integration.log" | sed 's/^/    /'
	result=PASS
	if [ $status -ne 0 ]; then
		result=FAIL
		echo "--- $build/integration.log"
		grep -vE '^(ok|skip) ' "$build/integration.log" | tail -n 60 |
		    sed 's/^/    /'
	fi
	set -- $(count $result "$build/integration.log")
	p=$1 f=$2 s=$3
	sum_up
}

# --- All of it ---------------------------------------------------------------

# configure_it ARGUMENT...: again only where something is different now.
configure_it() {
	if ! [ -f "$top/configure" ]; then
		(cd "$top" && autoreconf -i) >>"$log" 2>&1 ||
		    die 'autoreconf failed'
	fi
	case $(sh "$top/tests/needs" --list server) in
	*libssl-dev*)
		note 'building without solopop-tls: no libssl-dev'
		set -- --without-tls "$@" ;;
	esac
	with="$* $(sh "$top/tests/needs" --list server tests)"
	if ! [ -f Makefile ] || [ "$with" != "$(cat configured 2>&1)" ]; then
		"$top/configure" "$@" >>"$log" 2>&1 || die 'configure failed'
		echo "$with" >configured
	fi
}

all=
case ${1:-} in
-h|--help)	help ;;
--all)		all=yes; shift ;;
esac
sh "$top/tests/needs" --path || exit 1
jobs=$(nproc 2>/dev/null || echo 1)
mkdir -p "$build" && : >"$log" || exit 1
install_missing
cd "$build" || exit 1
note "building in $build"
configure_it "$@"
make -j "$jobs" >>"$log" 2>&1 ||
    die 'the build failed'

note 'running make check'
find . -name '*.trs' -exec rm -f {} +
make -j "$jobs" check </dev/null >>"$log" 2>&1
checked=$?
suite unit tests/unit/*.trs
suite session tests/session/*.trs
suite tls tests/tls/*.trs
suite passwd tests/passwd/*.trs
suite fuzz tests/fuzz/*.trs
suite style tests/*.trs
suite doc doc/*.trs
suite integration tests/integration/*.trs
[ $checked -eq 0 ] || [ $failed -gt 0 ] || die 'make check failed'
if [ -f "$top/tests/integration/run" ]; then
	note 'running tests/integration/run'
	integration
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
