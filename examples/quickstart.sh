#!/bin/sh
# From a fresh machine to a POP3 session.
#
# usage: sh examples/quickstart.sh [MAILDIR]
#
# Installs what the build needs, builds in build/ what a session by hand needs,
# and serves one session over MAILDIR, or over a dozen sample messages.  On a
# terminal you are the client; otherwise a short script is, and both sides are
# printed.

set -u
umask 022
LC_ALL=C
export LC_ALL
unset CDPATH
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=$top/build
log=$build/quickstart.log

help() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
	exit 0
}

note() {
	echo "* $*"
}

die() {
	echo "quickstart.sh: $*" >&2
	exit 1
}

# --- Build -------------------------------------------------------------------

build_it() {
	cd "$build" || exit 1
	if ! [ -f "$top/configure" ] || ! [ -f "$build/Makefile" ]; then
		note "building in $build"
	fi
	if ! [ -f "$top/configure" ]; then
		(cd "$top" && autoreconf -i) >>"$log" 2>&1 || fail_build
	fi
	if ! [ -f Makefile ]; then
		"$top/configure" --without-tls --without-gdbm >>"$log" 2>&1 ||
		    fail_build
	fi
	make -j "$(nproc 2>/dev/null || echo 1)" solopop >>"$log" 2>&1 ||
	    fail_build
}

fail_build() {
	tail -n 20 "$log" >&2
	die "the build failed; all of it is in $log"
}

# --- Sample messages ---------------------------------------------------------

head_of() {		# head_of SUBJECT [EOL]
	eol=${2:-'\n'}
	printf 'From: Ann <ann@example.org>%b' "$eol"
	printf 'To: you@example.org%bSubject: %s%b' "$eol" "$1" "$eol"
	printf 'Date: Mon, 5 Jan 2026 09:00:00 +0000%b' "$eol"
}

plain() {
	head_of 'Welcome'
	printf '\nThis is a plain message.\n\nIt has a few lines.\n'
}

attachment() {
	head_of 'Two megabytes of numbers'
	printf 'MIME-Version: 1.0\n'
	printf 'Content-Type: multipart/mixed; boundary="part"\n\n'
	printf -- '--part\nContent-Type: text/plain\n\nSee the attachment.\n'
	printf -- '--part\nContent-Type: text/plain; name="numbers.txt"\n'
	printf 'Content-Disposition: attachment; filename="numbers.txt"\n'
	printf 'Content-Transfer-Encoding: base64\n\n'
	awk 'BEGIN { for (i = 1000000; i < 1262144; i++) print i }' | base64
	printf -- '--part--\n'
}

eight_bit() {
	head_of 'Eight bits'
	printf 'MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n'
	printf 'Content-Type: text/plain; charset=utf-8\n\n'
	printf 'Gr\303\274\303\237e, \343\201\223\343\202\223 and \342\202\254.\n'
	printf 'And one line of Latin-1: \374\337\351.\n'
}

dots() {
	head_of 'Dots'
	printf '\n.\n..\n...\n.a line\n. \nthe end.\n.\n'
}

crlf() {
	head_of 'CRLF on disk' '\r\n'
	printf '\r\nEach line ends in\r\nCR and LF.\r\n'
}

no_last_newline() {
	head_of 'No last newline'
	printf '\nThis line ends with the file.'
}

headers_only() {
	head_of 'Headers and nothing else'
}

long_line() {
	head_of 'A line of 50000 letters'
	printf '\n'
	awk 'BEGIN { for (i = 0; i < 5000; i++) printf "abcdefghij"; print "" }'
}

mixed() {
	head_of 'Mixed line ends'
	printf '\nLF\nCRLF\r\na bare CR \r in the middle\n\r\n\nthe end\r'
}

html() {
	head_of 'Text and HTML'
	printf 'MIME-Version: 1.0\n'
	printf 'Content-Type: multipart/alternative; boundary="alt"\n\n'
	printf -- '--alt\nContent-Type: text/plain\n\nHello.\n'
	printf -- '--alt\nContent-Type: text/html\n\n<p>Hello.</p>\n--alt--\n'
}

quoted() {
	head_of '=?utf-8?q?Gr=C3=BC=C3=9Fe?='
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n'
	printf 'Content-Transfer-Encoding: quoted-printable\n\n'
	printf 'Sch=C3=B6ne Gr=C3=BC=C3=9Fe, a soft=\n line break.\n'
}

empty() {
	:
}

make_sample() {		# make_sample DIRECTORY
	rm -rf "$1"
	mkdir -p "$1/new" "$1/cur" "$1/tmp" || exit 1
	n=0
	for kind in plain attachment eight_bit dots crlf no_last_newline \
	    headers_only long_line mixed html quoted empty; do
		n=$((n + 1))
		name=$((1767600000 + n)).M1P1.sample
		case $kind in
		dots|html)	$kind >"$1/cur/$name:2,S" ;;
		*)		$kind >"$1/new/$name" ;;
		esac
	done
}

# --- Session -----------------------------------------------------------------

# --no-auth is not for root, and nobody may not be able to look in here: root
# serves from a directory of its own, as the mail's owner or as nobody.
prepare_as_root() {
	command -v setpriv >/dev/null ||
	    die 'no setpriv: start me as an ordinary user'
	tmp=$(mktemp -d /tmp/solopop.XXXXXX) || exit 1
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	chmod 755 "$tmp"
	cp "$build/solopop" "$tmp/" || exit 1
	program=$tmp/solopop
	uid=65534
	gid=65534
	if [ -n "$maildir" ] && [ "$(stat -c %u "$maildir")" -ne 0 ]; then
		uid=$(stat -c %u "$maildir")
		gid=$(stat -c %g "$maildir")
	elif [ -n "$maildir" ]; then
		[ -d "$maildir/new" ] || die "$maildir is no Maildir: no new/"
		note "$maildir is root's: serving a copy of it as nobody"
		cp -R "$maildir" "$tmp/Maildir" || exit 1
		maildir=$tmp/Maildir
		chown -R "$uid:$gid" "$maildir"
	else
		maildir=$tmp/Maildir
		make_sample "$maildir"
		chown -R "$uid:$gid" "$maildir"
	fi
	serve="setpriv --reuid $uid --regid $gid --clear-groups --"
}

prepare_as_user() {
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/solopop.XXXXXX") || exit 1
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	program=$build/solopop
	serve=
	if [ -z "$maildir" ]; then
		maildir=$build/Maildir
		make_sample "$maildir"
	fi
}

reply_line() {
	IFS= read -r line <&4 || [ -n "$line" ] || return 1
	line=${line%"$cr"}
	echo "S: $line"
}

# client COMMAND [dot]: with "dot", the answer goes on until a lone dot.
client() {
	echo "C: $1"
	printf '%s\r\n' "$1" >&3
	reply_line || die 'the session ended early'
	case $line in
	+OK*)	;;
	*)	failed=1; return ;;
	esac
	while [ "${2:-}" = dot ] && [ "$line" != . ]; do
		reply_line || die 'the session ended early'
	done
}

scripted() {
	cr=$(printf '\r')
	failed=0
	line=
	trap '' PIPE
	mkfifo "$tmp/in" "$tmp/out" || exit 1
	$serve "$program" --no-auth --log=none "$maildir" \
	    <"$tmp/in" >"$tmp/out" &
	server=$!
	exec 3>"$tmp/in" 4<"$tmp/out"
	reply_line || die 'no banner'
	client 'USER me'
	client 'PASS anything'
	client STAT
	client LIST dot
	client UIDL dot
	client 'RETR 1' dot
	client 'TOP 2 5' dot
	client QUIT
	exec 3>&- 4<&-
	wait "$server" && [ $failed -eq 0 ] || die 'the session went wrong'
}

interactive() {
	note 'you are the client; try:'
	note '  USER me | PASS x | STAT | LIST | RETR 1 | TOP 2 5 | QUIT'
	$serve "$program" --no-auth --log=none "$maildir"
}

case ${1:-} in
-h|--help)	help ;;
-*)		die 'usage: sh examples/quickstart.sh [MAILDIR]' ;;
esac
sh "$top/tests/needs" --path || exit 1
maildir=${1:-}
if [ -n "$maildir" ]; then
	maildir=$(cd "$maildir" && pwd) || exit 1
fi
mkdir -p "$build" && : >"$log" || die "cannot write to $build"
sh "$top/tests/needs" "$log" session || exit 1
build_it
if [ "$(id -u)" -eq 0 ]; then
	prepare_as_root
else
	prepare_as_user
fi
note "one session over ${1:-a sample Maildir}"
if [ -t 0 ]; then
	interactive
else
	scripted
fi
note "your own mail, the same way: $build/solopop --no-auth ~/Maildir"
