#include "server/refuse.h"

#include "base/clock.h"
#include "io/wait.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

void
refuse_client(int fd, const struct pop3_conf *conf, enum language language,
    enum reply reply)
{
	const struct voice voice = { conf->dialect, language };
	const struct reply_values v = { .user = "", .host = "", .stamp = "",
	    .version = "" };
	char text[REPLY_MAX + 2];
	size_t len;

	reply_format(text, reply, voice, &v, false);
	len = strlen(text);
	memcpy(text + len, "\r\n", 2);
	if (wait_for(fd, POLLOUT, clock_ms(), NULL) == 0)
		(void)!write(fd, text, len + 2);
}
