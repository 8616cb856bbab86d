/*
 * What became of qpopper's options, where it is not an option of ours under the
 * same name.
 *
 *	ROW(NAME, FATE, IS_BOOL, NOW, VALUES, WHY)
 *
 * as in struct qpopper_option.  Include it with ROW defined.
 */
#define NO_COPYING \
    "a Maildir is never copied, so there is nothing to tune"
#define NO_KERBEROS \
    "Kerberos is PAM's business now"
#define NO_RELAY \
    "this server relays and mangles nothing"
#define NO_DEBUG \
    "there is no trace; see log-facility"
#define BY_OPENSSL \
    "TLS 1.2 and 1.3 with OpenSSL's own choices"

ROW("announce-expire", QPOPPER_NO_EFFECT, false, NULL, NULL,
    "messages do not expire, so EXPIRE NEVER is announced")
ROW("announce-login-delay", QPOPPER_NO_EFFECT, false, NULL, NULL,
    "a delay is announced when it is kept: see login-delay")
ROW("auto-delete", QPOPPER_REFUSED, true, NULL, NULL,
    "what was read is not yet safe with the client")
ROW("bulldb-max-tries", QPOPPER_NO_EFFECT, false, NULL, NULL,
    "bulletins need no database")
ROW("bulldb-nonfatal", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "bulletins need no database")
ROW("cache-dir", QPOPPER_NO_EFFECT, false, NULL, NULL,
    "the index lives in the Maildir")
ROW("cache-name", QPOPPER_NO_EFFECT, false, NULL, NULL,
    "the index lives in the Maildir")
ROW("check-hash-dir", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "nothing is created beside the spool")
ROW("check-old-spool-loc", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "a temporary drop is always looked for")
ROW("check-password-expired", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "PAM's account modules decide")
ROW("chunky-writes", QPOPPER_NO_EFFECT, false, NULL, NULL,
    "writes are large anyway")
ROW("debug", QPOPPER_NO_EFFECT, true, NULL, NULL, NO_DEBUG)
ROW("drac-host", QPOPPER_NO_EFFECT, false, NULL, NULL, NO_RELAY)
ROW("fast-update", QPOPPER_NO_EFFECT, true, NULL, NULL, NO_COPYING)
ROW("group-no-server-mode", QPOPPER_NO_EFFECT, false, NULL, NULL,
    NO_COPYING)
ROW("group-server-mode", QPOPPER_NO_EFFECT, false, NULL, NULL,
    NO_COPYING)
ROW("keep-temp-drop", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "there is no temporary drop")
ROW("kerberos", QPOPPER_NO_EFFECT, true, NULL, NULL, NO_KERBEROS)
ROW("kerberos-service", QPOPPER_NO_EFFECT, false, NULL, NULL,
    NO_KERBEROS)
ROW("mail-command", QPOPPER_NO_EFFECT, false, NULL, NULL, NO_RELAY)
ROW("mail-lock-check", QPOPPER_NO_EFFECT, false, NULL, NULL,
    NO_COPYING)
ROW("no-atomic-open", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "locks are always taken in the way that NFS needs")
ROW("reverse-lookup", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "names of clients are never looked up")
ROW("server-mode", QPOPPER_NO_EFFECT, true, NULL, NULL, NO_COPYING)
ROW("spool-options", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "there are no settings for one user")
ROW("timing", QPOPPER_NO_EFFECT, true, NULL, NULL, NO_DEBUG)
ROW("tls-cipher-list", QPOPPER_NO_EFFECT, false, NULL, NULL,
    BY_OPENSSL)
ROW("tls-identity-file", QPOPPER_RENAMED, false, "tls-cert tls-key", NULL,
    "one file may hold both")
ROW("tls-options", QPOPPER_NO_EFFECT, false, NULL, NULL, BY_OPENSSL)
ROW("tls-passphrase", QPOPPER_REFUSED, false, NULL, NULL,
    "a key whose passphrase stands beside it: store it without one")
ROW("tls-private-key-file", QPOPPER_RENAMED, false, "tls-key", NULL,
    NULL)
ROW("tls-server-cert-file", QPOPPER_RENAMED, false, "tls-cert", NULL,
    NULL)
ROW("tls-support", QPOPPER_RENAMED, false, "tls",
    "default=false none=false stls=false alternate-port=true "
    "0=false 1=false 2=true",
    "STLS is there whenever a certificate is")
ROW("tls-version", QPOPPER_NO_EFFECT, false, NULL, NULL, BY_OPENSSL)
ROW("tls-workarounds", QPOPPER_NO_EFFECT, true, NULL, NULL,
    BY_OPENSSL)
ROW("tracefile", QPOPPER_REFUSED, false, NULL, NULL,
    "a trace written with privileges can be aimed at any file")
ROW("update-status-headers", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "messages are never rewritten; flags stand in their names")
ROW("user-options", QPOPPER_REFUSED, true, NULL, NULL,
    "files of users do not steer a process of root's")
ROW("UW-kludge", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "folder data is always left out")
ROW("UW-kluge", QPOPPER_NO_EFFECT, true, NULL, NULL,
    "folder data is always left out")
/* Letters without a name in the file. */
ROW("-V", QPOPPER_NO_EFFECT, true, NULL, NULL, "nobody knew it")
ROW("-x", QPOPPER_NO_EFFECT, true, NULL, NULL, "nobody knew it")
ROW("-e", QPOPPER_NO_EFFECT, false, NULL, NULL,
    "only what is true is announced: see login-delay")
