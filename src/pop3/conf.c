#include "pop3/pop3.h"

#include "maildir/index.h"

#define BOOL(member) FIELD_OF_BOOL(struct pop3_conf, member)
#define U32(member) FIELD_OF_U32(struct pop3_conf, member)
#define MS(member) FIELD_OF_U64(struct pop3_conf, member)
#define ENUM(member, count) FIELD_OF_ENUM(struct pop3_conf, member, count)
#define TEXT(member) FIELD_OF_TEXT(struct pop3_conf, member)

static const struct field fields[] = {
	MS(fixture.slow),
	MS(fixture.cut_after),
	TEXT(fixture.refuse),
	ENUM(dialect, DIALECTS),
	ENUM(language, LANGUAGES),
	BOOL(shy),
	BOOL(show_version),
	BOOL(announce_utf8),
	ENUM(clear, CLEAR_TLS + 1),
	TEXT(plaintext_from),
	TEXT(mechanisms),
	TEXT(xclient_from),
	BOOL(only_local),
	BOOL(update_on_abort),
	BOOL(downcase_user),
	BOOL(trim_domain),
	BOOL(trim_no_mime),
	MS(idle_time),
	MS(login_time),
	MS(yield_time),
	U32(max_bad),
	TEXT(host),
	MS(pace.delay),
	U32(pace.burst),
	BOOL(drop.lock),
	MS(drop.lock_wait),
	ENUM(drop.index, INDEX_SIZES + 1),
	MS(drop.clock_skew),
	BOOL(drop.read_only),
	BOOL(drop.flat),
	TEXT(drop.adopt),
};

const struct fields pop3_conf_fields = FIELDS(CHANNEL_CONF, fields);
