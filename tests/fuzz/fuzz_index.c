/*
 * An index of any bytes; if the first is odd, with its checksums made right, so
 * that the numbers behind them are tried, too.  What is believed is lawful.
 */
#include "maildir/index.c"

#include "fuzz.h"

#define HIGHEST 65536

/* Let the checksums, the magic and the size agree with the rest. */
static void
mend(unsigned char *p, size_t size)
{
	uint64_t count = get(p + 16, 2);

	if (INDEX_HEAD + count * INDEX_RECORD > size)
		count = (size - INDEX_HEAD) / INDEX_RECORD;
	memcpy(p, MAGIC, MAGIC_LEN);
	put(p + 16, 8, count);
	put(p + 32, 8, size - INDEX_HEAD - count * INDEX_RECORD);
	put(p + 40, 8, sum_add(SUM_START, p + INDEX_HEAD, size - INDEX_HEAD));
	put(p + INDEX_HEAD - 8, 8, sum_add(SUM_START, p, INDEX_HEAD - 8));
}

static void
check_row(struct index *ix, size_t idx)
{
	uint64_t octets;
	struct mail m;

	if (index_get(ix, idx, &m) == -1)
		return;
	CHECK(m.file[0] != '\0' && m.file[0] != '.');
	CHECK(strchr(m.file, '/') == NULL && strlen(m.file) <= 255);
	CHECK(m.bare <= m.unique && m.unique <= strlen(m.file));
	CHECK(index_octets(ix, idx, &octets) == 0 && octets == m.octets);
}

static void
check_file(int top)
{
	struct maildir md;
	struct index ix;
	size_t i;

	maildir_init(&md);
	md.top = top;
	index_init(&ix);
	if (index_open(&ix, &md) == -1) {
		CHECK(ix.fd == -1);
		return;
	}
	if (index_verify(&ix) == 0) {
		for (i = 0; i < ix.head.count; i++)
			check_row(&ix, i);
		for (; i > 0; i--)
			check_row(&ix, i - 1);
	}
	index_close(&ix);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char bytes[HIGHEST];
	char path[256];
	int top;

	if (size == 0 || size > HIGHEST)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	if (data[0] % 2 == 1 && size > INDEX_HEAD)
		mend(bytes, size - 1);
	fuzz_write(fuzz_path(path, INDEX_FILE), bytes, size - 1);
	CHECK((top = open(fuzz_dir(), O_RDONLY | O_DIRECTORY)) != -1);
	check_file(top);
	(void)close(top);
	return 0;
}
