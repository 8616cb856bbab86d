#include "session/start.h"

#include <errno.h>

#define BOOL(member) FIELD_OF_BOOL(struct start, member)
#define U32(member) FIELD_OF_U32(struct start, member)
#define CHARS(member) FIELD_OF_CHARS(struct start, member)

static const struct field fields[] = {
	U32(monitor),
	U32(uid),
	U32(gid),
	BOOL(no_sandbox),
	U32(memory),
	CHARS(user),
	CHARS(maildir),
	CHARS(path),
	CHARS(place.marker),
	CHARS(place.above),
	BOOL(place.owned),
	U32(place.owner),
	BOOL(looks),
	CHARS(waiting.spool),
	CHARS(waiting.temp_drop),
	CHARS(waiting.named[0]),
	CHARS(waiting.named[1]),
	BOOL(must_be_drained),
	CHARS(peer.ip),
	BOOL(peer.known),
	BOOL(peer.local),
	BOOL(tls),
	BOOL(tls_offered),
	BOOL(tls_named),
	BOOL(secrets.password),
	BOOL(secrets.scram),
};

const struct fields start_fields = FIELDS(CHANNEL_SESSION, fields);

int
start_send(int channel, const struct pop3_conf *conf,
    const struct start *start, const struct monmsg *unread)
{
	if (fields_send(channel, &pop3_conf_fields, conf) == -1 ||
	    fields_send(channel, &start_fields, start) == -1)
		return -1;
	return channel_send(channel, unread);
}

int
start_receive(int channel, struct pop3_conf *conf, struct start *start,
    struct monmsg *unread)
{
	int r;

	if (fields_receive(channel, &pop3_conf_fields, conf) == -1 ||
	    fields_receive(channel, &start_fields, start) == -1)
		return -1;
	do
		r = channel_receive(channel, unread);
	while (r == -1 && errno == EINTR);
	return r;
}
