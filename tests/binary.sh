#!/bin/sh
# What the built solopop is made of: small, few libraries, hardened as configure
# found possible ($HARDENING; all of it when that is not set), and none of the
# calls that have cost other servers a bad week.

hardening=${HARDENING--pie -z,relro -z,now -fstack-protector _FORTIFY_SOURCE}
objdump=${OBJDUMP:-objdump}
top_builddir=${top_builddir:-.}
program=$top_builddir/solopop
limit=${LIMIT:-262144}		# bytes of a program, stripped

for tool in "$objdump" nm strip wc; do
	if ! command -v "$tool" >/dev/null; then
		echo "SKIP: no $tool (Debian: install binutils)"
		exit 77
	fi
done
if ! [ -x "$program" ]; then
	echo "no $program"
	exit 99
fi
case $("$objdump" -f "$program") in
*elf*)	;;
*)	echo "SKIP: $program is no ELF file"
	exit 77 ;;
esac

tmp=$(mktemp -d "${TMPDIR:-/tmp}/binary.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0

wrong() {
	echo "FAIL: $*"
	failed=1
}

# --- Size --------------------------------------------------------------------

# The limit is one of gcc's programs for x86-64; others are only told.  The decoder
# of zstd is linked as it is; an ordinary session touches none of it.
judged=yes
"$objdump" -f "$program" | grep -q 'elf64-x86-64' || judged=no
grep -aq 'clang version' "$program" && judged=no
nm "$program" | grep -q ' ZSTD_decompressStream$' && limit=$((limit + 262144))
for file in solopop solopop-check solopop-import solopop-passwd solopop-tls; do
	[ -f "$top_builddir/$file" ] || continue
	strip -o "$tmp/stripped" "$top_builddir/$file" || exit 99
	size=$(($(wc -c <"$tmp/stripped")))
	echo "$file, stripped: $size bytes, limit $limit"
	[ $judged = no ] || [ $size -lt "$limit" ] ||
	    wrong "$file: $size bytes stripped, $limit are too many"
done

# What few sessions need is in other programs.
if nm "$program" | grep -Eq ' [Tt] (mbox_next|dotlock_take|SSL_new)$'; then
	wrong 'holds what belongs to solopop-import or solopop-tls'
fi

# What a user may get into their hands has no way to a secret.
nm "$top_builddir/solopop-session" >"$tmp/session" || exit 99
grep -q ' T main$' "$tmp/session" || wrong 'solopop-session has no symbols'
if grep -Eq ' [TtU] (pam|secrets|scram|cram|apop|login|monitor|options|user|getpw|getsp)[a-z]*_' \
    "$tmp/session"; then
	wrong 'solopop-session holds what belongs to the monitor'
fi

# --- Libraries ---------------------------------------------------------------

"$objdump" -p "$program" >"$tmp/headers" || exit 99
needed=$(sed -n 's/^ *NEEDED *//p' "$tmp/headers")
echo "needs:" $needed
for lib in $needed; do
	case $lib in
	libc.so*|libmd.so*|libpam.so*|ld-linux*|libc.musl*)	;;
	*)	wrong "needs $lib" ;;
	esac
done

# --- Hardening ---------------------------------------------------------------

# hard FLAG TEXT COMMAND: if configure has switched it on, the command agrees.
hard() {
	flag=$1
	text=$2
	shift 2
	case $hardening in
	*"$flag"*)	"$@" || wrong "$text" ;;
	*)		echo "not built with $flag" ;;
	esac
}

# binds_now: DF_BIND_NOW in FLAGS, or DF_1_NOW in FLAGS_1.
binds_now() {
	flags=$(sed -n 's/^ *FLAGS  *0x/0x/p' "$tmp/headers")
	flags_1=$(sed -n 's/^ *FLAGS_1  *0x/0x/p' "$tmp/headers")
	[ $((${flags:-0} & 8)) -ne 0 ] || [ $((${flags_1:-0} & 1)) -ne 0 ]
}

"$objdump" -f "$program" >"$tmp/format"
nm -u "$program" | sed 's/^[ UwV]*//; s/@.*//' | sort -u >"$tmp/calls"
hard -pie 'not position independent' grep -q DYNAMIC "$tmp/format"
hard -z,relro 'no RELRO' grep -q '^ *RELRO' "$tmp/headers"
hard -z,now 'binds late' binds_now
hard -fstack-protector 'no stack protector' \
    grep -qx __stack_chk_fail "$tmp/calls"
hard _FORTIFY_SOURCE 'no fortified call' \
    grep -Eqx '__(v?snprintf|read|memcpy)_chk' "$tmp/calls"
grep -A1 '^ *STACK' "$tmp/headers" | grep -q 'flags rw-' ||
    wrong 'the stack is executable'

# --- Calls we do without -----------------------------------------------------

# Both as they are and as fortify renames them.
banned='strtok strtok_r sscanf scanf fscanf vsscanf atoi atol atoll atof gets
    strcpy stpcpy strcat strncat sprintf vsprintf system popen execl execlp
    execvp alloca setjmp _setjmp __sigsetjmp sigsetjmp longjmp siglongjmp
    signal bsd_signal mktemp tmpnam tempnam rand srand random'

# has CALL LIST: is it there, by its own or another name?
has() {
	grep -Eqx "(__|__isoc99_|__isoc23_)?$1(_chk)?" "$2"
}

# In every object of the server, whether or not the linker took it.
find "$top_builddir/src" -name '*.o' -exec nm -u {} + |
    sed 's/^[ UwV]*//; s/@.*//' | sort -u >>"$tmp/calls"
for call in $banned; do
	if has "$call" "$tmp/calls"; then
		wrong "calls $call"
	fi
done
for sample in strtok __strcat_chk __isoc99_sscanf __sigsetjmp; do
	echo "$sample" >"$tmp/sample"
	for call in $banned; do
		has "$call" "$tmp/sample" && continue 2
	done
	wrong "the check is blind to $sample"
done

exit $failed
