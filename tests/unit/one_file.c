#include "one_file.h"

#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

char one_file[25] = "/tmp/solopop-test.XXXXXX";
int one_file_fd;

int
one_file_set_up(void **state)
{
	(void)state;
	memcpy(one_file + strlen(one_file) - 6, "XXXXXX", 6);
	return (one_file_fd = mkstemp(one_file)) == -1 ? -1 : 0;
}

int
one_file_tear_down(void **state)
{
	(void)state;
	(void)close(one_file_fd);
	return unlink(one_file);
}

void
one_file_fill(struct span text)
{
	assert_int_equal(ftruncate(one_file_fd, 0), 0);
	assert_int_equal(pwrite(one_file_fd, text.p, text.len, 0), text.len);
}
