#!/bin/sh
# Everything that can be set and said stands in the manual, and the manual is
# well-formed.

top=${top_srcdir:-.}
solopop=${SOLOPOP:-./solopop}
page=$top/doc/solopop.8
keys=$top/doc/solopop.conf.5
bad=0

complain() {
	echo "doc: $*"
	bad=1
}

options=$("$solopop" --help | sed -n 's/^ .*--\([a-z-]*\).*/\1/p')
[ "$(echo "$options" | wc -l)" -gt 20 ] || complain "--help lists no options"
for option in $options; do
	grep -q -e "Fl -$option\( \|\$\)" "$page" ||
	    complain "--$option is not in solopop.8"
	case $option in
	no-auth | check | help | version | config-file) continue ;;
	esac
	grep -q -e "^\.It $option Ta " "$keys" ||
	    complain "$option is not in solopop.conf.5"
done
for key in $(sed -n 's/^\.It \([a-z-]*\) Ta .*/\1/p' "$keys"); do
	echo "$options" | grep -qx -e "$key" ||
	    complain "solopop.conf.5 has $key, which is no option"
done

commands=$(sed -n 's/^	{ "\([A-Z]*\)",.*/\1/p' "$top/src/pop3/commands.c")
[ "$(echo "$commands" | wc -l)" -gt 10 ] || complain "found no commands"
for command in $commands; do
	grep -q "^\.Ic $command\( \|\$\)" "$page" ||
	    complain "$command is not in solopop.8"
done

if command -v mandoc >/dev/null; then
	lint=$(mandoc -Tlint -Wstyle "$page" "$keys" |
	    grep -v 'referenced manual not found')
	[ -z "$lint" ] || complain "$lint"
fi
exit $bad
