/*
 * Run a fuzzer over files instead of under libFuzzer: those named, or the seeds
 * of the name that stands in ours ("replay_wire": tests/fuzz/corpus/wire).
 */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "replay_"

static void
replay(const char *path)
{
	uint8_t *bytes = NULL;
	size_t n, len = 0;
	FILE *f;

	CHECK((f = fopen(path, "rb")) != NULL);
	do {
		CHECK((bytes = realloc(bytes, len + 4096)) != NULL);
		n = fread(bytes + len, 1, 4096, f);
		len += n;
	} while (n > 0);
	(void)fclose(f);
	/* Just so many bytes, so that a sanitizer sees one step too far. */
	CHECK((bytes = realloc(bytes, len > 0 ? len : 1)) != NULL);
	(void)LLVMFuzzerTestOneInput(bytes, len);
	free(bytes);
}

static unsigned
replay_all(const char *seeds)
{
	struct dirent *entry;
	char path[PATH_MAX + NAME_MAX + 2];
	unsigned n = 0;
	DIR *d;

	if ((d = opendir(seeds)) == NULL) {
		perror(seeds);
		exit(99);
	}
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", seeds,
		    entry->d_name);
		replay(path);
		n++;
	}
	(void)closedir(d);
	return n;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	const char *name = strstr(argv[0], PREFIX);
	char seeds[PATH_MAX];
	unsigned n = 0;
	int i;

	for (i = 1; i < argc; i++, n++)
		replay(argv[i]);
	if (argc == 1) {
		CHECK(name != NULL);
		(void)snprintf(seeds, sizeof seeds, "%s/tests/fuzz/corpus/%s",
		    top != NULL ? top : ".", name + strlen(PREFIX));
		n = replay_all(seeds);
	}
	(void)printf("%u inputs\n", n);
	return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
