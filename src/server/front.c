#include "server/front.h"

#include "base/clock.h"
#include "base/fd.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"
#include "io/proxy.h"
#include "pop3/authorization.h"
#include "pop3/say.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* A conversation takes a few pages; a flood of anything takes no more. */
#define FRONT_MEMORY (16 * 1024 * 1024)

#define BOOL(member) FIELD_OF_BOOL(struct front, member)
#define U32(member) FIELD_OF_U32(struct front, member)
#define MS(member) FIELD_OF_U64(struct front, member)
#define TEXT(member) FIELD_OF_TEXT(struct front, member)
#define CHARS(member) FIELD_OF_CHARS(struct front, member)

static const struct field fields[] = {
	U32(monitor),
	BOOL(no_sandbox),
	TEXT(account),
	U32(uid),
	U32(gid),
	U32(error),
	TEXT(empty_dir),
	CHARS(peer.ip),
	BOOL(peer.known),
	BOOL(peer.local),
	BOOL(header),
	BOOL(only_header),
	MS(header_time),
	MS(deadline),
	CHARS(stamp),
	BOOL(secrets.password),
	BOOL(secrets.scram),
	BOOL(tls),
	BOOL(tls_offered),
	BOOL(tls_named),
	BOOL(greeted),
	BOOL(xclient_done),
	FIELD_OF_ENUM(struct front, language, LANGUAGES),
};

const struct fields front_fields = FIELDS(CHANNEL_FRONT, fields);

static int
lock_up(const struct front *f)
{
	if ((errno = (int)f->error) != 0 ||
	    privilege_empty_dir(f->empty_dir, true) == -1 ||
	    privilege_lock_up(f->empty_dir, f->uid, f->gid,
	    CHANNEL_FD + 1) == -1 || privilege_limit_memory(FRONT_MEMORY) == -1)
		return -1;
	return f->no_sandbox ? sandbox_bare(f->monitor) :
	    sandbox_front(f->monitor);
}

static int
talk(struct pop3 *p)
{
	if (authorization_run(p) != STEP_LOGIN)
		return 0;
	if (out_flush(p->out) == -1)
		return -1;
	return ask_hand_over(p->ask, (unsigned)p->language,
	    line_unread(&p->in));
}

static void
log_no_header(const char *ip, int64_t patience)
{
	switch (errno) {
	case EBADMSG:
		log_line(LOG_WARN, "proxy %s: what it sends is no PROXY header",
		    ip);
		break;
	case ETIMEDOUT:
		log_line(LOG_WARN, "proxy %s: no PROXY header in %" PRId64
		    " seconds", ip, patience / 1000);
		break;
	case EPIPE:
		log_line(LOG_WARN, "proxy %s: left inside its PROXY header",
		    ip);
		break;
	default:
		break;
	}
}

int
front_hear_proxy(struct front *f, struct ask *ask, int in)
{
	int64_t began = clock_ms(), deadline = began + f->header_time;
	struct proxy header;

	if (deadline > f->deadline)
		deadline = f->deadline;
	if (proxy_read(&header, in, deadline) == -1) {
		log_no_header(f->peer.ip, deadline - began);
		return -1;
	}
	if (ask_peer(ask, header.ip) == -1)
		return -1;
	return header.ip[0] == '\0' ? 0 :
	    peer_set(&f->peer, span_of(header.ip), "PROXY");
}

struct pop3 *
front_begin(const struct front *f, const struct pop3_conf *conf,
    struct ask *ask, int in, int out)
{
	struct pop3 *p = pop3_new(conf, &f->peer, ask, f->stamp, in, out);

	if (p == NULL)
		return NULL;
	p->login_deadline = f->deadline;
	p->tls = f->tls;
	p->tls_offered = f->tls_offered;
	p->tls_named = f->tls_named;
	p->xclient_done = f->xclient_done;
	p->greeted = f->greeted;
	p->secrets = f->secrets;
	p->language = f->language;
	return p;
}

static int
run(const struct pop3_conf *conf, struct front *f, struct ask *ask)
{
	struct pop3 *p;

	if ((p = front_begin(f, conf, ask, CHANNEL_CLIENT_IN,
	    CHANNEL_CLIENT_OUT)) == NULL)
		return -1;
	if (lock_up(f) == -1) {
		log_line(LOG_FAULT, "cannot lock up the front (user %s, "
		    "directory %s): %s", f->account, f->empty_dir,
		    strerror(errno));
		(void)say(p, REPLY_MISCONFIGURED);
		(void)out_flush(p->out);
		return -1;
	}
	if (f->header && (front_hear_proxy(f, ask, CHANNEL_CLIENT_IN) == -1 ||
	    f->only_header))
		return 0;
	return talk(p);
}

_Noreturn void
front_main(const struct pop3_conf *conf)
{
	struct ask ask = { .fd = CHANNEL_FD };
	static struct pop3_conf told;
	static struct front f;

	log_divert(ask_log, &ask);
	if ((conf == NULL && fields_receive(CHANNEL_FD, &pop3_conf_fields,
	    &told) == -1) ||
	    fields_receive(CHANNEL_FD, &front_fields, &f) == -1)
		_exit(1);
	_exit(run(conf != NULL ? conf : &told, &f, &ask) == -1);
}
