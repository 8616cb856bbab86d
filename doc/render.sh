#!/bin/sh
# render.sh SOURCE TARGET: the pages of the manual as HTML and PDF below TARGET,
# and the guides as HTML, where there is a program that knows their form.

set -eu
LC_ALL=C
export LC_ALL
source=$(cd "$1" && pwd)
mkdir -p "$2/html" "$2/pdf"
cd "$2"
elsewhere='https://manpages.debian.org/%N.%S'

here() {
	command -v "$1" >/dev/null 2>&1
}

# One of the three, the fittest first; cmark has no tables.
guide() {
	if here lowdown; then
		lowdown -s -thtml --out-no-smarty "$1"
	elif here pandoc; then
		pandoc -s -f gfm -t html --metadata title="${1##*/}" "$1"
	else
		printf '<!DOCTYPE html>\n<meta charset="utf-8">\n'
		cmark -t html "$1"
	fi
}

# A guide's links to other guides lead to what becomes of those.
relink() {
	sed 's/href="\([A-Za-z0-9_-]*\)\.md\([#"]\)/href="\1.html\2/g'
}

here mandoc || {
	echo 'render.sh: there is no mandoc (Debian: mandoc)' >&2
	exit 1
}
cd html
# What mandoc finds beside a page is a page of ours; others are elsewhere.
for page in "$source"/*.[1578]; do
	(cd "$source" && mandoc -T html -O "man=%N.%S.html;$elsewhere" \
	    "${page##*/}") >"${page##*/}.html"
	mandoc -T pdf -O paper=a4 "$page" >"../pdf/${page##*/}.pdf"
done
if here lowdown || here pandoc || here cmark; then
	for text in "$source"/*.md; do
		name=${text##*/}
		guide "$text" | relink >"${name%.md}.html"
	done
	cp "$source"/*.svg .
else
	echo 'render.sh: the guides stay as they are: no lowdown, pandoc, cmark'
fi
{
	printf '<!DOCTYPE html>\n<meta charset="utf-8">\n'
	printf '<title>solopop</title>\n<ul>\n'
	for file in *.html; do
		[ "$file" = index-of-all.html ] ||
		    printf '<li><a href="%s">%s</a>\n' "$file" "${file%.html}"
	done
	printf '</ul>\n'
} >index-of-all.html
echo "$(pwd): $(find . -name '*.html' | wc -l) files, and PDF beside"
