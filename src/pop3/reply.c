#include "pop3/reply.h"

#include "base/log.h"
#include "base/num.h"
#include "base/utf8.h"

#include <string.h>

#define OK "+OK "
#define ERR "-ERR "
/* Response codes (RFC 2449, section 8): programs read them, in any language. */
#define AUTH ERR "[AUTH] "
#define IN_USE ERR "[IN-USE] "
#define LOGIN_DELAY ERR "[LOGIN-DELAY] "
#define SYS_PERM ERR "[SYS/PERM] "
#define SYS_TEMP ERR "[SYS/TEMP] "

/*
 * A column for each dialect of English, then one for each other language; NULL
 * is as in the first.  "{one|many}" goes by the count.  What programs read is
 * the same in every language.
 */
#define COLUMNS ((int)DIALECTS + (int)LANGUAGES - 1)

static const struct text {
	const char *status;
	const char *text[COLUMNS];
} texts[REPLY_COUNT] = {
	[REPLY_BANNER] = { OK, {
	    "{mark}POP3 solopop{version} at {host} starting.{gap}{stamp}" } },
	[REPLY_SHY_BANNER] = { OK, { "{mark}ready{gap}{stamp}" } },
	[REPLY_USER] = { OK, {
	    "Password required for {user}.", NULL,
	    "Bitte das Passwort für {user}.",
	    "Mot de passe requis pour {user}." } },
	[REPLY_LOGIN] = { OK, {
	    "{user} has {count} {message|messages} ({octets} octets).",
	    "{user} has {count} visible {message|messages} (0 hidden) in "
	    "{octets} octets.",
	    "{user} hat {count} {Nachricht|Nachrichten} ({octets} Oktette).",
	    "{user} a {count} {message|messages} ({octets} octets)." } },
	[REPLY_STAT] = { OK, { "{count} {octets}" } },
	[REPLY_LIST] = { OK, {
	    "{count} messages ({octets} octets)",
	    "{count} visible messages ({octets} octets)",
	    "{count} {Nachricht|Nachrichten} ({octets} Oktette)",
	    "Il y a {count} {message|messages} ({octets} octets)" } },
	[REPLY_LIST_ONE] = { OK, { "{msgno} {octets}" } },
	[REPLY_RETR] = { OK, {
	    "{octets} octets", NULL,
	    "{octets} Oktette",
	    "{octets} octets à suivre" } },
	[REPLY_TOP] = { OK, {
	    "{octets} octets", "Message follows",
	    "Der Anfang von {octets} Oktetten",
	    "Le début de {octets} octets" } },
	[REPLY_DELE] = { OK, {
	    "Message {msgno} has been deleted.", NULL,
	    "Nachricht {msgno} ist gelöscht.",
	    "Le message {msgno} est supprimé." } },
	[REPLY_RSET] = { OK, {
	    "Maildrop has {count} messages ({octets} octets)", NULL,
	    "Im Postfach: {count} {Nachricht|Nachrichten} ({octets} Oktette)",
	    "Dans la boîte : {count} {message|messages} ({octets} octets)" } },
	[REPLY_NOOP] = { OK, {
	    "", "no big woop",
	    "Nichts zu tun.",
	    "Rien à faire." } },
	[REPLY_LAST] = { OK, {
	    "{msgno} is the last read message.", NULL,
	    "{msgno} ist die letzte gelesene Nachricht.",
	    "{msgno} est le dernier message lu." } },
	[REPLY_UIDL] = { OK, {
	    "uidl command accepted.", NULL,
	    "Die Kennungen der Nachrichten folgen.",
	    "Voici les identifiants des messages." } },
	[REPLY_UIDL_ONE] = { OK, { "{msgno} {word}" } },
	[REPLY_CAPA] = { OK, {
	    "Capability list follows", NULL,
	    "Die Liste der Fähigkeiten folgt",
	    "Voici la liste des capacités" } },
	[REPLY_AUTH] = { OK, {
	    "Mechanism list follows", NULL,
	    "Die Liste der Verfahren folgt",
	    "Voici la liste des mécanismes" } },
	[REPLY_STLS] = { OK, {
	    "Begin TLS negotiation", "STLS",
	    "TLS kann beginnen",
	    "TLS peut commencer" } },
	[REPLY_UTF8] = { OK, {
	    "UTF8 enabled", NULL,
	    "UTF8 gilt",
	    "UTF8 est actif" } },
	[REPLY_LANGS] = { OK, {
	    "Language listing follows", NULL,
	    "Die Liste der Sprachen folgt",
	    "Voici la liste des langues" } },
	[REPLY_LANG] = { OK, {
	    "{word} Language changed", NULL,
	    "{word} Sprache gewechselt",
	    "{word} Langue changée" } },
	[REPLY_XCLIENT] = { OK, {
	    "Updated", NULL,
	    "Übernommen.",
	    "Pris en compte." } },
	[REPLY_QUIT] = { OK, {
	    "Pop server at {host} signing off.", NULL,
	    "Der POP-Server {host} sagt auf Wiedersehen.",
	    "Le serveur POP {host} vous dit au revoir." } },

	[REPLY_HELP] = { OK, {
	    "These commands can be given now:", NULL,
	    "Diese Befehle gehen jetzt:",
	    "Les commandes possibles maintenant :" } },
	[REPLY_AFTER_LOGIN] = { ERR, {
	    "Log in before {word}: USER NAME, then PASS PASSWORD.", NULL,
	    "Vor {word} steht die Anmeldung: USER NAME, dann PASS PASSWORT.",
	    "Connectez-vous avant {word} : USER NOM, puis PASS SECRET." } },
	[REPLY_BEFORE_LOGIN] = { ERR, {
	    "You are logged in already; {word} comes before that.", NULL,
	    "Sie sind schon angemeldet; {word} geht nur davor.",
	    "Vous êtes déjà connecté ; {word} vient avant." } },
	[REPLY_USER_FIRST] = { ERR, {
	    "Say USER NAME first.", NULL,
	    "Zuerst kommt USER NAME.",
	    "D'abord USER NOM." } },
	[REPLY_USAGE] = { ERR, {
	    "Usage: {word}", NULL,
	    "Aufruf: {word}",
	    "Usage : {word}" } },

	[REPLY_UNKNOWN] = { ERR, {
	    "Unknown command: \"{word}\".", NULL,
	    "Unbekannter Befehl: \"{word}\".",
	    "Commande inconnue : \"{word}\"." } },
	[REPLY_TOO_FEW] = { ERR, {
	    "Too few arguments for the {word} command.", NULL,
	    "Zu wenige Argumente für den Befehl {word}.",
	    "Pas assez d'arguments pour la commande {word}." } },
	[REPLY_TOO_MANY] = { ERR, {
	    "Too many arguments for the {word} command.", NULL,
	    "Zu viele Argumente für den Befehl {word}.",
	    "Trop d'arguments pour la commande {word}." } },
	[REPLY_TOO_LONG] = { ERR, {
	    "Command line too long.", NULL,
	    "Die Befehlszeile ist zu lang.",
	    "La ligne de commande est trop longue." } },
	[REPLY_NUL] = { ERR, {
	    "Command line holds a NUL.", NULL,
	    "In der Befehlszeile steht ein NUL.",
	    "La ligne de commande contient un NUL." } },
	[REPLY_TOO_MANY_BAD] = { ERR, {
	    "Too many bad commands.", NULL,
	    "Zu viele falsche Befehle.",
	    "Trop de commandes incorrectes." } },
	[REPLY_NO_MESSAGE] = { ERR, {
	    "Message {word} does not exist.", NULL,
	    "Eine Nachricht {word} gibt es nicht.",
	    "Le message {word} n'existe pas." } },
	[REPLY_IS_DELETED] = { ERR, {
	    "Message {msgno} has been deleted.", NULL,
	    "Nachricht {msgno} ist bereits gelöscht.",
	    "Le message {msgno} a déjà été supprimé." } },
	[REPLY_UIDL_NO_NUMBER] = { ERR, {
	    "Message {word} does not exist.",
	    "Parameter must be a number between 1 and {count}",
	    "Eine Nachricht {word} gibt es nicht.",
	    "Le message {word} n'existe pas." } },
	[REPLY_UIDL_NO_MESSAGE] = { ERR, {
	    "Message {word} does not exist.",
	    "Message {word} out of range.",
	    "Eine Nachricht {word} gibt es nicht.",
	    "Le message {word} n'existe pas." } },
	[REPLY_UIDL_IS_DELETED] = { ERR, {
	    "Message {msgno} has been marked for deletion.", NULL,
	    "Nachricht {msgno} ist zum Löschen vorgemerkt.",
	    "Le message {msgno} est marqué pour suppression." } },
	[REPLY_NOT_LINES] = { ERR, {
	    "\"{word}\" is not a number of lines.", NULL,
	    "\"{word}\" ist keine Anzahl von Zeilen.",
	    "\"{word}\" n'est pas un nombre de lignes." } },
	[REPLY_NO_LANG] = { ERR, {
	    "No language \"{word}\" is known here.", NULL,
	    "Die Sprache \"{word}\" ist hier nicht bekannt.",
	    "La langue \"{word}\" n'est pas connue ici." } },

	[REPLY_BAD_NAME] = { AUTH, {
	    "That is no user name.", NULL,
	    "Das ist kein Benutzername.",
	    "Ce n'est pas un nom d'utilisateur." } },
	[REPLY_NOT_UTF8] = { AUTH, {
	    "That is not UTF-8.", NULL,
	    "Das ist kein UTF-8.",
	    "Ce n'est pas de l'UTF-8." } },
	[REPLY_WRONG] = { AUTH, {
	    "Password supplied for \"{user}\" is incorrect.", NULL,
	    "Das Passwort für \"{user}\" ist falsch.",
	    "Le mot de passe donné pour \"{user}\" est incorrect." } },
	[REPLY_EXPIRED] = { AUTH, {
	    "\"{user}\": password expired.", NULL,
	    "\"{user}\": Das Passwort ist abgelaufen.",
	    "\"{user}\" : le mot de passe a expiré." } },
	[REPLY_TROUBLE] = { SYS_TEMP, {
	    "Passwords cannot be checked now; try again later.", NULL,
	    "Passwörter sind gerade nicht zu prüfen; bitte später noch einmal.",
	    "Les mots de passe ne peuvent être vérifiés ; réessayez plus "
	    "tard." } },
	[REPLY_NO_LOGIN] = { SYS_TEMP, {
	    "Logins are not possible now; try again later.", NULL,
	    "Anmelden ist gerade nicht möglich; bitte später noch einmal.",
	    "Connexion impossible pour le moment ; réessayez plus tard." } },
	[REPLY_NO_APOP_NOR_USER] = { AUTH, {
	    "APOP is not available here.", NULL,
	    "APOP gibt es hier nicht.",
	    "APOP n'est pas disponible ici." } },
	[REPLY_NO_APOP] = { AUTH, {
	    "APOP is not available here; use USER and PASS.", NULL,
	    "APOP gibt es hier nicht, nur USER und PASS.",
	    "APOP n'est pas disponible ici ; employez USER et PASS." } },

	[REPLY_STRONGER] = { AUTH, {
	    "You must use stronger authentication such as APOP to connect to "
	    "this server", NULL,
	    "Dieser Server verlangt eine stärkere Anmeldung, wie APOP",
	    "Ce serveur exige une authentification plus forte, comme APOP" } },
	[REPLY_TLS_OR_STRONGER] = { AUTH, {
	    "You must use TLS/SSL or stronger authentication such as APOP to "
	    "connect to this server", NULL,
	    "Dieser Server verlangt TLS oder eine stärkere Anmeldung, wie APOP",
	    "Ce serveur exige TLS ou une authentification plus forte, comme "
	    "APOP" } },

	[REPLY_NO_MECHANISM] = { ERR, {
	    "There is no mechanism \"{word}\" here.", NULL,
	    "Das Verfahren \"{word}\" gibt es hier nicht.",
	    "Il n'y a pas de mécanisme \"{word}\" ici." } },
	[REPLY_CANCELLED] = { ERR, {
	    "{word} was cancelled.", NULL,
	    "{word} wurde abgebrochen.",
	    "{word} a été annulé." } },
	[REPLY_NOT_BASE64] = { ERR, {
	    "That is not base64.", NULL,
	    "Das ist kein Base64.",
	    "Ce n'est pas du base64." } },
	[REPLY_BAD_RESPONSE] = { ERR, {
	    "That is no response of {word}.", NULL,
	    "Das ist keine Antwort, wie {word} sie hat.",
	    "Ce n'est pas une réponse de {word}." } },
	[REPLY_FOR_ANOTHER] = { AUTH, {
	    "Nobody logs in for another user here.", NULL,
	    "Hier meldet sich niemand für andere an.",
	    "Personne ne se connecte ici pour un autre." } },

	[REPLY_NO_TLS] = { ERR, {
	    "Unknown command: \"{word}\".", "Command not enabled",
	    "Unbekannter Befehl: \"{word}\".",
	    "Commande inconnue : \"{word}\"." } },
	[REPLY_TLS_BROKEN] = { SYS_TEMP, {
	    "TLS cannot begin now.", NULL,
	    "TLS kann gerade nicht beginnen.",
	    "TLS ne peut pas commencer pour le moment." } },
	[REPLY_TLS_TWICE] = { ERR, {
	    "Command not permitted when TLS active.", "TLS in progress",
	    "TLS ist schon da.",
	    "TLS est déjà actif." } },
	[REPLY_TLS_INJECTED] = { ERR, {
	    "Nothing may follow STLS before TLS begins.", NULL,
	    "Auf STLS darf nichts folgen, bevor TLS beginnt.",
	    "Rien ne doit suivre STLS avant que TLS ne commence." } },

	[REPLY_BAD_XCLIENT] = { ERR, {
	    "Invalid parameters", NULL,
	    "Das sind keine gültigen Angaben.",
	    "Ces paramètres ne sont pas valables." } },

	[REPLY_IN_USE] = { IN_USE, {
	    "Maildrop lock busy!  Is another session active?", NULL,
	    "Das Postfach ist belegt. Läuft noch eine andere Sitzung?",
	    "La boîte est verrouillée. Une autre session est-elle active ?" } },
	[REPLY_TOO_SOON] = { LOGIN_DELAY, {
	    "One login every {count} seconds; try again later.", NULL,
	    "Eine Anmeldung alle {count} Sekunden; bitte später versuchen.",
	    "Une connexion toutes les {count} secondes ; réessayez plus "
	    "tard." } },
	[REPLY_BAD_LOCK] = { SYS_PERM, {
	    "The lock file of your maildrop is not a plain file of your own.",
	    NULL,
	    "Die Sperrdatei des Postfachs ist keine gewöhnliche eigene Datei.",
	    "Le fichier verrou de la boîte n'est pas un simple fichier à "
	    "vous." } },
	[REPLY_NO_ACCESS] = { SYS_PERM, {
	    "Your maildrop cannot be opened.", NULL,
	    "Das Postfach ist nicht zu öffnen.",
	    "Votre boîte ne peut être ouverte." } },
	[REPLY_NOT_NOW] = { SYS_TEMP, {
	    "Your maildrop cannot be opened now; try again later.", NULL,
	    "Das Postfach ist gerade nicht zu öffnen; bitte später noch "
	    "einmal.",
	    "Votre boîte ne peut être ouverte ; réessayez plus tard." } },
	[REPLY_VANISHED] = { SYS_TEMP, {
	    "Message {msgno} cannot be read.", NULL,
	    "Nachricht {msgno} ist nicht zu lesen.",
	    "Le message {msgno} ne peut être lu." } },
	[REPLY_NOT_REMOVED] = { SYS_TEMP, {
	    "some deleted messages not removed", NULL,
	    "Einige gelöschte Nachrichten sind noch da.",
	    "Certains messages supprimés sont encore là." } },

	[REPLY_MISCONFIGURED] = { SYS_PERM, {
	    "This server is not set up properly; its log says why.", NULL,
	    "Dieser Server ist falsch eingerichtet; sein Log sagt, warum.",
	    "Ce serveur est mal configuré ; son journal dit pourquoi." } },
	[REPLY_ONLY_LOCAL] = { SYS_PERM, {
	    "This server serves its own machine only.", NULL,
	    "Dieser Server ist nur für seine eigene Maschine da.",
	    "Ce serveur ne sert que sa propre machine." } },
	[REPLY_AS_WISHED] = { SYS_TEMP, {
	    "This failure is the one you asked for.", NULL,
	    "Dieser Fehler ist der gewünschte.",
	    "Cette erreur est celle que vous avez demandée." } },
};

/* RFC 6856, section 3: a tag, and what the language calls itself. */
static const struct tongue {
	const char *tag, *name;
	bool zero_is_singular;
} tongues[LANGUAGES] = {
	[LANGUAGE_EN] = { "en", "English", false },
	[LANGUAGE_DE] = { "de", "Deutsch", false },
	[LANGUAGE_FR] = { "fr", "Français", true },
};

/* Room for any value in its quoted form: a word is one command line at most. */
#define VALUE_MAX LOG_QUOTED_MAX(REPLY_MAX)

static struct span
number(char scratch[VALUE_MAX], uint64_t n)
{
	return (struct span){ scratch, num_decimal(scratch, n) };
}

/*
 * Nothing that a client sent may break our line in two.  Bytes that are no
 * UTF-8 are echoed in English alone, where the client has agreed to nothing.
 */
static struct span
foreign(char scratch[VALUE_MAX], struct span value, enum language language,
    bool for_log)
{
	bool ascii = language != LANGUAGE_EN && !utf8_is_valid(value);
	unsigned char c;
	size_t i;

	if (for_log)
		return span_of(log_quote(scratch, VALUE_MAX, value));
	if (value.len > REPLY_MAX)
		value.len = REPLY_MAX;
	for (i = 0; i < value.len; i++) {
		c = (unsigned char)value.p[i];
		scratch[i] = c < ' ' || c == 0x7f || (c > 0x7f && ascii) ?
		    '?' : value.p[i];
	}
	return (struct span){ scratch, value.len };
}

static bool
is_singular(uint64_t count, enum language language)
{
	return count == 1 || (count == 0 && tongues[language].zero_is_singular);
}

/* The half of "one|many" that goes with the count. */
static struct span
half(struct span choice, bool first)
{
	const char *bar = memchr(choice.p, '|', choice.len);
	size_t len = (size_t)(bar - choice.p);

	return first ? (struct span){ choice.p, len } :
	    (struct span){ bar + 1, choice.len - len - 1 };
}

static struct span
value_of(char scratch[VALUE_MAX], struct span name,
    const struct reply_values *v, enum language language, bool for_log)
{
	if (span_is(name, "user"))
		return foreign(scratch, span_of(v->user), language, for_log);
	if (span_is(name, "word"))
		return foreign(scratch, v->word, language, for_log);
	if (span_is(name, "msgno"))
		return number(scratch, v->msgno);
	if (span_is(name, "count"))
		return number(scratch, v->count);
	if (span_is(name, "octets"))
		return number(scratch, v->octets);
	if (span_is(name, "host"))
		return span_of(v->host);
	if (span_is(name, "stamp"))
		return span_of(v->stamp);
	if (span_is(name, "mark"))
		return span_of(v->mark != NULL ? v->mark : "");
	if (span_is(name, "gap"))
		return span_of(v->stamp[0] != '\0' ? "  " : "");
	return span_of(v->version);
}

/* @audit appends to dst, never beyond REPLY_MAX - 3: room for CRLF and NUL. */
static void
append(char dst[REPLY_MAX], size_t *len, struct span s)
{
	size_t room = REPLY_MAX - 3 - *len;

	s.len = utf8_cut(s, room);
	if (s.len > 0)
		memcpy(dst + *len, s.p, s.len);
	*len += s.len;
	dst[*len] = '\0';
}

bool
reply_is_ok(enum reply reply)
{
	return texts[reply].status[0] == '+';
}

const char *
reply_language_tag(enum language language)
{
	return tongues[language].tag;
}

const char *
reply_language_name(enum language language)
{
	return tongues[language].name;
}

static const char *
pattern(enum reply reply, struct voice voice)
{
	const struct text *t = &texts[reply];
	size_t column = voice.language == LANGUAGE_EN ? (size_t)voice.dialect :
	    DIALECTS + (size_t)voice.language - 1;

	return t->text[t->text[column] != NULL ? column : 0];
}

void
reply_format(char dst[REPLY_MAX], enum reply reply, struct voice voice,
    const struct reply_values *values, bool for_log)
{
	char scratch[VALUE_MAX];
	struct span name;
	size_t len = 0, run;
	const char *p;

	/* One administrator reads the log, whatever the clients speak. */
	if (for_log)
		voice.language = LANGUAGE_EN;
	p = pattern(reply, voice);
	append(dst, &len, span_of(texts[reply].status));
	while (*p != '\0') {
		run = strcspn(p, "{");
		append(dst, &len, (struct span){ p, run });
		p += run;
		if (*p == '\0')
			break;
		name = (struct span){ p + 1, strcspn(p + 1, "}") };
		append(dst, &len, span_has(name, '|') ?
		    half(name, is_singular(values->count, voice.language)) :
		    value_of(scratch, name, values, voice.language,
		    for_log));
		p += name.len + 2;
	}
}
