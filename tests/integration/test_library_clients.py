"""Libraries by which other programs fetch mail: libcamel (Evolution), Twisted, Ruby's
mail gem, javax.mail and commons-net.  Each keeps, then deletes, and stores what the
files hold: in clear text, by STLS and by pop3s, where it knows them and believes an
authority of ours.
"""
import glob

from lab import *
from test_clients import fresh, stored, word
from test_more_clients import FROM_, LONG, MAIL, holds
from test_tls import authority, tls

ON_REQUEST = True
CLEAR, STLS, POP3S = "clear", "stls", "pop3s"
# Without NULs and long lines, which a parser of MIME may break.
MESSAGES = [m for m in MAIL if b"long-line" not in m] + [FROM_, LONG]
SYSTEM_PYTHON = "/usr/bin/python3"      # has Debian's modules


def door(way):
    """The maildrop, filled, and the port for this way."""
    maildir, _ = mailbox(MESSAGES)
    return maildir, Door(*(tls(*(["--tls"] if way == POP3S else []))
                           if way != CLEAR else []))


def each_way(name, fetch, ways=(CLEAR, STLS, POP3S), same=None):
    """fetch(port, way, out, keep) stores below out."""
    same = same or (lambda got, message: plain(got) == plain(message))
    for way in ways:
        maildir, opened = door(way)
        with opened as opened:
            for keep in (True, False):
                out = fresh(name)
                ours_to_give(out, "alice")
                fetch(opened.port, way, out, keep)
                found = stored(out)
                equal(len(found), len(MESSAGES), "%s, %s" % (name, way))
                for m in MESSAGES:
                    check(any(same(got, m) for got in found), name, way,
                          "has stored nothing that is", brief(m))
                equal(sorted(files(maildir).values()),
                      sorted(MESSAGES) if keep else [],
                      "%s, %s, left" % (name, way))


def script(text, name):
    path = os.path.join(BENCH, name)
    spill(path, text)
    return path


# --- libcamel -----------------------------------------------------------------

CAMEL = r"""
import sys
import gi
gi.require_version("Camel", "1.2")
from gi.repository import Camel
port, way, word, out, keep = sys.argv[1:]


class Session(Camel.Session):
    def do_authenticate_sync(self, service, mechanism, cancellable=None):
        service.set_password(word)
        return service.authenticate_sync(mechanism, cancellable) == \
            Camel.AuthenticationResult.ACCEPTED

    def do_trust_prompt(self, service, certificate, errors, cancellable=None):
        return Camel.CertTrust.TEMPORARY


Camel.init(out + "/data", False)
Camel.provider_init()
session = Session(user_data_dir=out + "/data", user_cache_dir=out + "/data")
session.set_online(True)
service = session.add_service("pop", "pop", Camel.ProviderType.STORE)
settings = service.ref_settings()
for name, value in (
        ("host", "127.0.0.1"), ("port", int(port)), ("user", "alice"),
        ("security-method", {
            "clear": Camel.NetworkSecurityMethod.NONE,
            "stls": Camel.NetworkSecurityMethod.STARTTLS_ON_STANDARD_PORT,
            "pop3s": Camel.NetworkSecurityMethod.SSL_ON_ALTERNATE_PORT}[way]),
        ("keep-on-server", keep == "yes")):
    settings.set_property(name, value)
service.connect_sync(None)
folder = service.get_inbox_folder_sync(None)
folder.refresh_info_sync(None)
for uid in folder.get_uids():
    stream = Camel.StreamMem.new()
    folder.get_message_sync(uid, None).write_to_stream_sync(stream, None)
    with open(out + "/new/" + uid, "wb") as f:
        f.write(bytes(stream.get_byte_array()))
    if keep == "no":
        folder.set_message_flags(uid, Camel.MessageFlags.DELETED,
                                 Camel.MessageFlags.DELETED)
folder.synchronize_sync(keep == "no", None)
service.disconnect_sync(True, None)
"""


def camel_here():
    """What of it is unpacked or installed; the provider is Evolution's own."""
    env = dict(os.environ, GSETTINGS_BACKEND="memory", HOME=BENCH,
               GIO_USE_VFS="local", PYTHONWARNINGS="ignore")
    top = BENCH + "/unpacked/usr"
    providers = glob.glob(top + "/lib/*/camel-providers") or \
        glob.glob("/usr/lib/*/evolution-data-server/camel-providers") + \
        glob.glob("/usr/lib/evolution-data-server/camel-providers")
    if not providers:
        raise Skip("no evolution-data-server here")
    env["EDS_CAMEL_PROVIDER_DIR"] = providers[0]
    schemas = top + "/share/glib-2.0/schemas"
    if os.path.isdir(schemas):
        command([tool("glib-compile-schemas"), schemas])
        env["GSETTINGS_SCHEMA_DIR"] = schemas
    if command([SYSTEM_PYTHON, "-c", "import gi; gi.require_version('Camel', "
                "'1.2'); from gi.repository import Camel"]).returncode != 0:
        raise Skip("no gir1.2-camel-1.2 or python3-gi here")
    return env


def camel(env, port, way, out, keep):
    os.mkdir(out + "/new")
    os.mkdir(out + "/data")
    done = command([SYSTEM_PYTHON, script(CAMEL, "camel.py"), str(port), way,
                    word(), out, "yes" if keep else "no"], env=env)
    equal(done.returncode, 0, done.stderr[-300:])
    shutil.rmtree(out + "/data")


@anyone
def libcamel__keeps_and_deletes():
    env = camel_here()
    each_way("camel", lambda *how: camel(env, *how), ways=(CLEAR,),
             same=lambda got, message: holds(plain(got), plain(message)))


@anyone
def libcamel__with_utf8_announced__hangs():
    """The reason why it is not announced; from 3.48.1 on it does not hang."""
    env = camel_here()
    mailbox(MESSAGES)
    out = fresh("camel")
    os.mkdir(out + "/new")
    os.mkdir(out + "/data")
    with Door("--announce-utf8", "--login-timeout=3") as opened:
        try:
            subprocess.run([SYSTEM_PYTHON, script(CAMEL, "camel.py"),
                            str(opened.port), CLEAR, word(), out, "yes"],
                           env=env, timeout=PATIENCE, capture_output=True)
        except subprocess.TimeoutExpired:
            pass
    check(len(stored(out + "/new")) in (0, len(MESSAGES)), "neither hangs nor "
          "fetches")


# --- Twisted ------------------------------------------------------------------

TWISTED = r"""
import sys
from twisted.internet import defer, protocol, reactor, ssl
from twisted.mail.pop3 import AdvancedPOP3Client
port, way, word, out, keep, ca = sys.argv[1:]
status = 1
options = None
if way != "clear":
    with open(ca) as f:
        options = ssl.optionsForClientTLS(
            "localhost", trustRoot=ssl.Certificate.loadPEM(f.read()))


class Fetch(AdvancedPOP3Client):
    allowInsecureLogin = True
    MAX_LENGTH = 1 << 20

    def serverGreeting(self, greeting):
        self.run().addErrback(lambda f: f.printTraceback(sys.stderr)).addBoth(
            lambda _: reactor.stop())

    @defer.inlineCallbacks
    def run(self):
        global status
        if way == "stls":
            yield self.startTLS(options)
        yield self.login(b"alice", word.encode())
        for n, _ in enumerate((yield self.listUID())):
            lines = yield self.retrieve(n)
            with open("%s/%d" % (out, n), "wb") as f:
                f.write(b"".join(line + b"\n" for line in lines))
            if keep == "no":
                yield self.delete(n)
        yield self.quit()
        status = 0


f = protocol.ClientFactory()
f.protocol = Fetch
f.noisy = False
f.clientConnectionFailed = lambda *_: reactor.stop()
if way == "pop3s":
    reactor.connectSSL("127.0.0.1", int(port), f, options)
else:
    reactor.connectTCP("127.0.0.1", int(port), f)
reactor.run()
sys.exit(status)
"""


def twisted(port, way, out, keep):
    ca = authority().ca if way != CLEAR else "-"
    done = command([SYSTEM_PYTHON, script(TWISTED, "fetch.py"), str(port), way,
                    word(), out, "yes" if keep else "no", ca])
    equal(done.returncode, 0, done.stderr[-300:])


@anyone
def twisted__keeps_and_deletes__in_each_way():
    if command([SYSTEM_PYTHON, "-c", "import twisted.mail.pop3, OpenSSL"
                ", service_identity"]).returncode != 0:
        raise Skip("no python3-twisted here")
    each_way("twisted", twisted)


# --- Ruby's mail gem ----------------------------------------------------------

RUBY = r"""
require "mail"
require "net/pop"
port, way, word, out, keep, ca = ARGV
if way == "pop3s"
  Net::POP3.enable_ssl(OpenSSL::SSL::VERIFY_PEER, ca)
end
Net::POP3.start("localhost", port.to_i, "alice", word) do |pop|
  pop.mails.each_with_index do |m, i|
    raw = m.pop
    Mail.new(raw).subject
    File.binwrite("#{out}/#{i}", raw)
    m.delete if keep == "no"
  end
end
"""


def ruby(port, way, out, keep):
    ca = authority().ca if way != CLEAR else "-"
    done = command([tool("ruby"), script(RUBY, "fetch.rb"), str(port), way,
                    word(), out, "yes" if keep else "no", ca])
    equal(done.returncode, 0, done.stderr[-300:])


@anyone
def ruby_mail__keeps_and_deletes():
    """It knows no STLS."""
    if command([tool("ruby"), "-e", 'require "mail"; require "net/pop"'
                ]).returncode != 0:
        raise Skip("no ruby-mail here")
    each_way("ruby", ruby, ways=(CLEAR, POP3S))


# --- Java ---------------------------------------------------------------------

JAVAMAIL = r"""
import java.io.FileOutputStream;
import java.util.Properties;
import javax.mail.*;

public class Fetch {
	public static void main(String[] a) throws Exception {
		String kind = a[1].equals("pop3s") ? "pop3s" : "pop3";
		Properties p = new Properties();
		p.put("mail." + kind + ".ssl.trust", "*");
		p.put("mail.pop3.starttls.enable", "" + a[1].equals("stls"));
		p.put("mail.pop3.starttls.required", "" + a[1].equals("stls"));
		Store store = Session.getInstance(p).getStore(kind);
		store.connect("127.0.0.1", Integer.parseInt(a[0]), "alice", a[2]);
		Folder inbox = store.getFolder("INBOX");
		inbox.open(Folder.READ_WRITE);
		for (Message m : inbox.getMessages()) {
			try (FileOutputStream f = new FileOutputStream(
			    a[3] + "/" + m.getMessageNumber())) {
				m.writeTo(f);
			}
			if (a[4].equals("no"))
				m.setFlag(Flags.Flag.DELETED, true);
		}
		inbox.close(true);
		store.close();
	}
}
"""

COMMONS_NET = r"""
import java.io.*;
import org.apache.commons.net.pop3.*;
import org.apache.commons.net.util.TrustManagerUtils;

public class Fetch {
	static void need(boolean good, String what) throws IOException {
		if (!good)
			throw new IOException(what);
	}

	public static void main(String[] a) throws Exception {
		POP3SClient p = new POP3SClient(a[1].equals("pop3s"));
		p.setTrustManager(TrustManagerUtils.getAcceptAllTrustManager());
		POP3Client c = a[1].equals("clear") ? new POP3Client() : p;
		c.connect("127.0.0.1", Integer.parseInt(a[0]));
		need(!a[1].equals("stls") || p.execTLS(), "STLS");
		need(c.login("alice", a[2]), "login");
		for (POP3MessageInfo i : c.listMessages()) {
			Writer f = new OutputStreamWriter(new FileOutputStream(
			    a[3] + "/" + i.number), "ISO-8859-1");
			Reader r = c.retrieveMessage(i.number);
			for (int b; (b = r.read()) != -1; )
				f.write(b);
			f.close();
			r.close();
			need(a[4].equals("yes") || c.deleteMessage(i.number),
			    "DELE");
		}
		need(c.logout(), "QUIT");
		c.disconnect();
	}
}
"""


def java(source, jars, name):
    paths = ["/usr/share/java/" + jar for jar in jars]
    if not all(map(os.path.exists, paths)):
        raise Skip("no %s here" % jars[0])
    program = tool("java")
    if b"jdk.compiler" not in command([program, "--list-modules"]).stdout:
        raise Skip("no compiler for Java here")
    os.makedirs(BENCH + "/" + name, exist_ok=True)
    path = script(source, name + "/Fetch.java")

    def fetch(port, way, out, keep):
        done = command([program, "-cp", ":".join(paths), path, str(port), way,
                        word(), out, "yes" if keep else "no"])
        equal(done.returncode, 0, done.stderr[-300:])
    return fetch


@anyone
def javax_mail__keeps_and_deletes__in_each_way():
    each_way("javamail", java(JAVAMAIL, ["javax.mail.jar"], "java-mail"))


@anyone
def commons_net__keeps_and_deletes__in_each_way():
    each_way("commons-net", java(COMMONS_NET, ["commons-net.jar"],
                                 "java-net"))
