#include "maildir/storage.h"

#include <sys/vfs.h>

#include <stddef.h>
#include <stdint.h>

/* By statfs(2): the last ones are named for the administrator alone. */
static const struct {
	uint32_t magic;
	bool keeps_times;
	const char *name;
} kinds[] = {
	{ 0xef53, true, "ext4" },
	{ 0x58465342, true, "xfs" },
	{ 0x9123683e, true, "btrfs" },
	{ 0xf2f52010, true, "f2fs" },
	{ 0x01021994, true, "tmpfs" },
	{ 0x2fc12fc1, true, "zfs" },
	{ 0x65735546, false, "FUSE" },
	{ 0x6969, false, "NFS" },
	{ 0xff534d42, false, "SMB" },
	{ 0xfe534d42, false, "SMB" },
	{ 0x00c36400, false, "CephFS" },
	{ 0x01021997, false, "9p" },
	{ 0x794c7630, false, "overlay" },
	{ 0x4d44, false, "FAT" },
	{ 0x2011bab0, false, "exFAT" },
	{ 0x7366746e, false, "NTFS" },
};

bool
storage_keeps_times(int fd, const char **name)
{
	struct statfs fs;
	size_t i;

	*name = "unknown";
	if (fstatfs(fd, &fs) == -1)
		return false;
	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if ((uint32_t)fs.f_type == kinds[i].magic) {
			*name = kinds[i].name;
			return kinds[i].keeps_times;
		}
	return false;
}
