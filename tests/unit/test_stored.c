/*
 * Messages in other forms: each is known by its first bytes, what can be decoded
 * is, byte for byte, and what is damaged or too large is an error.
 */
#include "base/fd.h"
#include "io/decode.h"
#include "io/stored.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const char text[] = "From: a@example.org\nSubject: x\n\nbody\n";
#define TEXT_LEN (sizeof text - 1)

/* gzip -9nc */
static const unsigned char gzip[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x73, 0x2b,
	0xca, 0xcf, 0xb5, 0x52, 0x48, 0x74, 0x48, 0xad, 0x48, 0xcc, 0x2d, 0xc8,
	0x49, 0xd5, 0xcb, 0x2f, 0x4a, 0xe7, 0x0a, 0x2e, 0x4d, 0xca, 0x4a, 0x4d,
	0x2e, 0xb1, 0x52, 0xa8, 0xe0, 0xe2, 0x4a, 0xca, 0x4f, 0xa9, 0xe4, 0x02,
	0x00, 0x2a, 0xc7, 0x2c, 0x9b, 0x25, 0x00, 0x00, 0x00
};

/* zstd -qc */
static const unsigned char zstd[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x25, 0x29, 0x01, 0x00, 0x46, 0x72, 0x6f,
	0x6d, 0x3a, 0x20, 0x61, 0x40, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65,
	0x2e, 0x6f, 0x72, 0x67, 0x0a, 0x53, 0x75, 0x62, 0x6a, 0x65, 0x63, 0x74,
	0x3a, 0x20, 0x78, 0x0a, 0x0a, 0x62, 0x6f, 0x64, 0x79, 0x0a, 0x9f, 0xc3,
	0x25, 0x49
};

static const struct {
	const unsigned char *bytes;
	size_t len;
	enum stored_form form;
	const struct decode *by;
} coded[] = {
	{ gzip, sizeof gzip, STORED_GZIP, &decode_gzip },
	{ zstd, sizeof zstd, STORED_ZSTD, &decode_zstd },
};

#define BYTES(literal) { literal, sizeof literal - 1 }

static int
make_file(const void *bytes, size_t len)
{
	char path[] = "/tmp/solopop-stored.XXXXXX";
	int fd = mkstemp(path);

	assert_int_not_equal(fd, -1);
	(void)unlink(path);
	assert_int_equal(write(fd, bytes, len), len);
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Read all, so many bytes at a time, into got; how many there are, or -1. */
static ssize_t
read_all(const void *bytes, size_t len, uint64_t most, char got[256],
    size_t room)
{
	struct stored s;
	size_t n = 0;
	ssize_t r;

	stored_open(&s, make_file(bytes, len), most);
	while ((r = stored_read(&s, got + n, room)) > 0)
		n += (size_t)r;
	stored_close(&s);
	assert_int_equal(s.fd, -1);
	return r == -1 ? -1 : (ssize_t)n;
}

static void
form__is_known_by_the_first_bytes(void **state)
{
	static const struct {
		struct span bytes;
		enum stored_form form;
	} cases[] = {
		{ BYTES("\x1f\x8b\x08"), STORED_GZIP },
		{ BYTES("\x28\xb5\x2f\xfd"), STORED_ZSTD },
		{ BYTES("BZh91AY"), STORED_BZIP2 },
		{ BYTES("\xfd" "7zXZ\0\0"), STORED_XZ },
		{ BYTES("Dovecot-LZ4\r*\x9b\xc5"), STORED_LZ4 },
		{ BYTES("CRYPTED\3\7\2"), STORED_CRYPT },
		{ BYTES("CRYPTED: x"), STORED_PLAIN },
		{ BYTES("Dovecot-LZ: x"), STORED_PLAIN },
		{ BYTES("\x1f"), STORED_PLAIN },
		{ BYTES("From: x"), STORED_PLAIN },
		{ BYTES(""), STORED_PLAIN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(stored_form(
		    (const unsigned char *)cases[i].bytes.p,
		    cases[i].bytes.len), cases[i].form);
}

static void
read__of_a_form_without_a_decoder__is_not_supported(void **state)
{
	static const char lz4[] = "Dovecot-LZ4\r*\x9b\xc5 and more";
	struct stored s;
	char got[256];

	(void)state;
	assert_errno(read_all(lz4, sizeof lz4, STORED_MAX, got, 200), ENOTSUP);
	stored_open(&s, make_file(lz4, sizeof lz4), STORED_MAX);
	assert_errno(stored_look(&s), ENOTSUP);
	assert_string_equal(stored_words((enum stored_form)s.form),
	    "compressed by LZ4");
	stored_close(&s);
	assert_int_equal(stored_decodes() & ~(1U << STORED_GZIP |
	    1U << STORED_ZSTD), 0);
}

static void
read__of_a_plain_file__is_the_file(void **state)
{
	char got[256];
	size_t room;

	(void)state;
	for (room = 1; room < 60; room += 29) {
		assert_int_equal(read_all(text, TEXT_LEN, 3, got, room),
		    TEXT_LEN);
		assert_memory_equal(got, text, TEXT_LEN);
	}
	assert_int_equal(read_all("", 0, 0, got, 9), 0);
}

static void
read__of_what_is_coded__is_the_message(void **state)
{
	unsigned char twice[2 * 64];
	char got[256];
	size_t i, room;

	(void)state;
	for (i = 0; i < COUNT(coded); i++) {
		if (!coded[i].by->here)
			continue;
		for (room = 1; room < 100; room += 33) {
			assert_int_equal(read_all(coded[i].bytes, coded[i].len,
			    TEXT_LEN, got, room), TEXT_LEN);
			assert_memory_equal(got, text, TEXT_LEN);
		}
		/* One stream behind the other is one file. */
		memcpy(twice, coded[i].bytes, coded[i].len);
		memcpy(twice + coded[i].len, coded[i].bytes, coded[i].len);
		assert_int_equal(read_all(twice, 2 * coded[i].len,
		    2 * TEXT_LEN, got, 99), 2 * TEXT_LEN);
		assert_memory_equal(got + TEXT_LEN, text, TEXT_LEN);
	}
}

static void
read__of_what_is_cut_or_changed__is_damaged(void **state)
{
	unsigned char bytes[sizeof gzip + 4];
	char got[256];
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(coded); i++) {
		if (!coded[i].by->here)
			continue;
		for (len = 4; len < coded[i].len; len++)
			assert_errno(read_all(coded[i].bytes, len, TEXT_LEN,
			    got, 99), EBADMSG);
		memcpy(bytes, coded[i].bytes, coded[i].len);
		bytes[coded[i].len - 10] ^= 1;
		assert_errno(read_all(bytes, coded[i].len, TEXT_LEN, got, 99),
		    EBADMSG);
		memcpy(bytes, coded[i].bytes, coded[i].len);
		memcpy(bytes + coded[i].len, "more", 4);
		assert_errno(read_all(bytes, coded[i].len + 4, 999, got, 99),
		    EBADMSG);
	}
	assert_true(stored_is_hopeless(EBADMSG));
	assert_false(stored_is_hopeless(EIO));
}

static void
read__of_more_than_it_may_become__is_too_large(void **state)
{
	char got[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(coded); i++) {
		if (!coded[i].by->here)
			continue;
		assert_errno(read_all(coded[i].bytes, coded[i].len,
		    TEXT_LEN - 1, got, 99), EFBIG);
		assert_errno(read_all(coded[i].bytes, coded[i].len, 0, got,
		    1), EFBIG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(form__is_known_by_the_first_bytes),
		cmocka_unit_test(
		    read__of_a_form_without_a_decoder__is_not_supported),
		cmocka_unit_test(read__of_a_plain_file__is_the_file),
		cmocka_unit_test(read__of_what_is_coded__is_the_message),
		cmocka_unit_test(read__of_what_is_cut_or_changed__is_damaged),
		cmocka_unit_test(read__of_more_than_it_may_become__is_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
