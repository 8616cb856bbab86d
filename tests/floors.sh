#!/bin/sh
# The folders of src/ are floors: a file includes headers of its own floor or
# below, by folder and name, and some system headers have a single reader.
# Neither folders nor files include each other in a circle; a file is a header
# with the .c file or files that implement it (sandbox.h: sandbox_linux.c).
# Before it looks at the tree the check is tried on small wrong ones, so that it
# cannot rot into saying yes to everything.

# FOLDER: the folders whose headers it may include.  auth and maildir are wings,
# strangers to each other.  "." is src itself.
floors='
.        . server session settings users pop3 auth maildir confine io base compat
server   server session settings users pop3 auth maildir confine io base compat
session  session pop3 maildir confine io base compat
settings settings users pop3 auth maildir io base compat
import   import settings users maildir confine io base compat
pop3     pop3 auth maildir io base compat
auth     auth io base compat
maildir  maildir io base compat
users    users base compat
confine  confine base compat
io       io base compat
base     base compat
compat   compat
tls      tls confine io base compat
check    check server import settings users pop3 auth maildir confine io base compat
passwd   passwd auth confine base compat
'

# HEADER (a regular expression): its readers (one too).
readers='
security/.*       auth/pam[a-z_]*\.c
dlfcn\.h         auth/pam_load\.c
md5\.h            base/digest\.c
sha(2|256)\.h     compat/sha256\.h
syslog\.h         base/log\.c
emmintrin\.h      io/bulk_sse2\.c
dirent\.h         (maildir/[a-z_]*|import/[a-z_]*|tls/names)\.[ch]
openssl/.*        tls/[a-z_]*\.[ch]
zlib\.h           io/decode_gzip\.c
zstd.*\.h         io/decode_zstd\.c
sys/vfs\.h        maildir/storage_linux\.c
gdbm\.h           passwd/database_gdbm\.c
sys/prctl\.h      confine/(sandbox_linux|caps|seccomp)\.c
linux/.*          confine/(caps|seccomp)\.c
sys/syscall\.h    compat/closefrom\.c|confine/(caps\.c|landlock\.c|seccomp_calls\.h)
config\.h         compat/compat\.h
'

# look DIR: one line for each include that is not as it should be.
look() {
	(cd "$1" && find . -name '*.[ch]' | sort | while read -r file; do
		sed -n 's/^[ 	]*#[ 	]*include[ 	]*//p' "$file" |
		    sed "s|^|${file#./} |"
	done) | awk -v floors="$floors" -v readers="$readers" '
	BEGIN {
		n = split(floors, line, "\n")
		for (i = 1; i <= n; i++) {
			m = split(line[i], word, " ")
			if (m > 0)
				known[word[1]] = 1
			for (j = 2; j <= m; j++)
				may[word[1], word[j]] = 1
		}
		n = split(readers, line, "\n")
		for (i = 1; i <= n; i++)
			if (split(line[i], word, " ") == 2) {
				header[++heads] = "^" word[1] "$"
				reader[heads] = "^" word[2] "$"
			}
	}
	function wrong(why) {
		print "src/" $1 ": " $2 ": " why
	}
	{
		from = "."
		if (split($1, part, "/") > 1)
			from = part[1]
		if (!(from in known)) {
			wrong("the folder has no floor in tests/floors.sh")
			next
		}
		name = substr($2, 2, length($2) - 2)
		for (i = 1; i <= heads; i++)
			if (name ~ header[i] && $1 !~ reader[i])
				wrong("only for " reader[i])
		if ($2 !~ /^"/ || name == "config.h")
			next
		to = split(name, part, "/") > 1 ? part[1] : "."
		if (to == "." && !((from, ".") in may))
			wrong("does not name its folder")
		else if (!(to in known))
			wrong("no such floor")
		else if (!((from, to) in may))
			wrong(from " may not reach " to)
	}'
}

# circles DIR: a line for the files, and one for the folders, that include each
# other in a circle.  Whatever includes nothing that is left is taken away until
# no more can be.
circles() {
	(cd "$1" && find . -name '*.[ch]' | sort | while read -r file; do
		echo "${file#./}"
		sed -n 's/^[ 	]*#[ 	]*include[ 	]*"\(.*\)"/\1/p' "$file" |
		    sed "s|^|${file#./} |"
	done) | awk '
	# The header that a .c file implements: its own, or one of a shorter name.
	function unit(file,    stem) {
		stem = substr(file, 1, length(file) - 2)
		while (!((stem ".h") in headers) && sub(/_[a-z0-9]*$/, "", stem))
			continue
		return (stem ".h") in headers ? stem : \
		    substr(file, 1, length(file) - 2)
	}
	function folder(file) {
		return file ~ /\// ? substr(file, 1, index(file, "/") - 1) : "."
	}
	function add(graph, from, to) {
		if (from == to || (graph, from, to) in edge)
			return
		edge[graph, from, to] = 1
		tails[graph, ++edges[graph]] = from
		heads[graph, edges[graph]] = to
		left[graph, from] = left[graph, to] = 1
	}
	function reduce(graph, word,    i, more, leads, led, key, part, out) {
		do {
			more = 0
			split("", leads)
			split("", led)
			for (i = 1; i <= edges[graph]; i++)
				if (left[graph, tails[graph, i]] &&
				    left[graph, heads[graph, i]]) {
					leads[tails[graph, i]] = 1
					led[heads[graph, i]] = 1
				}
			for (key in left) {
				split(key, part, SUBSEP)
				if (part[1] == graph && left[key] &&
				    !(part[2] in leads && part[2] in led)) {
					left[key] = 0
					more = 1
				}
			}
		} while (more)
		for (key in left) {
			split(key, part, SUBSEP)
			if (part[1] == graph && left[key])
				out = out " " part[2]
		}
		if (out != "")
			print word " in a circle:" out
	}
	NF == 1 && $1 ~ /\.h$/ { headers[$1] = 1 }
	NF == 2 { n++; from[n] = $1; to[n] = $2 }
	END {
		for (i = 1; i <= n; i++) {
			if (to[i] == "config.h")
				continue
			add("files", unit(from[i]), unit(to[i]))
			if (from[i] ~ /\// && to[i] ~ /\//)
				add("folders", folder(from[i]), folder(to[i]))
		}
		reduce("files", "files")
		reduce("folders", "folders")
	}'
}

failed=0

# must_see TEXT FILE INCLUDE: a tree with one wrong line, and what is said of it.
must_see() {
	mkdir -p "$tmp/${2%/*}"
	printf '#include %s\n' "$3" >"$tmp/$2"
	case $(look "$tmp") in
	*"$1"*)	;;
	*)	echo "floors.sh is blind: $2 with $3"
		failed=1 ;;
	esac
	rm "$tmp/$2"
}

# must_turn TEXT FILE HEADER FILE HEADER: two includes that make a circle, or
# with "" as TEXT make none.
must_turn() {
	mkdir -p "$tmp/${2%/*}" "$tmp/${4%/*}" "$tmp/${3%/*}" "$tmp/${5%/*}"
	: >"$tmp/$3"
	: >"$tmp/$5"
	echo "#include \"$3\"" >>"$tmp/$2"
	echo "#include \"$5\"" >>"$tmp/$4"
	said=$(circles "$tmp")
	case $1:$said in
	:?*)	echo "floors.sh sees a circle: $said"
		failed=1 ;;
	*)	case $said in
		*"$1"*)	;;
		*)	echo "floors.sh is blind: $2 and $4 make a circle"
			failed=1 ;;
		esac ;;
	esac
	rm -f "$tmp/$2" "$tmp/$3" "$tmp/$4" "$tmp/$5"
}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/floors.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
must_see 'io may not reach pop3' io/line.c '"pop3/reply.h"'
must_see 'auth may not reach maildir' auth/pam.c '"maildir/name.h"'
must_see 'maildir may not reach auth' maildir/name.h '"auth/pam.h"'
must_see 'name its folder' base/fd.c '"./options.h"'
must_see 'name its folder' base/fd.c '"fd.h"'
must_see 'no such floor' base/fd.c '"../base/fd.h"'
must_see 'has no floor' cellar/rat.c '<stdio.h>'
must_see 'only for' pop3/reply.c '<security/pam_appl.h>'
must_see 'only for' auth/apop.c '<md5.h>'
must_see 'only for' base/hmac.c '<sha2.h>'
must_see 'only for' auth/pam.c '<dlfcn.h>'
must_see 'only for' server/monitor.c '<syslog.h>'
must_see 'only for' users/user.c '<dirent.h>'
must_see 'only for' tls/pump.c '<dirent.h>'
must_see 'only for' io/out.c '<openssl/ssl.h>'
must_see 'only for' io/stored.c '<zlib.h>'
must_see 'only for' io/stored.c '<zstd.h>'
must_see 'only for' maildir/table.c '<sys/vfs.h>'
must_see 'only for' passwd/import.c '<gdbm.h>'
must_see 'passwd may not reach maildir' passwd/store.c '"maildir/lock.h"'
must_see 'only for' server/alone.c '<sys/prctl.h>'
must_see 'only for' server/alone.c '<linux/landlock.h>'
must_see 'settings may not reach confine' settings/told.h '"confine/caps.h"'
must_see 'users may not reach settings' users/user.h '"settings/server.h"'
must_see 'users may not reach auth' users/user.h '"auth/ask.h"'
must_see 'server may not reach import' server/front.c '"import/intake.h"'
must_see 'passwd may not reach io' passwd/main.c '"io/line.h"'
must_turn 'files in a circle:' io/a.c io/b.h io/b.h io/a.h
must_turn 'files in a circle:' io/a_linux.c io/b.h io/b.c io/a.h
must_turn 'folders in a circle:' io/a.c base/b.h base/c.h io/d.h
must_turn '' io/a.c io/b.h io/c.c io/b.h
must_turn '' io/a.c base/b.h io/a.h base/c.h

src=${top_srcdir:-$(dirname "$0")/..}/src
if ! [ -f "$src/main.c" ]; then
	echo "no source in $src"
	exit 99
fi
said=$(look "$src"; circles "$src")
if [ -n "$said" ]; then
	echo "$said"
	failed=1
fi
exit $failed
