#!/bin/sh
# Install what the tests need, build in build-test/, run all of them, and say
# how it went: a line for each suite, and the total.
#
# Arguments go to configure; a build of another kind also wants BUILD=DIRECTORY.

set -u
LC_ALL=C
export LC_ALL
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${BUILD:-$top/build-test}
log=$build/run.log
passed=0
failed=0
skipped=0

note() {
	echo "* $*"
}

die() {
	tail -n 30 "$log" >&2
	echo "run.sh: $*; all of it is in $log" >&2
	exit 1
}

# --- Packages ----------------------------------------------------------------

missing=
need() {		# need PACKAGE COMMAND...: the command must work
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}

program() {		# in the places where daemons are, too
	PATH=$PATH:/usr/sbin:/sbin command -v "$1"
}

install_missing() {
	need autoconf program autoreconf
	need automake program automake
	need gcc program cc
	need libc6-dev test -e /usr/include/stdio.h
	need make program make
	need binutils program objdump
	need pkg-config program pkg-config
	need libmd-dev test -e /usr/include/md5.h
	need libpam0g-dev test -e /usr/include/security/pam_appl.h
	need libssl-dev test -e /usr/include/openssl/ssl.h
	need openssl program openssl
	need libgdbm-dev test -e /usr/include/gdbm.h
	need libcmocka-dev test -e /usr/include/cmocka.h
	need python3 program python3
	need lowdown program lowdown
	need mandoc program mandoc
	# The integration tests' clients and superservers.
	need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
	need curl program curl
	need db-util program db_load
	need fail2ban program fail2ban-regex
	need fetchmail program fetchmail
	need getmail6 program getmail
	need dovecot-pop3d test -e /usr/lib/dovecot/pop3-login
	need haproxy program haproxy
	need iproute2 program ip
	# openbsd-inetd conflicts with xinetd, so the tests only unpack it.
	need libevent-2.1-7 sh -c '/sbin/ldconfig -p | grep -q libevent-2.1'
	need mpop program mpop
	need libnginx-mod-mail test -e /usr/lib/nginx/modules/ngx_mail_module.so
	need nginx-core program nginx
	need npm program npm
	need perl perl -MNet::POP3 -e 0
	need socat program socat
	need strace program strace
	need systemd program systemd-socket-activate
	need ucspi-tcp-ipv6 program tcpserver
	need util-linux program unshare
	need xinetd program xinetd
	[ -n "$missing" ] || return 0
	as_root=
	[ "$(id -u)" -eq 0 ] || as_root='sudo -n'
	if ! program apt-get >/dev/null || ! $as_root true 2>/dev/null; then
		note "cannot install here; wanted:$missing"
		return 0
	fi
	note "installing$missing"
	apt update
	apt install -y --no-install-recommends $missing && return 0
	for package in $missing; do
		apt install -y --no-install-recommends "$package" ||
		    note "could not install $package; see $log"
	done
}

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" \
	    </dev/null >>"$log" 2>&1
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
	SOLOPOP=$build/solopop "$top/tests/integration/run" </dev/null \
	    >"$build/integration.log" 2>&1
	status=$?
	grep -E '^(FAIL|skip) ' "$build/integration.log" | sed 's/^/    /'
	result=PASS
	if [ $status -ne 0 ]; then
		result=FAIL
		echo "--- $build/integration.log"
		tail -n 40 "$build/integration.log" | sed 's/^/    /'
	fi
	set -- $(count $result "$build/integration.log")
	p=$1 f=$2 s=$3
	sum_up
}

# --- All of it ---------------------------------------------------------------

jobs=$(nproc 2>/dev/null || echo 1)
mkdir -p "$build" || exit 1
: >"$log"
install_missing
cd "$build" || exit 1
note "building in $build"
if ! [ -f "$top/configure" ]; then
	(cd "$top" && autoreconf -i) >>"$log" 2>&1 || die 'autoreconf failed'
fi
if ! [ -f Makefile ] || [ $# -gt 0 ]; then
	"$top/configure" "$@" >>"$log" 2>&1 || die 'configure failed'
fi
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
