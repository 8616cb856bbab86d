/*
 * An mbox of any bytes: messages lie within the file, one behind the other, and
 * what is told of them is lawful.
 */
#include "import/mbox.h"

#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
check_mail(const struct mbox_mail *mail, off_t before, off_t size)
{
	CHECK(mail->start > before || (before == 0 && mail->start >= 0));
	CHECK(mail->end >= mail->start && mail->end <= size);
	CHECK(mail->x_uidl[0] == '\0' || name_is_uidl(span_of(mail->x_uidl)));
	CHECK(strlen(mail->old_uid) == DIGEST_MD5_HEX);
	CHECK(name_is_uidl(span_of(mail->new_uid)));
	CHECK(strlen(mail->flags) < MBOX_FLAGS);
	CHECK(mail->old || mail->flags[0] == '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mbox m;
	struct mbox_mail mail;
	off_t before = 0;
	char path[256];
	int fd, r;

	fuzz_write(fuzz_path(path, "mbox"), data, size);
	CHECK((fd = open(path, O_RDONLY)) != -1);
	mbox_begin(&m, fd, 0, (off_t)size);
	while ((r = mbox_next(&m, &mail)) == 1) {
		check_mail(&mail, before, (off_t)size);
		CHECK(m.at > before || m.at == (off_t)size);
		before = m.at;
	}
	CHECK(r == -1 || m.at == (off_t)size);
	(void)close(fd);
	return 0;
}
