/*
 * The options.  GROUP(TITLE) begins a part of --help, and
 *
 *	ROW(NAME, LETTER, KIND, AT, MIN, MAX, CHOICES, ARGUMENT, HELP)
 *
 * is an option: LETTER is its short one or 0, AT its place in struct options.
 * Include it with both defined; what is not wanted is left out.
 */
GROUP("Mail:")
ROW("maildir", 0, KIND_TEXT, AT(server.maildir), 0, 0, NULL, "PATTERN",
    "Maildir: ~ or %h home, %u user, %n@%d [~/Maildir]")
ROW("mail-marker", 0, KIND_TEXT, AT(server.mail_marker), 0, 0, NULL,
    "FILE", "file that exists while mail storage is mounted [none]")
ROW("virtual-user", 0, KIND_TEXT, AT(server.virtual_user), 0, 0, NULL,
    "NAME", "account that owns virtual users' mail [none]")
ROW("virtual-domain", 0, KIND_TEXT, AT(server.virtual_domain), 0, 0, NULL,
    "DOMAIN", "domain of virtual users without one [none]")
ROW("folder-delimiter", 0, KIND_SIGN, AT(server.folder_delimiter), 0, 0,
    NULL, "SIGN", "sign between user and folder in a user name [none]")
ROW("lock", 0, KIND_LOCK, AT(server.pop3.drop.lock), 0, 0, locks,
    "fcntl|none", "lock for one session per maildrop [fcntl]")
ROW("lock-wait", 0, KIND_SECONDS, AT(server.pop3.drop.lock_wait),
    0, 300, NULL, "SECONDS", "time to wait for another session to end [5]")
ROW("storage-timeout", 0, KIND_SECONDS, AT(server.storage_time),
    1, 3600, NULL, "SECONDS", "time to wait for hanging storage at login [60]")
ROW("yield-after", 0, KIND_SECONDS, AT(server.pop3.yield_time),
    1, 86400, NULL, "SECONDS",
    "idle time after which a new login takes over [30]")
ROW("index", 0, KIND_WORD, AT(server.pop3.drop.index), 0, 0, index_uses,
    "auto|full|sizes|off",
    "what solopop.index in the Maildir is used for [auto]")
ROW("clock-skew", 0, KIND_WHOLE_SECONDS, AT(server.pop3.drop.clock_skew),
    0, 3600, NULL, "SECONDS", "largest difference between clocks of hosts [0]")
ROW("adopt-uidls", 0, KIND_SOURCES, AT(server.pop3.drop.adopt), 0, 0, NULL,
    "none|SOURCE,...", "sources of the unique-ids that clients know [auto]")
ROW("update-on-abort", 0, KIND_BOOL, AT(server.pop3.update_on_abort),
    0, 0, NULL, NULL,
    "remove messages without QUIT, as qpopper did [off]")

GROUP("Mail that comes from elsewhere, at login:")
ROW("spool-dir", 0, KIND_TEXT, AT(server.intake.spool_dir), 0, 0, NULL,
    "DIR", "drain the mbox DIR/USER into the Maildir [none]")
ROW("hash-spool", 0, KIND_COUNT, AT(server.intake.hash_spool), 0, 2, NULL,
    "N", "1: DIR/U/USER, 2: DIR/U/S/USER [0]")
ROW("home-dir-mail", 0, KIND_TEXT, AT(server.intake.home_mail), 0, 0,
    NULL, "NAME", "name of the mbox in the home directory [none]")
ROW("temp-dir", 0, KIND_TEXT, AT(server.intake.temp_dir), 0, 0, NULL,
    "DIR", "directory of qpopper's temporary drops [spool-dir]")
ROW("temp-name", 0, KIND_TEXT, AT(server.intake.temp_name), 0, 0, NULL,
    "PATTERN", "their file name pattern [.%s.pop]")
ROW("old-style-uid", 0, KIND_BOOL, AT(server.intake.old_uids), 0, 0, NULL,
    NULL, "qpopper made unique-ids of 32 digits [on]")
ROW("bulldir", 'b', KIND_TEXT, AT(server.intake.bulletin_dir), 0, 0, NULL,
    "DIR", "directory of bulletins [none]")
ROW("max-bulletins", 0, KIND_COUNT, AT(server.intake.max_bulletins), 0,
    100000, NULL, "N", "number of old bulletins for a new user [1]")
ROW("group-bulletins", 0, KIND_BOOL, AT(server.intake.group_bulletins), 0,
    0, NULL, NULL, "only to the group in a bulletin's name [off]")
ROW("import-program", 0, KIND_TEXT, AT(server.intake.program), 0, 0, NULL,
    "FILE", "path of solopop-import [" IMPORT_PROGRAM "]")

GROUP("Login:")
ROW("no-auth", 0, KIND_BOOL, AT(server.no_auth), 0, 0, NULL, NULL,
    "by hand: serve your own mail to any name and password")
ROW("pam-service", 0, KIND_TEXT, AT(server.pam_service), 0, 0, NULL,
    "NAME", "file in /etc/pam.d; none: secrets alone [pop3]")
ROW("secrets-file", 0, KIND_TEXT, AT(server.secrets), 0, 0, NULL, "FILE",
    "secrets for APOP, SCRAM [" SYSCONFDIR "/solopop.secrets]")
ROW("min-uid", 0, KIND_UID, AT(server.min_uid), 1, UINT32_MAX - 1, NULL,
    "UID", "lowest uid that may log in [100]")
ROW("auth-file", 0, KIND_TEXT, AT(server.access.auth_file), 0, 0, NULL, "FILE",
    "file of the only users who may log in [none]")
ROW("nonauth-file", 0, KIND_TEXT, AT(server.access.nonauth_file), 0, 0, NULL,
    "FILE", "file of users who may not log in [none]")
ROW("check-shell", 0, KIND_BOOL, AT(server.access.check_shell), 0, 0, NULL,
    NULL, "refuse shells not in /etc/shells [off]")
ROW("downcase-user", 'c', KIND_BOOL, AT(server.pop3.downcase_user), 0, 0,
    NULL, NULL, "convert user names to lower case [off]")
ROW("trim-domain", 'C', KIND_BOOL, AT(server.pop3.trim_domain), 0, 0,
    NULL, NULL, "cut \"@domain\" off names [off]")
ROW("clear-text-password", 'p', KIND_WORD, AT(server.pop3.clear), 0, 0,
    clears, "default|never|always|local|tls",
    "clients that may send a password without TLS [default]")
ROW("plaintext-from", 0, KIND_NETWORKS, AT(server.pop3.plaintext_from),
    0, 0, NULL, "CIDR...", "networks that may always do so [none]")
ROW("auth-mechanisms", 0, KIND_MECHANISMS, AT(server.pop3.mechanisms), 0, 0,
    NULL, "NAME...", "mechanisms to announce [all that can succeed]")
ROW("max-failures", 0, KIND_COUNT, AT(server.max_failures), 1, 1000, NULL,
    "N", "failed logins that end a session [5]")
ROW("failure-delay", 0, KIND_SECONDS, AT(server.failure_delay), 0, 120,
    NULL, "SECONDS", "delay of each failed login [3]")
ROW("login-delay", 0, KIND_WHOLE_SECONDS, AT(server.pop3.pace.delay), 0,
    86400, NULL, "SECONDS", "time between logins of a user [0]")
ROW("login-burst", 0, KIND_COUNT, AT(server.pop3.pace.burst), 1, 1000,
    NULL, "N", "logins allowed at once despite login-delay [3]")
ROW("front-user", 0, KIND_TEXT, AT(server.front_user), 0, 0, NULL, "NAME",
    "account that reads client input [solopop, else nobody]")
ROW("empty-dir", 0, KIND_TEXT, AT(server.empty_dir), 0, 0, NULL, "DIR",
    "directory it is confined to [" EMPTYDIR "]")
ROW("session-memory", 0, KIND_COUNT, AT(server.session_memory), 0,
    1048576, NULL, "MB", "memory limit of a session, 0: none [1024]")
ROW("no-sandbox", 0, KIND_BOOL, AT(server.no_sandbox), 0, 0, NULL, NULL,
    "no confinement by the kernel, for debugging")

GROUP("TLS:")
ROW("tls", 0, KIND_BOOL, AT(server.tls.first), 0, 0, NULL, NULL,
    "TLS from the first byte, for pop3s [off]")
ROW("tls-cert", 0, KIND_TEXT, AT(server.tls.cert), 0, 0, NULL, "FILE",
    "certificate and its chain [none]")
ROW("tls-key", 0, KIND_TEXT, AT(server.tls.key), 0, 0, NULL, "FILE",
    "key of the certificate [tls-cert]")
ROW("tls-sni-dir", 0, KIND_TEXT, AT(server.tls.sni_dir), 0, 0, NULL,
    "DIR", "certificates and keys for other names [none]")
ROW("tls-ticket-file", 0, KIND_TEXT, AT(server.tls.ticket_file), 0, 0,
    NULL, "FILE", "keys by which TLS sessions resume [none]")
ROW("tls-user", 0, KIND_TEXT, AT(server.tls.user), 0, 0, NULL, "NAME",
    "account that runs solopop-tls [front-user]")
ROW("tls-handshake-timeout", 0, KIND_SECONDS,
    AT(server.tls.handshake_time), 1, 3600, NULL, "SECONDS",
    "time limit of a handshake [30]")
ROW("tls-program", 0, KIND_TEXT, AT(server.tls.program), 0, 0, NULL,
    "FILE", "path of solopop-tls [" TLS_PROGRAM "]")

GROUP("Proxies:")
ROW("proxy-from", 0, KIND_NETWORKS, AT(server.proxy_from), 0, 0, NULL,
    "CIDR...", "proxies, which send a PROXY header first [none]")
ROW("proxy-timeout", 0, KIND_SECONDS, AT(server.proxy_time), 1, 3600,
    NULL, "SECONDS", "time limit of the header [10]")
ROW("xclient-from", 0, KIND_NETWORKS, AT(server.pop3.xclient_from), 0, 0,
    NULL, "CIDR...", "clients allowed to send XCLIENT [none]")

GROUP("Protocol:")
ROW("timeout", 'T', KIND_SECONDS, AT(server.pop3.idle_time), 1, 86400,
    NULL, "SECONDS", "time limit of waiting for a command [600]")
ROW("login-timeout", 0, KIND_SECONDS, AT(server.pop3.login_time), 1, 3600,
    NULL, "SECONDS", "time limit from the banner to the login [180]")
ROW("max-bad-commands", 0, KIND_COUNT, AT(server.pop3.max_bad), 1, 1000,
    NULL, "N", "bad commands allowed before login [10]")
ROW("dialect", 0, KIND_WORD, AT(server.pop3.dialect), 0, 0, dialects,
    "qpopper2|qpopper4", "wording of the replies [qpopper2]")
ROW("lang", 0, KIND_WORD, AT(server.pop3.language), 0, 0, languages,
    "en|de|fr", "language of replies until LANG changes it [en]")
ROW("hostname", 0, KIND_TEXT, AT(server.pop3.host), 0, 0, NULL, "NAME",
    "host name in the banner [gethostname(2)]")
ROW("shy", 0, KIND_BOOL, AT(server.pop3.shy), 0, 0, NULL, NULL,
    "banner without program and host [off]")
ROW("show-version", 0, KIND_BOOL, AT(server.pop3.show_version), 0, 0,
    NULL, NULL, "banner with the version [off]")
ROW("announce-utf8", 0, KIND_BOOL, AT(server.pop3.announce_utf8), 0, 0,
    NULL, NULL, "UTF8 in CAPA: Evolution up to 3.48.0 hangs then [off]")

GROUP("Log:")
ROW("log", 0, KIND_WORD, AT(log), 0, 0, targets,
    "auto|syslog|stderr|none", "destination of the log [auto]")
ROW("log-facility", 'y', KIND_TEXT, AT(log_facility), 0, 0, facilities,
    "FACILITY", "mail, local0 ... local7 [mail]")
ROW("log-login", 0, KIND_LINE, AT(server.log_login), 0, 0, NULL, "LINE",
    "a line for each login: %0 version, %1 user, %2 and %3 client "
    "[on]")
ROW("statistics", 's', KIND_BOOL, AT(server.statistics), 0, 0, NULL, NULL,
    "a Stats line for each session [on]")

GROUP("Tests of mail clients:")
ROW("fixture", 0, KIND_TEXT, AT(fixture), 0, 0, NULL, "DIR",
    "serve this Maildir, or plain directory, to any name and password "
    "[none]")
ROW("read-only", 0, KIND_BOOL, AT(server.pop3.drop.read_only), 0, 0, NULL,
    NULL, "change nothing on disk, but answer as if [off]")
ROW("fixture-slow", 0, KIND_MILLISECONDS, AT(server.pop3.fixture.slow),
    0, 3600000, NULL, "MS", "delay of each command [0]")
ROW("fixture-cut", 0, KIND_OCTETS, AT(server.pop3.fixture.cut_after),
    0, UINT64_MAX, NULL, "N", "end the connection after N bytes [0]")
ROW("fixture-refuse", 0, KIND_TEXT, AT(server.pop3.fixture.refuse), 0, 0,
    NULL, "COMMAND", "command that is answered with SYS/TEMP [none]")

GROUP("Running:")
ROW("config-file", 'f', KIND_TEXT, AT(config_file), 0, 0, NULL, "FILE",
    "configuration file [" OPTIONS_CONFIG_FILE ", if there]")
ROW("qpopper", 0, KIND_BOOL, AT(qpopper), 0, 0, NULL, NULL,
    "qpopper's command line, replies and log [off]")
ROW("check", 0, KIND_MODE, 0, RUN_CHECK, 0, NULL, NULL,
    "check the configuration, and report problems")
ROW("demo", 0, KIND_MODE, 0, RUN_DEMO, 0, NULL, NULL,
    "session on sample mail, with you as the client")
ROW("help", 'h', KIND_MODE, 0, RUN_HELP, 0, NULL, NULL, "this text")
ROW("version", 'V', KIND_MODE, 0, RUN_VERSION, 0, NULL, NULL,
    "name and version")
