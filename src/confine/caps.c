#include "confine/caps.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

/*
 * What stays, and for whom.  A module that fails for want of a capability keeps
 * everybody from their mail, so in doubt it stays.
 */
static const unsigned char kept[] = {
	/* Our own: other identities, the front's directory, ending them. */
	CAP_SETUID, CAP_SETGID, CAP_SYS_CHROOT, CAP_KILL,
	/* Files of others: shadow, tallies, homes that are made at login. */
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
	CAP_FSETID,
	/* Records of logins. */
	CAP_AUDIT_WRITE, CAP_AUDIT_CONTROL,
	/* pam_limits, pam_cap. */
	CAP_SYS_RESOURCE, CAP_SYS_NICE, CAP_IPC_LOCK, CAP_SETPCAP,
	/* pam_namespace and what mounts or unlocks a home. */
	CAP_SYS_ADMIN,
	/* Modules that ask a server from a port below 1024. */
	CAP_NET_BIND_SERVICE
};

/*
 * Capabilities removed from the bounding set, so that helpers started by PAM
 * modules lack them, too.
 */
static const unsigned char worst[] = {
	CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_PTRACE,
	CAP_SYS_TIME
};

static uint32_t
kept_in(unsigned word)
{
	uint32_t mask = 0;
	size_t i;

	for (i = 0; i < sizeof kept; i++)
		if (kept[i] / 32 == word)
			mask |= UINT32_C(1) << kept[i] % 32;
	return mask;
}

/* Without CAP_SETPCAP, as in some containers, that set stays as it is. */
static int
drop_worst(void)
{
	size_t i;

	for (i = 0; i < sizeof worst; i++)
		if (prctl(PR_CAPBSET_DROP, (unsigned long)worst[i], 0, 0,
		    0) == -1 && errno != EPERM && errno != EINVAL)
			return -1;
	return 0;
}

int
caps_drop(void)
{
	struct __user_cap_header_struct who = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];
	unsigned i;

	if (drop_worst() == -1 || syscall(SYS_capget, &who, set) == -1)
		return -1;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		set[i].permitted &= kept_in(i);
		set[i].effective = set[i].permitted;
		set[i].inheritable &= kept_in(i);
	}
	/* EPERM: a container's filter forbids capset(2); dropping cannot fail. */
	return syscall(SYS_capset, &who, set) == 0 || errno == EPERM ? 0 : -1;
}
