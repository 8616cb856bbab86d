/*
 * A message file as bytes of mail, however it is stored.  Some servers compress
 * or encrypt what they deliver (Dovecot's mail_compress, zlib and mail_crypt); the
 * first bytes of such a file cannot begin a header, so they tell.  gzip and zstd
 * are decoded where configure found the libraries, in memory that does not grow
 * with the message.
 */
#ifndef IO_STORED_H
#define IO_STORED_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The index keeps a bit for each. */
enum stored_form {
	STORED_PLAIN,
	STORED_GZIP,
	STORED_ZSTD,
	STORED_BZIP2,
	STORED_XZ,
	STORED_LZ4,
	STORED_CRYPT,
	STORED_FORMS
};

/* The most bytes that a file becomes if its name tells no size. */
#define STORED_MAX ((uint64_t)256 * 1024 * 1024)

struct stored {
	int fd;			/* at its beginning; owned */
	int form;		/* enum stored_form; -1: not looked at yet */
	uint64_t most;		/* bytes that it may become */
	uint64_t done;		/* ... and has become */
	struct stored_decoder *decoder;
};

/* What the first n bytes of a file tell. */
enum stored_form stored_form(const unsigned char *bytes, size_t n);

/* A bit for each form that this program decodes. */
unsigned stored_decodes(void);

/* "compressed by xz", for one; "a message" for STORED_PLAIN. */
const char *stored_words(enum stored_form form);

/* Begin with the file fd, which becomes the object's; decoded it has up to most. */
void stored_open(struct stored *s, int fd, uint64_t most);
void stored_close(struct stored *s);

/* Look at the first bytes.  -1 with ENOTSUP if they cannot be decoded. */
int stored_look(struct stored *s);

/*
 * The next bytes of the message: at least one of room, 0 at its end.  -1 with
 * ENOTSUP when the form cannot be decoded, EBADMSG when the file is damaged or
 * cut short, EFBIG when it becomes more than it may, or what reading said.
 */
ssize_t stored_read(struct stored *s, void *dst, size_t room);

/* Did stored_read() fail because of the form, so that it will fail again? */
bool stored_is_hopeless(int error);

#endif
