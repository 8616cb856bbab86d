# Whole sessions: the transcripts are listed here, and play.py insists on it.

SESSION_TESTS = tests/session/play.py

if HAVE_PYTHON
TESTS += $(SESSION_TESTS)
endif

EXTRA_DIST += $(SESSION_TESTS) \
	tests/session/README.md \
	tests/session/harness.py tests/session/transcript.py \
	tests/session/arguments-counted-before-login.pop3 \
	tests/session/arguments-counted.pop3 \
	tests/session/bad-commands-after-login.pop3 \
	tests/session/behind-quit.pop3 \
	tests/session/capa-in-both-states.pop3 \
	tests/session/case-of-verbs.pop3 \
	tests/session/dele-bad-numbers.pop3 \
	tests/session/deleted-is-refused.pop3 \
	tests/session/empty-maildrop.pop3 \
	tests/session/last-after-retr.pop3 \
	tests/session/last-is-highest-read.pop3 \
	tests/session/leading-zeros.pop3 \
	tests/session/lf-lines.pop3 \
	tests/session/line-of-100k.pop3 \
	tests/session/line-of-255.pop3 \
	tests/session/line-too-long-before-login.pop3 \
	tests/session/list-bad-numbers.pop3 \
	tests/session/list-one.pop3 \
	tests/session/login-only-once.pop3 \
	tests/session/mail-needs-login-2.pop3 \
	tests/session/mail-needs-login.pop3 \
	tests/session/max-bad-commands.pop3 \
	tests/session/no-maildir.pop3 \
	tests/session/noop.pop3 \
	tests/session/nul-before-login.pop3 \
	tests/session/nul-in-line.pop3 \
	tests/session/numbers-do-not-move.pop3 \
	tests/session/one-message.pop3 \
	tests/session/pass-needs-user.pop3 \
	tests/session/pass-of-blanks.pop3 \
	tests/session/pass-with-blanks.pop3 \
	tests/session/pass-with-many-words.pop3 \
	tests/session/quit-after-user.pop3 \
	tests/session/quit-before-login.pop3 \
	tests/session/quit-moves-read.pop3 \
	tests/session/quit-removes-read-and-deleted.pop3 \
	tests/session/quit-with-arguments.pop3 \
	tests/session/retr-bad-numbers.pop3 \
	tests/session/rset-forgets-reading.pop3 \
	tests/session/rset-undeletes.pop3 \
	tests/session/sample-session.pop3 \
	tests/session/stat-counts-all.pop3 \
	tests/session/stat-leaves-out-deleted.pop3 \
	tests/session/ten-bad-commands.pop3 \
	tests/session/top-bad-numbers.pop3 \
	tests/session/trailing-blanks.pop3 \
	tests/session/uidl-bad-numbers.pop3 \
	tests/session/unknown-bytes.pop3 \
	tests/session/unknown-command.pop3 \
	tests/session/unknown-long.pop3 \
	tests/session/user-then-capa.pop3 \
	tests/session/user-twice.pop3
