"""What the bench has found out, for people to read."""
import shutil
import statistics
import subprocess

TITLES = {"dovecot": "Dovecot", "dovecot-tuned": "Dovecot, tuned",
          "courier": "Courier", "solid": "solid-pop3d", "popa3d": "popa3d",
          "qmail": "qmail-pop3d", "limit": "machine's limit",
          "solopop": "solopop"}


class Row:
    """One work, by everybody who did it."""

    def __init__(self, name, unit, values, targets, limit, more):
        self.name, self.unit, self.values = name, unit, values
        self.targets = [t for t in targets if t is not None]
        self.limit, self.more = limit, more

    def median(self, key):
        values = self.values.get(key)
        return statistics.median(values) if values else None

    def ratio(self, key):
        ours, theirs = self.median("solopop"), self.median(key)
        if ours is None or theirs is None or theirs <= self.least():
            return None
        return max(ours, self.least()) / theirs

    def least(self):
        """What is less than this is nothing but noise."""
        return 0.1 if self.unit == "ms" else 0

    def spread(self, key):
        """Half of the values lie so far apart, in percent of the median."""
        values = self.values.get(key) or []
        if len(values) < 3 or self.median(key) <= self.least():
            return None
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return 100 * (high - low) / 2 / statistics.median(values)

    def judge(self, target):
        """(text, verdict) of one bound."""
        key, sign, bound = target
        if key == "solopop":
            value = self.median(key)
            text = "%s %g %s" % (sign, bound, self.unit)
        else:
            value = self.ratio(key)
            text = "%s %g x %s" % (sign, bound, TITLES[key])
        if value is None:
            return text.strip(), "not judged"
        good = {"<=": value <= bound, "<": value < bound,
                ">=": value >= bound}[sign]
        return text.strip(), "met" if good else "**missed**"


def number(value):
    if value is None:
        return "-"
    if value >= 100:
        return "%.0f" % value
    return "%.1f" % value if value >= 10 else "%.2f" % value


def line(*cells):
    return "| " + " | ".join(cells) + " |"


def with_spread(row, key):
    value, spread = row.median(key), row.spread(key)
    if value is None:
        return "-"
    if row.unit == "ms" and value <= row.least():
        return "< %g" % row.least()
    return number(value) + ("" if spread is None else " ±%.0f%%" % spread)


def ratios(rows, peers):
    keys = peers + ["limit"]
    yield line("work", *(TITLES[k] for k in keys), "target", "")
    yield line(*["---"] * (len(keys) + 3))
    for row in rows:
        found = [row.judge(t) for t in row.targets]
        yield line(row.name, *(number(row.ratio(k)) for k in keys),
                   "<br>".join(t for t, _ in found),
                   "<br>".join(v for _, v in found))


def medians(rows, peers):
    keys = ["solopop"] + peers + ["limit"]
    yield line("work", "", *(TITLES[k] for k in keys), "the limit is")
    yield line(*["---"] * (len(keys) + 3))
    for row in rows:
        yield line(row.name, row.unit, *(with_spread(row, k) for k in keys),
                   row.limit or "-")


def markdown(rows, peers, absent, failures, took):
    out = ["Ratios: solopop's median divided by the other one's.  Below 1, "
           "solopop uses less; in rows of MB/s, above 1 is better.", ""]
    out += list(ratios(rows, peers))
    out += ["", "Medians of this run, with half the distance between the "
            "quartiles.", ""]
    out += list(medians(rows, peers))
    if absent:
        out += ["", "Not at hand:", ""]
        out += ["- %s: %s" % pair for pair in absent.items()]
    if failures:
        out += ["", "Not done, or not rightly:", ""]
        out += ["- %s, %s: %s" % (name, key, why)
                for name, keys in failures.items()
                for key, why in keys.items()]
    return "\n".join(out + ["", "It took %.0f seconds." % took])


# ---- plots -----------------------------------------------------------------

PLOTS = {
    "poll-unchanged": ("poll, unchanged, %s: CPU",
                       "Poll of an unchanged mailbox (STAT, LIST, UIDL)"),
    "poll-one-new": ("poll, one new message in %s: CPU",
                     "Poll with one new message"),
    "first-contact": ("first contact, %s, plain names: CPU",
                      "First contact, sizes to be found out"),
}
SIZES = [("10", 10), ("1k", 1000), ("10k", 10000), ("100k", 100000),
         ("1M", 1000000)]


def plots(rows, peers, doc, work):
    if shutil.which("gnuplot") is None:
        print("No plots: no gnuplot here (Debian: gnuplot-nox).")
        return
    for name, (pattern, title) in PLOTS.items():
        points = [(n, row) for word, n in SIZES for row in rows
                  if row.name == pattern % word]
        if len(points) > 1:
            plot("%s/%s.svg" % (doc, name), title, points,
                 ["solopop"] + peers + ["limit"], work)


def plot(path, title, points, keys, work):
    curves, data = [], ""
    for key in keys:
        mine = [(n, max(row.median(key), 0.1)) for n, row in points
                if row.median(key) is not None]
        if not mine:
            continue
        data += "".join("%d %g\n" % p for p in mine) + "\n\n"
        curves.append('"%s/plot.data" index %d with linespoints lw %d pt 7 '
                      'ps 0.5 title "%s"' % (
                          work, len(curves), 3 if key == "solopop" else 1,
                          TITLES[key]))
    with open(work + "/plot.data", "w") as f:
        f.write(data)
    script = """
set terminal svg size 720,440 font "sans-serif,13" background "white"
set output "%s"
set title "%s"
set xlabel "messages"
set ylabel "CPU, ms, login taken off"
set logscale xy
set format x "%%.0f"
set format y "%%g"
set grid
set key left top
set rmargin 6
plot %s
""" % (path, title, ", ".join(curves))
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
