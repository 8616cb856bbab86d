/*
 * Only in a build with --enable-coverage.  The counters of gcov, which counts.ld
 * has gathered on pages of their own, are a file's that all processes of a
 * program share: what any of them does is counted at once, whoever it has
 * become, wherever it is confined, and however it ends.
 *
 * With SOLOPOP_COVERAGE_DUMP set a program does nothing but turn that file into
 * what gcov reads.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char coverage_counts[], coverage_counts_end[];

void __gcov_dump(void);
void __wrap___gcov_exit(void);

/* gcov's own end of a program: all is counted already. */
void
__wrap___gcov_exit(void)
{
}

/* Programs are called by many names; their code is what they are. */
static int
hash_code(struct dl_phdr_info *program, size_t size, void *hash)
{
	uint64_t sum = 0xcbf29ce484222325;
	uint64_t word;

	(void)size;
	for (unsigned i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &program->dlpi_phdr[i];
		const char *code = (const char *)program->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		for (size_t n = 0; n + sizeof word <= p->p_memsz;
		    n += sizeof word) {
			memcpy(&word, code + n, sizeof word);
			sum = (sum ^ word) * 0x100000001b3;
			sum ^= sum >> 29;
		}
	}
	*(uint64_t *)hash = sum;
	return 1;	/* the program itself comes first, its libraries later */
}

static int
open_counts(off_t size)
{
	char path[4096];
	uint64_t hash = 0;
	int fd;

	dl_iterate_phdr(hash_code, &hash);
	snprintf(path, sizeof path, "%s/%016" PRIx64, COVERAGE_COUNTS, hash);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666)) == -1)
		return -1;
	fchmod(fd, 0666);	/* the umask is anyone's */
	if (ftruncate(fd, size) == 0)
		return fd;
	close(fd);
	return -1;
}

static void share(void) __attribute__((constructor(101)));

static void
share(void)
{
	size_t size = (size_t)(coverage_counts_end - coverage_counts);
	int kept = errno;
	int fd;

	if ((fd = open_counts((off_t)size)) != -1) {
		mmap(coverage_counts, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, 0);
		close(fd);
	}
	errno = kept;
	if (getenv("SOLOPOP_COVERAGE_DUMP") != NULL) {
		__gcov_dump();
		_exit(fd == -1);
	}
}
