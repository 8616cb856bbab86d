/*
 * A SCRAM client's messages: those of RFC 7677, and what is none.
 */
#include "pop3/scrammsg.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define SERVER "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define FIRST "n,,n=user,r=" NONCE
#define LAST "c=biws,r=" NONCE SERVER

static struct scrammsg_first
first_of(struct span message)
{
	struct scrammsg_first f;

	assert_int_equal(scrammsg_first(&f, message), 0);
	return f;
}

static void
messages__of_rfc_7677__are_taken_apart(void **state)
{
	struct scrammsg_first f = first_of(SPAN(FIRST));
	struct scrammsg_last l;

	(void)state;
	assert_span(f.header, "n,,");
	assert_span(f.bare, "n=user,r=" NONCE);
	assert_span(f.nonce, NONCE);
	assert_int_equal(f.name_len, 4);
	assert_memory_equal(f.name, "user", 4);
	assert_false(f.for_another);
	assert_int_equal(scrammsg_last(&l, &f, SERVER,
	    SPAN(LAST ",p=" PROOF)), 0);
	assert_span(l.bare, LAST);
	assert_memory_equal(l.proof, "\x74\x7c\xdb\x65\xaa\x56", 6);
}

static const struct {
	struct span message, header, name, nonce;
	bool for_another;
} firsts[] = {
	{ BYTES("y,,n=u,r=x"), BYTES("y,,"), BYTES("u"), BYTES("x"), false },
	{ BYTES("n,a=u,n=u,r=x"), BYTES("n,a=u,"), BYTES("u"), BYTES("x"),
	    false },
	{ BYTES("n,a=,n=u,r=x"), BYTES("n,a=,"), BYTES("u"), BYTES("x"),
	    false },
	{ BYTES("n,a=v,n=u,r=x"), BYTES("n,a=v,"), BYTES("u"), BYTES("x"),
	    true },
	{ BYTES("n,a=uu,n=u,r=x"), BYTES("n,a=uu,"), BYTES("u"), BYTES("x"),
	    true },
	{ BYTES("n,a=u=2Cv,n=u=2Cv,r=x"), BYTES("n,a=u=2Cv,"), BYTES("u,v"),
	    BYTES("x"), false },
	{ BYTES("n,,n==3D=2C=3D2C,r=x"), BYTES("n,,"), BYTES("=,=2C"),
	    BYTES("x"), false },
	{ BYTES("n,,n=,r=x"), BYTES("n,,"), BYTES(""), BYTES("x"), false },
	{ BYTES("n,,n=j\xc3\xbcrgen doe,r=!~=-"), BYTES("n,,"),
	    BYTES("j\xc3\xbcrgen doe"), BYTES("!~=-"), false },
	{ BYTES("n,,n=u,r=x,z=y,Z=\t,f=a=b"), BYTES("n,,"), BYTES("u"),
	    BYTES("x"), false },
};

static void
assert_same(struct span a, struct span b)
{
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.p, b.p, a.len);
}

static void
first__of_each_form(void **state)
{
	struct scrammsg_first f;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(firsts); i++) {
		f = first_of(firsts[i].message);
		assert_same(f.header, firsts[i].header);
		assert_same((struct span){ f.name, f.name_len },
		    firsts[i].name);
		assert_same(f.nonce, firsts[i].nonce);
		assert_int_equal(f.header.len + f.bare.len,
		    firsts[i].message.len);
		assert_int_equal(f.for_another, firsts[i].for_another);
	}
}

static const struct {
	struct span message;
	int error;
} bad_firsts[] = {
	{ BYTES(""), EINVAL },
	{ BYTES("n"), EINVAL },
	{ BYTES("n,"), EINVAL },
	{ BYTES("n,,"), EINVAL },
	{ BYTES("n,,n=u"), EINVAL },
	{ BYTES("n,,n=u,"), EINVAL },
	{ BYTES("n,,n=u,r="), EINVAL },
	{ BYTES("n,,n=u,r=x,"), EINVAL },
	{ BYTES("n,,n=u,r=x,,"), EINVAL },
	{ BYTES("n,,n=u,r=x,z"), EINVAL },
	{ BYTES("n,,n=u,r=x,z="), EINVAL },
	{ BYTES("n,,n=u,r=x,zz=y"), EINVAL },
	{ BYTES("n,,n=u,r=x,1=y"), EINVAL },
	{ BYTES("n,,n=u,r=x,[=y"), EINVAL },
	{ BYTES("n,,n=u,r=x,=y"), EINVAL },
	{ BYTES("n,,n=u,r=x,z=y,z=y"), EINVAL },	/* twice */
	{ BYTES("n,,n=u,r=x,r=x"), EINVAL },
	{ BYTES("n,,n=u,r=x,n=u"), EINVAL },
	{ BYTES("n,,n=u,n=u,r=x"), EINVAL },
	{ BYTES("n,,n=u,r=x,a=u"), EINVAL },		/* out of place */
	{ BYTES("n,,n=u,r=x,p=u"), EINVAL },
	{ BYTES("n,,n=u,r=x,c=biws"), EINVAL },
	{ BYTES("n,,n=u,r=x,s=x"), EINVAL },
	{ BYTES("n,,n=u,r=x,i=1"), EINVAL },
	{ BYTES("n,,n=u,r=x,v=1"), EINVAL },
	{ BYTES("n,,n=u,r=x,e=1"), EINVAL },
	{ BYTES("n,,r=x,n=u"), EINVAL },
	{ BYTES("n,,z=y,n=u,r=x"), EINVAL },
	{ BYTES("n,,m=y,n=u,r=x"), EINVAL },		/* not understood */
	{ BYTES("n,,n=u,r=x,m=y"), EINVAL },
	{ BYTES("p=tls-exporter,,n=u,r=x"), EINVAL },
	{ BYTES("p,,n=u,r=x"), EINVAL },
	{ BYTES("N,,n=u,r=x"), EINVAL },
	{ BYTES("x,,n=u,r=x"), EINVAL },
	{ BYTES(",,n=u,r=x"), EINVAL },
	{ BYTES("n,n=u,r=x"), EINVAL },
	{ BYTES("n,u,n=u,r=x"), EINVAL },
	{ BYTES("n,A=u,n=u,r=x"), EINVAL },
	{ BYTES("n,a=u,,n=u,r=x"), EINVAL },
	{ BYTES("n,,N=u,r=x"), EINVAL },
	{ BYTES("n,,n:u,r=x"), EINVAL },
	{ BYTES(" n,,n=u,r=x"), EINVAL },
	{ BYTES("n,,n=u,r=x y"), EINVAL },
	{ BYTES("n,,n=u,r=x\n"), EINVAL },
	{ BYTES("n,,n=u,r=\xc3\xbc"), EINVAL },
	{ BYTES("n,,n=u,r=\x7f"), EINVAL },
	{ BYTES("n,,n=u=,r=x"), EINVAL },		/* no such escape */
	{ BYTES("n,,n=u=2,r=x"), EINVAL },
	{ BYTES("n,,n=u=2c,r=x"), EINVAL },
	{ BYTES("n,,n=u=3d,r=x"), EINVAL },
	{ BYTES("n,,n=u=20,r=x"), EINVAL },
	{ BYTES("n,,n=u=00,r=x"), EINVAL },
	{ BYTES("n,a=u=41,n=u,r=x"), EINVAL },
	{ BYTES("n,,n=u\0v,r=x"), EINVAL },
	{ BYTES("n,,n=u,r=x\0"), EINVAL },
	{ BYTES("n,,n=u,r=x,z=\0"), EINVAL },
	{ BYTES("n,,n=\xfc,r=x"), EILSEQ },
	{ BYTES("n,,n=\xed\xa0\x80,r=x"), EILSEQ },
	{ BYTES("n,,n=u,r=x,z=\xc3"), EILSEQ },
};

static void
first__of_any_other_form__is_refused(void **state)
{
	struct scrammsg_first f = { .name_len = 77 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad_firsts); i++)
		assert_errno(scrammsg_first(&f, bad_firsts[i].message),
		    bad_firsts[i].error);
	assert_int_equal(f.name_len, 77);
}

/* Each length that is just taken, and one more. */
static void
first__too_long_in_any_part__is_refused(void **state)
{
	static const struct {
		const char *before, *after;
		size_t most;
	} parts[] = {
		{ "n,,n=", ",r=x", SCRAMMSG_NAME_MAX },
		{ "n,a=", ",n=u,r=x", SCRAMMSG_NAME_MAX },
		{ "n,,n=u,r=", "", SCRAM_NONCE_MAX },
		{ "n,,n=u,r=x,z=", "", SCRAM_FIRST_MAX - 13 },
	};
	char text[SCRAM_FIRST_MAX + 16], filler[SCRAM_FIRST_MAX + 1];
	struct scrammsg_first f;
	size_t i;
	int n;

	(void)state;
	memset(filler, 'q', sizeof filler);
	for (i = 0; i < COUNT(parts); i++) {
		n = snprintf(text, sizeof text, "%s%.*s%s", parts[i].before,
		    (int)parts[i].most, filler, parts[i].after);
		assert_int_equal(scrammsg_first(&f,
		    (struct span){ text, (size_t)n }), 0);
		n = snprintf(text, sizeof text, "%s%.*s%s", parts[i].before,
		    (int)parts[i].most + 1, filler, parts[i].after);
		assert_errno(scrammsg_first(&f,
		    (struct span){ text, (size_t)n }), EMSGSIZE);
	}
}

static const struct span bad_lasts[] = {
	BYTES(""),
	BYTES("c=biws"),
	BYTES("c=biws,"),
	BYTES(LAST),
	BYTES(LAST ","),
	BYTES(LAST ",p="),
	BYTES(LAST "p=" PROOF),
	BYTES(LAST ",,p=" PROOF),
	BYTES(LAST ",p=" PROOF ","),
	BYTES(LAST ",p=" PROOF ",z=y"),
	BYTES(LAST ",p=" PROOF ",p=" PROOF),
	BYTES(LAST ",p=" PROOF "="),
	BYTES(LAST ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVR="),
	BYTES(LAST ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndV=="),
	BYTES(LAST ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ"),
	BYTES(LAST ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQA"),
	BYTES(LAST ",p=dHzbZapWIk4jUhN-Ute9ytag9zjfMHgsqmmiz7AndVQ="),
	BYTES(LAST ",p=AAAA"),
	BYTES(LAST ",pz=y,p=" PROOF),
	BYTES(LAST ",m=y,p=" PROOF),
	BYTES(LAST ",z=y,z=y,p=" PROOF),
	BYTES(LAST ",c=biws,p=" PROOF),
	BYTES(LAST ",r=x,p=" PROOF),
	BYTES(LAST ",z,p=" PROOF),
	BYTES(LAST ",z=,p=" PROOF),
	BYTES(LAST "\0,p=" PROOF),
	BYTES(LAST ",z=\0,p=" PROOF),
	BYTES("c=biws,c=biws,r=" NONCE SERVER ",p=" PROOF),
	BYTES("r=" NONCE SERVER ",c=biws,p=" PROOF),
	BYTES("z=y,c=biws,r=" NONCE SERVER ",p=" PROOF),
	BYTES("c=biws,r=" NONCE ",p=" PROOF),		/* other nonces */
	BYTES("c=biws,r=" SERVER ",p=" PROOF),
	BYTES("c=biws,r=" SERVER NONCE ",p=" PROOF),
	BYTES("c=biws,r=,p=" PROOF),
	BYTES("c=biws,r=" NONCE SERVER "x,p=" PROOF),
	BYTES("c=biws,r=x" NONCE SERVER ",p=" PROOF),
	BYTES("c=biws,r=" NONCE "x" SERVER ",p=" PROOF),
	BYTES("c=eSws,r=" NONCE SERVER ",p=" PROOF),	/* other headers */
	BYTES("c=,r=" NONCE SERVER ",p=" PROOF),
	BYTES("c=n,,,r=" NONCE SERVER ",p=" PROOF),
	BYTES("c=biw=,r=" NONCE SERVER ",p=" PROOF),
	BYTES("c=biwsAA==,r=" NONCE SERVER ",p=" PROOF),
	BYTES("c=bixhPXUs,r=" NONCE SERVER ",p=" PROOF),
	BYTES("c=cD10bHMtZXhwb3J0ZXIsLA==,r=" NONCE SERVER ",p=" PROOF),
};

static void
last__of_any_other_form__is_refused(void **state)
{
	struct scrammsg_first f = first_of(SPAN(FIRST));
	struct scrammsg_last l = { .bare = { NULL, 77 } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad_lasts); i++)
		assert_errno(scrammsg_last(&l, &f, SERVER, bad_lasts[i]),
		    EINVAL);
	assert_errno(scrammsg_last(&l, &f, SERVER,
	    SPAN(LAST ",z=\xfc,p=" PROOF)), EILSEQ);
	assert_int_equal(l.bare.len, 77);
}

/* Whatever is cut off or changed in one place, it does not pass. */
static void
messages__cut_or_changed_anywhere__never_pass_as_they_were(void **state)
{
	static const char whole[] = LAST ",z=y,p=" PROOF;
	struct scrammsg_first f = first_of(SPAN(FIRST));
	struct scrammsg_last l, was;
	char text[sizeof whole];
	size_t i;

	(void)state;
	assert_int_equal(scrammsg_last(&was, &f, SERVER, SPAN(whole)), 0);
	assert_span(was.bare, LAST ",z=y");
	for (i = 0; i < sizeof whole - 1; i++) {
		assert_int_equal(scrammsg_last(&l, &f, SERVER,
		    (struct span){ whole, i }), -1);
		memcpy(text, whole, sizeof whole);
		text[i] ^= 1;
		if (scrammsg_last(&l, &f, SERVER, SPAN(text)) == 0)
			assert_true(memcmp(l.proof, was.proof, SCRAM_PROOF) ||
			    memcmp(l.bare.p, was.bare.p, was.bare.len));
	}
}

/* The header comes back just as it was, whatever is in it. */
static void
last__takes_the_header_of_the_first_message(void **state)
{
	struct scrammsg_first y = first_of(SPAN("y,,n=u,r=x"));
	struct scrammsg_first a = first_of(SPAN("n,a=u,n=u,r=x"));
	struct scrammsg_last l;

	(void)state;
	assert_int_equal(scrammsg_last(&l, &y, "s",
	    SPAN("c=eSws,r=xs,p=" PROOF)), 0);
	assert_int_equal(scrammsg_last(&l, &a, "s",
	    SPAN("c=bixhPXUs,r=xs,p=" PROOF)), 0);
	assert_errno(scrammsg_last(&l, &a, "s",
	    SPAN("c=biws,r=xs,p=" PROOF)), EINVAL);
	assert_errno(scrammsg_last(&l, &y, "s",
	    SPAN("c=biws,r=xs,p=" PROOF)), EINVAL);
}

static void
last__too_long__is_refused(void **state)
{
	struct scrammsg_first f = first_of(SPAN("n,,n=u,r=x"));
	char text[SCRAM_LAST_MAX + 1];
	struct scrammsg_last l;
	const char *tail = ",p=" PROOF;
	size_t i, head;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(text, 'q', sizeof text);
		memcpy(text, "c=biws,r=xs,z=", 14);
		head = SCRAM_LAST_MAX + i - strlen(tail);
		memcpy(text + head, tail, strlen(tail));
		errno = 0;
		assert_int_equal(scrammsg_last(&l, &f, "s",
		    (struct span){ text, SCRAM_LAST_MAX + i }),
		    i == 0 ? 0 : -1);
		assert_int_equal(errno, i == 0 ? 0 : EMSGSIZE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages__of_rfc_7677__are_taken_apart),
		cmocka_unit_test(first__of_each_form),
		cmocka_unit_test(first__of_any_other_form__is_refused),
		cmocka_unit_test(first__too_long_in_any_part__is_refused),
		cmocka_unit_test(last__of_any_other_form__is_refused),
		cmocka_unit_test(
		    messages__cut_or_changed_anywhere__never_pass_as_they_were),
		cmocka_unit_test(last__takes_the_header_of_the_first_message),
		cmocka_unit_test(last__too_long__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
