#!/bin/sh
# Everything that can be set and said stands in the manual, with its default, and
# the manual is well-formed.

top=${top_srcdir:-.}
solopop=${SOLOPOP:-./solopop}
page=$top/doc/solopop.8
keys=$top/doc/solopop.conf.5
protocol=$top/doc/solopop-protocol.7
bad=0

complain() {
	echo "doc: $*"
	bad=1
}

# --help as lines "letter-or-dash name default-or-dash".  A row that is too wide
# goes on in a second line.
table=$("$solopop" --help | awk '
	function out() {
		if (name != "")
			print letter, name, at
		name = ""
	}
	/^ +(-[a-zA-Z], )?--[a-z]/ {
		out()
		letter = at = "-"
		if ($1 ~ /^-[a-zA-Z],$/)
			letter = substr($1, 2, 1)
		match($0, /--[a-z0-9-]+/)
		name = substr($0, RSTART + 2, RLENGTH - 2)
	}
	match($0, / \[[^]]*\]$/) {
		at = substr($0, RSTART + 2, RLENGTH - 3)
		gsub(/ /, "_", at)
	}
	END { out() }')
options=$(echo "$table" | cut -d' ' -f2)
[ "$(echo "$options" | wc -l)" -gt 20 ] || {
	complain "--help lists no options"
	exit 1
}

while read -r letter name default; do
	case $name in
	no-auth | no-sandbox | qpopper | fixture | demo | check | help | version | config-file)
		fl="Fl -$name"
		[ "$letter" = - ] || fl="Fl $letter , $fl"
		grep -q -e "^\.It $fl\( \|\$\)" "$page" ||
		    complain "$fl is not in solopop.8"
		continue ;;
	esac
	# From its tag to the line behind "Default:"; lists within an entry are deeper.
	entry=$(awk -v name="$name" '
		/^\.Bl / { depth++ }
		/^\.El/ { depth-- }
		/^\.It Cm / && depth == 1 && $3 == name { inside = 1 }
		inside { print }
		told { exit }
		inside && /^Default:$/ { told = 1 }' "$keys")
	[ -n "$entry" ] || complain "$name has no entry in solopop.conf.5"
	[ "$letter" = - ] || echo "$entry" | head -n 1 | grep -q " Pq Fl $letter\$" ||
	    complain "solopop.conf.5 does not say that $name is -$letter"
	why=$(echo "$entry" | tail -n 1 | sed -n 's/^\.\(Cm\|Pa\) \(.*\) \.$/\2/p')
	case $why in
	'') complain "solopop.conf.5 does not say why $name is as it is" ;;
	"$default" | "\\&$default" | "\\(ti${default#?}") ;;
	*)	# Paths depend on configure, one default takes several words,
		# and some options have none that --help would tell.
		case $default in
		- | /* | *_*) ;;
		*) complain "$name: the default that solopop.conf.5 justifies is not --help's" ;;
		esac
	esac
	row=$(grep -e "^\.It $name Ta " "$keys") ||
	    complain "$name is not in solopop.conf.5"
	# Paths depend on configure, and one default takes several words.
	case $default in
	/* | *_*) continue ;;
	esac
	[ "${row##* Ta }" = "$default" ] ||
	    complain "$name: solopop.conf.5 and --help differ in the default"
done <<END
$table
END
# What became of qpopper's options.
old=$(sed -n 's/^ROW("\([a-zA-Z-]*\)", QPOPPER_.*/\1/p' "$top/src/settings/qpopper_rows.h" |
    grep -v '^-')
[ "$(echo "$old" | wc -l)" -gt 30 ] || complain "found no options of qpopper"
for key in $old; do
	grep -q "^\.It $key\$" "$keys" ||
	    complain "qpopper's $key is not in solopop.conf.5"
done

for key in $(sed -n '/^\.Sh SETTINGS/q
    s/^\.It \([a-z0-9-]*\) Ta .*/\1/p' "$keys"); do
	echo "$options" | grep -qx -e "$key" ||
	    complain "solopop.conf.5 has $key, which is no option"
done
for name in $(sed -n 's/^\.It Fl \([a-zA-Z] , Fl \)\{0,1\}-\([a-z0-9-]*\).*/\2/p' \
    "$page"); do
	echo "$options" | grep -qx -e "$name" ||
	    complain "solopop.8 has --$name, which is no option"
done

commands=$(sed -n 's/^	{ "\([A-Z]*\)",.*/\1/p' "$top/src/pop3/authorization.c" \
    "$top/src/session/transaction.c" | sort -u)
[ "$(echo "$commands" | wc -l)" -gt 10 ] || complain "found no commands"
for command in $commands; do
	grep -q "^\.It Ic $command\( \|\$\)" "$protocol" ||
	    complain "$command is not in solopop-protocol.7"
done

# What SECURITY.md says takes a defence out is there.
gone=$(sed -n 's/.*` | \([a-z0-9, -]*\) |$/\1/p' "$top/doc/SECURITY.md" |
    tr -d ' ' | tr ',' '\n')
[ "$(echo "$gone" | wc -l)" -gt 80 ] || complain "SECURITY.md names no mutations"
for name in $gone; do
	[ -f "$top/tests/mutations/$name.mutation" ] ||
	    complain "SECURITY.md: there is no mutation $name"
done

# What SECURITY.md calls a test is one.
named=$(sed 's/`/\n/g' "$top/doc/SECURITY.md" |
    grep -x 'tests/[A-Za-z0-9_/.-]*\|[a-z0-9_]*__[a-z0-9_]*')
[ "$(echo "$named" | wc -l)" -gt 40 ] || complain "SECURITY.md names no tests"
for name in $named; do
	case $name in
	tests/*) [ -e "$top/$name" ] ;;
	*) grep -qrw "$name" "$top/tests/unit" "$top/tests/integration" ;;
	esac || complain "SECURITY.md: there is no test $name"
done

# The project has no address for reports, so no file may name an invented one.
# An e-mail address below .invalid says by itself that no mail arrives there.
invented='@localhost|solopop\.(example|test|org|net|com|io|dev)([^a-z]|$)'
for sample in 'a <solopop@localhost>' 'b <dev@solopop.example>' \
    'https://solopop.org/x'; do
	echo "$sample" | grep -Eq "$invented" ||
	    complain "the search for invented addresses is blind to $sample"
done
found=$(grep -rnE "$invented" "$top/configure.ac" "$top/README.md" \
    "$top/doc" "$top/examples" "$top/src" --include='*.[ch1578]' \
    --include='*.md' --include=configure.ac --include=changelog \
    --include=control --include=copyright --include=watch \
    --include='README.*' --include='*.spec' --include='Containerfile*')
[ -z "$found" ] || complain "an invented address: $found"
"$solopop" --version | grep -q 'Report bugs' &&
    complain "--version asks for reports, and there is no address for them"

# Which other pages are installed here is no matter of ours.
# No table is wider than a page.
if command -v groff >/dev/null; then
	wide=$(groff -mdoc -Tutf8 -ww -z "$top"/doc/*.[1578] 2>&1 |
	    grep "can.*t break line")
	[ -z "$wide" ] || complain "$wide"
fi
if command -v mandoc >/dev/null; then
	lint=$(mandoc -Tlint -Wstyle "$top"/doc/*.[1578] 2>&1 |
	    grep -v 'referenced manual not found\|outdated mandoc.db')
	[ -z "$lint" ] || complain "$lint"
	# make doc: a file for each page, and no link to a file that is not there.
	made=$(mktemp -d)
	sh "$top/doc/render.sh" "$top/doc" "$made" >"$made/said" 2>&1 ||
	    complain "make doc: $(cat "$made/said")"
	for file in "$top"/doc/*.[1578]; do
		name=${file##*/}
		grep -q '</html>' "$made/html/$name.html" ||
		    complain "make doc: no $name.html"
		[ "$(head -c 5 "$made/pdf/$name.pdf")" = %PDF- ] ||
		    complain "make doc: no $name.pdf"
	done
	for link in $(cat "$made"/html/*.html |
	    sed 's/href="/\n&/g' | sed -n 's/^href="\([^"#:]*\)["#].*/\1/p' |
	    sort -u); do
		[ -e "$made/html/$link" ] || complain "make doc: dead link $link"
	done
	grep -q 'href="solopop.conf.5.html"' "$made/html/solopop.8.html" ||
	    complain "make doc: the pages do not lead to each other"
	rm -rf "$made"
else
	echo "doc: no mandoc here, so the form is not looked at"
fi
exit $bad
