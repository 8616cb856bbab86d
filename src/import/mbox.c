#include "import/mbox.h"

#include "base/fd.h"
#include "base/num.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FROM "From "
#define MMDF "\001\001\001\001"
#define WORDS_MAX 64

/* --- The From_ line ---------------------------------------------------------- */

static bool
is_one_of(struct span word, const char *list, size_t size, unsigned *which)
{
	unsigned i;

	for (i = 0; list[i * size] != '\0'; i++)
		if (span_is(word, (const char[4]){ list[i * size],
		    list[i * size + 1], list[i * size + 2], '\0' })) {
			*which = i;
			return true;
		}
	return false;
}

static bool
is_weekday(struct span word)
{
	unsigned which;

	if (word.len == 4 && word.p[3] == ',')
		word.len = 3;
	return is_one_of(word, "SunMonTueWedThuFriSat", 3, &which);
}

static bool
is_month(struct span word, unsigned *month)
{
	return is_one_of(word, "JanFebMarAprMayJunJulAugSepOctNovDec", 3,
	    month);
}

static bool
is_day(struct span word, unsigned *day)
{
	uint32_t n;

	if (word.len > 2 || num_u32(word, 31, &n) == -1 || n == 0)
		return false;
	*day = n;
	return true;
}

/* Four digits, or two of them: 70 is the first. */
static bool
is_year(struct span word, unsigned *year)
{
	uint32_t n;

	if ((word.len != 4 && word.len != 2) || num_u32(word, 9999, &n) == -1)
		return false;
	if (word.len == 2)
		n += n < 70 ? 2000 : 1900;
	*year = n;
	return n >= 1970;
}

static bool
take_two(struct span *s, uint32_t max, uint32_t *n)
{
	struct span two = { s->p, s->len < 2 ? s->len : 2 };

	while (two.len > 0 && !ascii_digit(two.p[two.len - 1]))
		two.len--;
	if (num_u32(two, max, n) == -1)
		return false;
	s->p += two.len;
	s->len -= two.len;
	return true;
}

static bool
take_colon(struct span *s)
{
	if (s->len == 0 || *s->p != ':')
		return false;
	s->p++;
	s->len--;
	return true;
}

/* hh:mm or hh:mm:ss, in seconds. */
static bool
is_time(struct span word, uint32_t *seconds)
{
	uint32_t h, m, s = 0;

	if (!take_two(&word, 23, &h) || !take_colon(&word) ||
	    !take_two(&word, 59, &m))
		return false;
	if (take_colon(&word) && !take_two(&word, 60, &s))
		return false;
	*seconds = h * 3600 + m * 60 + s;
	return word.len == 0;
}

/* +hhmm or -hhmm, in seconds; a zone's name counts as UTC. */
static bool
is_zone(struct span word, int32_t *offset)
{
	uint32_t n;
	size_t i;

	*offset = 0;
	if (word.len == 5 && (word.p[0] == '+' || word.p[0] == '-')) {
		if (num_u32((struct span){ word.p + 1, 4 }, 9999, &n) == -1)
			return false;
		*offset = (int32_t)(n / 100 * 3600 + n % 100 * 60);
		if (word.p[0] == '-')
			*offset = -*offset;
		return true;
	}
	for (i = 0; i < word.len; i++)
		if (ascii_lower(word.p[i]) < 'a' ||
		    ascii_lower(word.p[i]) > 'z')
			return false;
	return word.len > 0 && word.len <= 6 && !span_is(word, "remote");
}

/* Days since 1970 (month from 0), in the calendar of today. */
static uint64_t
days_of(unsigned year, unsigned month, unsigned day)
{
	static const unsigned before[] = { 0, 31, 59, 90, 120, 151, 181, 212,
	    243, 273, 304, 334 };
	uint64_t past = year - 1;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return past * 365 + past / 4 - past / 100 + past / 400 - 719162 +
	    before[month] + (leap && month > 1) + day - 1;
}

static uint64_t
add_offset(uint64_t when, int32_t offset)
{
	if (offset > 0 && when < (uint64_t)offset)
		return 0;
	return when - (uint64_t)(int64_t)offset;
}

/* Www Mmm dd hh:mm[:ss] [zone [zone]] yyyy [zone], all before the words end. */
static bool
is_ctime(const struct span *w, size_t n, uint64_t *when)
{
	unsigned month, day, year;
	int32_t offset = 0;
	uint32_t seconds;
	size_t i;

	if (n < 5 || !is_month(w[1], &month) || !is_day(w[2], &day) ||
	    !is_time(w[3], &seconds))
		return false;
	for (i = 4; i < 6 && i < n && !is_year(w[i], &year); i++)
		if (!is_zone(w[i], &offset))
			return false;
	if (i == n || !is_year(w[i], &year))
		return false;
	if (i + 1 < n && offset == 0 && !is_zone(w[i + 1], &offset))
		offset = 0;
	*when = add_offset(days_of(year, month, day) * 86400 + seconds, offset);
	return true;
}

/* Www[,] dd Mmm yyyy hh:mm[:ss] [zone] */
static bool
is_rfc822(const struct span *w, size_t n, uint64_t *when)
{
	unsigned month, day, year;
	int32_t offset = 0;
	uint32_t seconds;

	if (n < 5 || !is_day(w[1], &day) || !is_month(w[2], &month) ||
	    !is_year(w[3], &year) || !is_time(w[4], &seconds))
		return false;
	if (n > 5 && !is_zone(w[5], &offset))
		offset = 0;
	*when = add_offset(days_of(year, month, day) * 86400 + seconds, offset);
	return true;
}

/* Blanks and tabs are between words. */
static bool
next_word(struct span *s, struct span *word)
{
	size_t n = 0;

	while (s->len > 0 && (*s->p == ' ' || *s->p == '\t')) {
		s->p++;
		s->len--;
	}
	while (n < s->len && s->p[n] != ' ' && s->p[n] != '\t')
		n++;
	*word = (struct span){ s->p, n };
	s->p += n;
	s->len -= n;
	return n > 0;
}

/* The sender may be missing, quoted and hold blanks: look for the date alone. */
bool
mbox_is_from(struct span line, uint64_t *when)
{
	struct span w[WORDS_MAX];
	size_t n = 0, i;

	if (line.len < strlen(FROM) ||
	    memcmp(line.p, FROM, strlen(FROM)) != 0)
		return false;
	line.p += strlen(FROM);
	line.len -= strlen(FROM);
	while (n < WORDS_MAX && next_word(&line, &w[n]))
		n++;
	for (i = 0; i < n; i++)
		if (is_weekday(w[i]) && (is_ctime(w + i, n - i, when) ||
		    is_rfc822(w + i, n - i, when)))
			return true;
	return false;
}

/* --- Lines ------------------------------------------------------------------- */

static int
fill(struct mbox *m, off_t at)
{
	ssize_t n;

	n = fd_read_at(m->fd, m->window, sizeof m->window, at, m->size);
	if (n == -1)
		return -1;
	if (n == 0) {			/* somebody cut it under our hands */
		errno = EBADMSG;
		return -1;
	}
	m->from = at;
	m->len = (size_t)n;
	return 0;
}

/* How much of the file from here is in the window? */
static size_t
ready(const struct mbox *m, off_t at)
{
	if (at < m->from || at >= m->from + (off_t)m->len)
		return 0;
	return m->len - (size_t)(at - m->from);
}

/* Where the line that begins here ends, behind its LF. */
static int
find_end(struct mbox *m, off_t at, off_t *next)
{
	const char *p, *lf;
	size_t n;

	for (; at < m->size; at += (off_t)n) {
		if ((n = ready(m, at)) == 0) {
			if (fill(m, at) == -1)
				return -1;
			n = ready(m, at);
		}
		p = m->window + (at - m->from);
		if ((lf = memchr(p, '\n', n)) != NULL) {
			*next = at + (lf - p) + 1;
			return 0;
		}
	}
	*next = m->size;
	return 0;
}

/*
 * The line at an offset below the size: its beginning, without line end and at
 * most MBOX_HEAD bytes of it, on loan until the next call; and where the next
 * one begins.
 */
static int
get_line(struct mbox *m, off_t at, struct span *head, off_t *next)
{
	size_t n = ready(m, at), len;
	const char *p;

	if (n < MBOX_HEAD && at + (off_t)n < m->size) {
		if (fill(m, at) == -1)
			return -1;
		n = ready(m, at);
	}
	p = m->window + (at - m->from);
	len = n < MBOX_HEAD ? n : MBOX_HEAD;
	*head = (struct span){ p, len };
	if (memchr(p, '\n', n) == NULL) {
		memcpy(m->head, p, len);
		head->p = m->head;
	}
	if (find_end(m, at, next) == -1)
		return -1;
	if (*next - at <= (off_t)head->len)
		head->len = (size_t)(*next - at);
	if (head->len > 0 && head->p[head->len - 1] == '\n')
		head->len--;
	if (head->len > 0 && head->p[head->len - 1] == '\r')
		head->len--;
	return 0;
}

/* --- Headers ----------------------------------------------------------------- */

enum { FOLDER_SUBJECT = 1, FOLDER_FROM = 2, FOLDER_IMAP = 4 };

/* What the headers come to. */
struct headers {
	struct digest_md5 hash;
	off_t content_length;		/* -1: none */
	unsigned folder_marks;		/* FOLDER_* */
	bool has_uidl;
	bool seen, answered, flagged, deleted, draft;
};

/* The value of a field, without blanks around it. */
static bool
is_field(struct span line, const char *name, struct span *value)
{
	size_t len = strlen(name);

	if (line.len <= len || line.p[len] != ':' ||
	    !span_is((struct span){ line.p, len }, name))
		return false;
	*value = (struct span){ line.p + len + 1, line.len - len - 1 };
	while (value->len > 0 && (value->p[0] == ' ' || value->p[0] == '\t')) {
		value->p++;
		value->len--;
	}
	while (value->len > 0 && (value->p[value->len - 1] == ' ' ||
	    value->p[value->len - 1] == '\t'))
		value->len--;
	return true;
}

static bool
holds(struct span s, const char *text)
{
	size_t len = strlen(text), i;

	for (i = 0; i + len <= s.len; i++)
		if (span_is((struct span){ s.p + i, len }, text))
			return true;
	return false;
}

static bool
is_hashed(struct span line)
{
	static const char *const names[] = { "Received", "Date", "Message-Id",
	    "Subject" };
	struct span value;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (is_field(line, names[i], &value))
			return true;
	return false;
}

/*
 * UW's and Pine's first message is none, say any two of these.  X-IMAPbase says
 * nothing of the kind: they and others write it into a first message that is
 * one.
 */
static unsigned
folder_mark(struct span line)
{
	struct span v;

	if (is_field(line, "Subject", &v) && (holds(v, "DO NOT DELETE") ||
	    holds(v, "DON'T DELETE THIS MESSAGE") ||
	    holds(v, "FOLDER INTERNAL DATA")))
		return FOLDER_SUBJECT;
	if (is_field(line, "From", &v) &&
	    holds(v, "Mail System Internal Data"))
		return FOLDER_FROM;
	return is_field(line, "X-IMAP", &v) ? FOLDER_IMAP : 0;
}

static bool
is_folder_data(unsigned marks)
{
	return (marks & (marks - 1)) != 0;
}

static void
take_field(struct headers *h, struct mbox_mail *mail, struct span line)
{
	struct span v;
	uint64_t n;

	if (is_field(line, "Status", &v)) {
		h->seen = h->seen || span_has(v, 'R');
		mail->old = mail->old || span_has(v, 'O') || span_has(v, 'R');
	} else if (is_field(line, "X-Status", &v)) {
		h->answered = span_has(v, 'A');
		h->flagged = span_has(v, 'F');
		h->deleted = span_has(v, 'D');
		h->draft = span_has(v, 'T');
	} else if (is_field(line, "X-UIDL", &v) && !h->has_uidl) {
		h->has_uidl = true;
		if (name_is_uidl(v))
			(void)span_copy(mail->x_uidl, sizeof mail->x_uidl, v);
	} else if (is_field(line, "Content-Length", &v)) {
		if (num_u64(v, INT64_MAX, &n) == 0)
			h->content_length = (off_t)n;
	}
	h->folder_marks |= folder_mark(line);
}

/* Bytes of the file, whatever window they are in. */
static int
hash_range(struct mbox *m, struct headers *h, off_t at, off_t end)
{
	size_t n;

	for (; at < end; at += (off_t)n) {
		if ((n = ready(m, at)) == 0) {
			if (fill(m, at) == -1)
				return -1;
			n = ready(m, at);
		}
		if ((off_t)n > end - at)
			n = (size_t)(end - at);
		digest_md5_add(&h->hash, m->window + (at - m->from), n);
	}
	return 0;
}

/*
 * Up to the blank line that ends them, or the end, or a From_ line: whoever
 * wrote this message did not come to its body.  *at becomes where the body
 * begins.
 */
static int
read_headers(struct mbox *m, struct headers *h, struct mbox_mail *mail,
    off_t *at)
{
	struct span line;
	uint64_t when;
	off_t next;
	bool hashed, blank = false;

	while (*at < m->size && !blank) {
		if (get_line(m, *at, &line, &next) == -1)
			return -1;
		if (m->mmdf ? span_is(line, MMDF) :
		    mbox_is_from(line, &when)) {
			h->content_length = -1;
			return 0;
		}
		blank = line.len == 0;
		hashed = is_hashed(line);
		take_field(h, mail, line);
		if (hashed && hash_range(m, h, *at, next) == -1)
			return -1;
		*at = next;
	}
	return 0;
}

/* --- The end of a message ----------------------------------------------------- */

/* Does a message begin here, or does the file end? */
static int
is_boundary(struct mbox *m, off_t at)
{
	struct span line;
	uint64_t when;
	off_t next;

	if (at == m->size)
		return 1;
	if (get_line(m, at, &line, &next) == -1)
		return -1;
	return mbox_is_from(line, &when);
}

/* Behind the first byte: does a line begin here, or is this within one? */
static int
is_line(struct mbox *m, off_t at)
{
	struct span line;
	off_t next;

	if (get_line(m, at - 1, &line, &next) == -1)
		return -1;
	return next == at;
}

/* Is there a blank line here, before the end, and where does it end? */
static int
skip_blank(struct mbox *m, off_t at, off_t *next)
{
	struct span line;

	if (get_line(m, at, &line, next) == -1)
		return -1;
	return line.len == 0;
}

/*
 * 1 when Content-Length leads to the end of a message.  The sender may have
 * written it: a ">From " that was made harmless begins none behind its ">".
 */
static int
believe_length(struct mbox *m, const struct headers *h, off_t body, off_t *end)
{
	off_t next;
	int r;

	if (h->content_length == -1 || h->content_length > m->size - body)
		return 0;
	*end = m->at = body + h->content_length;
	if ((r = is_line(m, *end)) == 1)
		r = is_boundary(m, *end);
	if (r != 0)
		return r;
	if ((r = skip_blank(m, *end, &next)) != 1)
		return r;
	m->at = next;
	return is_boundary(m, next);
}

/* Line by line.  The last blank line before a From_ line separates. */
static int
search_end(struct mbox *m, off_t body, off_t *end)
{
	off_t at = body, blank = -1, next;
	struct span line;
	bool after_blank = true;
	uint64_t when;

	for (; at < m->size; at = next) {
		if (get_line(m, at, &line, &next) == -1)
			return -1;
		if (m->mmdf ? span_is(line, MMDF) :
		    after_blank && mbox_is_from(line, &when))
			break;
		after_blank = line.len == 0;
		blank = after_blank ? at : -1;
	}
	*end = blank != -1 && !m->mmdf ? blank : at;
	m->at = at;
	return 0;
}

static int
find_message_end(struct mbox *m, const struct headers *h, off_t body,
    off_t *end)
{
	int r;

	if (!m->mmdf && (r = believe_length(m, h, body, end)) != 0)
		return r == 1 ? 0 : -1;
	return search_end(m, body, end);
}

/* --- Messages ---------------------------------------------------------------- */

void
mbox_begin(struct mbox *m, int fd, off_t from, off_t size)
{
	m->fd = fd;
	m->size = size;
	m->at = from;
	m->mmdf = false;
	m->from = 0;
	m->len = 0;
}

/*
 * Who appended by an offset of his own, behind what was cut off meanwhile, has
 * left NULs before his message.
 */
static int
skip_nuls(struct mbox *m)
{
	off_t at = m->at;

	for (; at < m->size; at++) {
		if (ready(m, at) == 0 && fill(m, at) == -1)
			return -1;
		if (m->window[at - m->from] != '\0')
			break;
	}
	if (at < m->size)
		m->at = at;
	return 0;
}

/* MMDF writes its line at the end of a message and at the beginning of one. */
static int
skip_separators(struct mbox *m)
{
	struct span line;
	off_t next;

	if (skip_nuls(m) == -1)
		return -1;
	while (m->at < m->size) {
		if (get_line(m, m->at, &line, &next) == -1)
			return -1;
		if (span_is(line, MMDF))
			m->mmdf = true;
		else if (line.len > 0)
			break;
		m->at = next;
	}
	return 0;
}

/* The envelope: the message begins behind it. */
static int
read_from(struct mbox *m, struct headers *h, struct mbox_mail *mail)
{
	struct span line;
	off_t next;
	bool is_from;

	if (get_line(m, m->at, &line, &next) == -1)
		return -1;
	is_from = mbox_is_from(line, &mail->when);
	if (!is_from && !m->mmdf) {
		errno = EBADMSG;
		return -1;
	}
	mail->start = is_from ? next : m->at;
	return hash_range(m, h, m->at, mail->start);
}

/* Four bytes make five characters of base 80, "." becoming "~". */
static void
write_new_uid(char uid[21], const unsigned char sum[16])
{
	uint32_t n;
	int i, j;
	char c;

	for (i = 0; i < 4; i++) {
		n = (uint32_t)sum[4 * i] << 24 | (uint32_t)sum[4 * i + 1] << 16 |
		    (uint32_t)sum[4 * i + 2] << 8 | sum[4 * i + 3];
		for (j = 0; j < 5; j++, n /= 80) {
			c = (char)('!' + n % 80);
			uid[5 * i + j] = c == '.' ? '~' : c;
		}
	}
	uid[20] = '\0';
}

static int
write_uids(struct mbox *m, struct headers *h, struct mbox_mail *mail,
    off_t begin)
{
	struct headers again = *h;
	unsigned char sum[16];

	digest_md5_end(&h->hash, sum);
	digest_hex(mail->old_uid, sum, sizeof sum);
	if (hash_range(m, &again, begin, mail->start) == -1)
		return -1;
	digest_md5_end(&again.hash, sum);
	write_new_uid(mail->new_uid, sum);
	return 0;
}

static void
write_flags(struct mbox_mail *mail, const struct headers *h)
{
	char *p = mail->flags;

	if (h->draft)
		*p++ = 'D';
	if (h->flagged)
		*p++ = 'F';
	if (h->answered)
		*p++ = 'R';
	if (h->seen)
		*p++ = 'S';
	if (h->deleted)
		*p++ = 'T';
	*p = '\0';
	mail->old = mail->old || mail->flags[0] != '\0';
}

int
mbox_next(struct mbox *m, struct mbox_mail *mail)
{
	struct headers h = { .content_length = -1 };
	off_t begin, body;
	bool first = m->at == 0;

	memset(mail, 0, sizeof *mail);
	if (skip_separators(m) == -1)
		return -1;
	if (m->at >= m->size)
		return 0;
	begin = m->at;
	digest_md5_begin(&h.hash);
	if (read_from(m, &h, mail) == -1)
		return -1;
	body = mail->start;
	if (read_headers(m, &h, mail, &body) == -1 ||
	    write_uids(m, &h, mail, begin) == -1 ||
	    find_message_end(m, &h, body, &mail->end) == -1)
		return -1;
	mail->folder_data = first && is_folder_data(h.folder_marks);
	write_flags(mail, &h);
	return 1;
}
