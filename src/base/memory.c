#include "base/memory.h"

#include "compat/compat.h"

#include <sys/mman.h>

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

/* Nothing else is mapped so near below a stack, and no deeper do we go. */
#define STACK_BELOW (512 * 1024)

static uintptr_t
page_of(uintptr_t address)
{
	return address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
}

static void
give_back_stack(void)
{
	uintptr_t end = page_of((uintptr_t)__builtin_frame_address(0)) -
	    page_of(STACK_BELOW / 128);

	(void)madvise((void *)(end - STACK_BELOW), STACK_BELOW,
	    MADV_DONTNEED);
}

/* Code that was written to when it was loaded could not be read again. */
static bool
is_pristine(const struct dl_phdr_info *object)
{
	const ElfW(Dyn) *d = NULL;
	size_t i;

	for (i = 0; i < object->dlpi_phnum; i++)
		if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
			d = (const void *)(object->dlpi_addr +
			    object->dlpi_phdr[i].p_vaddr);
	for (; d != NULL && d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_TEXTREL ||
		    (d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_TEXTREL) != 0))
			return false;
	return d != NULL;
}

/* It stays in the file, from where the next use of it has it again. */
static int
give_back_code(struct dl_phdr_info *object, size_t size, void *ctx)
{
	const ElfW(Phdr) *part = object->dlpi_phdr;
	const ElfW(Phdr) *end = part + object->dlpi_phnum;
	uintptr_t from;

	(void)size;
	(void)ctx;
	if (!is_pristine(object))
		return 0;
	for (; part < end; part++) {
		if (part->p_type != PT_LOAD || (part->p_flags & PF_W) != 0)
			continue;
		from = page_of(object->dlpi_addr + part->p_vaddr);
		(void)madvise((void *)from, object->dlpi_addr +
		    part->p_vaddr + part->p_filesz - from, MADV_DONTNEED);
	}
	return 0;
}

void
memory_give_back(void)
{
	(void)malloc_trim(0);
	(void)dl_iterate_phdr(give_back_code, NULL);
	give_back_stack();
}
