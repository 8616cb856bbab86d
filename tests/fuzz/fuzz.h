/*
 * What every fuzzer here begins with.  libFuzzer calls the one function that
 * each defines, and so does replay.c with the bytes of files.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/log.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is; ends the program when it does not. */
#define CHECK(truth) \
	((truth) ? (void)0 : fuzz_failed(#truth, __FILE__, __LINE__))
_Noreturn void fuzz_failed(const char *truth, const char *file, int line);

/* A directory of our own, removed with the files in it at exit(3). */
const char *fuzz_dir(void);

/* A path in it; returns path. */
const char *fuzz_path(char path[256], const char *name);

/* Make this the content of the file, mode 0600. */
void fuzz_write(const char *path, const void *bytes, size_t len);

/* For log_divert(): what a conversation says in the log. */
void fuzz_take_line(void *ctx, enum log_level level, const char *line);

#endif
