#!/usr/bin/env python3
"""C4, C5, C9: random calendar expressions against systemd-analyze, in six zones.

calendar_firings.py --binary PATH [--count N] [--long] [--seed N]
Each of N expressions (whole: 2,000) is asked for its next firings in each zone, from a random moment, of both
programs. They must be equal but on days on which the zone's clock changes; there C4 rules, and the tables in
Tests/BackupModelTests judge. As many garbled expressions are read by both: the same ones must be refused.

systemd 252 itself errs where a value repeats to the end of its component (`*:2/9`, `*-*-14/16`): at the turn of day,
month or year the overshoot becomes the start of the search, so it loses firings, or gives up ("Resource deadlock").
Such a firing is counted apart, and only if systemd finds it when asked for it: from a second before it, or of the same
expression with the ranges closed (`*:2..59/9`).
"""
import argparse
import datetime
import os
import random
import re
import subprocess
import sys
import zoneinfo

from harness import Proof, options_of

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu")
NAMED = ("UTC", "Europe/Berlin", "Asia/Tokyo", "America/St_Johns", "Pacific/Auckland")
WHOLE, SHARE, BATCH, FIRINGS = 2000, 200, 40, 25
UTC = datetime.timezone.utc
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG = ("Monday", "tuesday", "WEDNESDAY", "Thursday", "friday", "Saturday", "sunday")
SHORTHANDS = ("minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually",
              "bi-annually", "Daily", "WEEKLY")
# From here to there; beyond 2037 the C library under systemd loses days south of the equator.
FIRST, LAST = (int(datetime.datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2020, 2037))


class Maker:
    """Writes expressions that systemd reads."""

    def __init__(self, rng):
        self.rng = rng

    def one(self):
        rng = self.rng
        if rng.random() < 0.04:
            text = rng.choice(SHORTHANDS)
        else:
            parts = [self.weekdays()] if rng.random() < 0.35 else []
            dated = rng.random() < 0.7
            if dated:
                parts.append(self.date())
            if not parts or rng.random() < 0.8:
                parts.append(self.time())
            text = " ".join(parts)
        if rng.random() < 0.1:
            text += " " + rng.choice(NAMED)
        return text

    def weekdays(self):
        rng, parts = self.rng, []
        for _ in range(rng.choice((1, 1, 2, 3))):
            first = rng.randrange(7)
            name = lambda day: rng.choice((DAYS, DAYS, LONG))[day]
            if rng.random() < 0.4:
                parts.append(name(first) + rng.choice(("..", "..", "-")) + name(rng.randrange(first, 7)))
            else:
                parts.append(name(first))
        return ",".join(parts) + ("," if rng.random() < 0.05 else "")

    def date(self):
        rng = self.rng
        from_end = rng.random() < 0.25
        day = self.from_end() if from_end else self.list(1, 31, 0.4)
        month = self.list(1, 12, 0.6)
        mark = "~" if from_end else "-"
        if rng.random() < 0.2:
            return month + mark + day
        year = rng.choice(("*", "*", "*", "*", self.list(2020, 2042, 0), self.list(20, 42, 0)))
        return f"{year}-{month}{mark}{day}"

    def from_end(self):
        rng, parts = self.rng, []
        for _ in range(rng.choice((1, 1, 2))):
            first = rng.randint(1, 28)
            kind = rng.random()
            if kind < 0.5 or first == 1:
                parts.append(self.number(first))
            elif kind < 0.75:
                parts.append(f"{self.number(first)}/{rng.randint(1, first - 1)}")
            else:
                parts.append(f"{self.number(first)}..{rng.randint(first, 28)}" + self.step(0.3, 6))
        return ",".join(parts)

    def time(self):
        rng = self.rng
        text = self.list(0, 23, 0.3) + ":" + self.list(0, 59, 0.3)
        if rng.random() < 0.35:
            text += ":" + self.list(0, 59, 0.2, fraction=0.2)
        return text

    def list(self, low, high, star, fraction=0.0):
        if self.rng.random() < star:
            return "*"
        return ",".join(self.span(low, high, fraction) for _ in range(self.rng.choice((1, 1, 1, 2, 4))))

    def span(self, low, high, fraction):
        rng = self.rng
        first, kind = rng.randint(low, high), rng.random()
        text = self.number(first) + (f".{rng.randint(0, 999):03}" if rng.random() < fraction else "")
        if kind < 0.5 or first > high - 2:
            return text
        if kind < 0.75:
            return text + "/" + self.number(rng.randint(1, high - first - 1))
        return text + ".." + self.number(rng.randint(first + 1, high)) + self.step(0.4, high - low)

    def step(self, share, most):
        return f"/{self.rng.randint(1, most)}" if self.rng.random() < share else ""

    def number(self, value):
        return f"{value:02}" if self.rng.random() < 0.5 else str(value)

    def garbled(self):
        rng, text = self.rng, self.one()
        for _ in range(rng.choice((1, 1, 1, 2))):
            at = rng.randrange(len(text) + 1)
            kind = rng.random()
            if kind < 0.4:
                text = text[:at] + text[at + 1:]
            elif kind < 0.8:
                text = text[:at] + rng.choice("0123456789*-~:/.., MonSu@") + text[at:]
            else:
                text = text[:at] + text[at:at + 3] + text[at:]
        return text


def stamp(text):
    return int(datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())


def ask_systemd(expressions, zone, after, count):
    environment = dict(os.environ, TZ=zone, LC_ALL="C", SYSTEMD_COLORS="0", SYSTEMD_PAGER="")
    command = ["systemd-analyze", "calendar", f"--iterations={count}", f"--base-time=@{after}", "--", *expressions]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)


def of_systemd(expressions, zone, after, count):
    """For each expression its normal form and its firings; no form where it is refused, no list where it gives up."""
    out = ask_systemd(expressions, zone, after, count)
    if out.returncode and len(expressions) > 1:
        return [of_systemd([text], zone, after, count)[0] for text in expressions]
    if out.returncode:
        return [(None, None if "Resource deadlock" in out.stderr else [])]
    answers = []
    for block in out.stdout.strip("\n").split("\n\n"):
        times = re.findall(r"\(in UTC\): \w+ (\S+ \S+) UTC", block)
        if not times:
            times = re.findall(r"(?:elapse|#\d+): \w+ (\S+ \S+) UTC", block)
        answers.append((re.search(r"Normalized form: (.*)", block).group(1), [stamp(time) for time in times]))
    return answers


def of_holdfast(binary, expressions, zone, after, count):
    since = datetime.datetime.fromtimestamp(after, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    command = [binary, "schedule", "firings", "--zone", zone, "--after", since, "--count", str(count)]
    out = subprocess.run(command, input="\n".join(expressions) + "\n", capture_output=True, text=True, timeout=600,
                         check=True)
    answers = []
    for line in out.stdout.splitlines():
        if line[:2] in ("= ", "! "):
            answers.append((line[2:] if line[0] == "=" else None, []))
        elif line:
            answers[-1][1].append(stamp(line[:-1].replace("T", " ")))
    return answers


class Days:
    """On which local days the clock of a zone changes."""

    def __init__(self, name):
        self.zone, self.changing = zoneinfo.ZoneInfo(name), set()
        offset = lambda second: datetime.datetime.fromtimestamp(second, self.zone).utcoffset()
        for second in range(FIRST - 86400, LAST + 86400, 21600):
            low, high = second, second + 21600
            if offset(low) == offset(high):
                continue
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            self.changing |= {self.day(low), self.day(high)}

    def day(self, second):
        return datetime.datetime.fromtimestamp(second, self.zone).date()

    def plain(self, times):
        return [time for time in times if self.day(time) not in self.changing]


class Comparison:
    """Counts what was equal, what was not, and where systemd contradicts itself."""

    def __init__(self, proof, binary, rng):
        self.proof, self.binary, self.rng, self.days = proof, binary, rng, {}
        self.firings = self.changes = self.lost = self.gave_up = self.hopeless = 0

    def run(self, expressions):
        for zone in ZONES:
            for start in range(0, len(expressions), BATCH):
                batch, after = expressions[start:start + BATCH], self.rng.randrange(FIRST, LAST)
                theirs = of_systemd(batch, zone, after, FIRINGS)
                ours = of_holdfast(self.binary, batch, zone, after, FIRINGS)
                if self.proof.require(len(theirs) == len(ours) == len(batch), f"{zone} @{after}: answers are missing"):
                    for text, their, our in zip(batch, theirs, ours):
                        self.one(text, zone, after, their, our)

    def one(self, text, zone, after, their, our):
        (form, times), (our_form, our_times) = their, our
        if times is None:
            times = of_systemd([closed(our_form)], zone, after, FIRINGS)[0][1]
            form = our_form
            self.gave_up += 1
            if times is None:
                self.hopeless += 1
                return
        if our_form is None and not times:
            # It never fires, which we refuse and systemd accepts (C9).
            self.proof.cases += 1
            return
        named = text.rsplit(" ", 1)[-1]
        where = named if named in NAMED else zone
        days = self.days[where] = self.days.get(where) or Days(where)
        self.changes += any(days.day(time) in days.changing for time in times + our_times)
        why = self.difference(text, zone, days, our_form, times, our_times)
        if self.proof.check(why is None, f"'{text}' in {zone} after @{after}: {why}"):
            self.proof.require(form == our_form, f"'{text}': normal form {our_form}, not {form}")

    def difference(self, text, zone, days, form, theirs, ours):
        """The first difference on a day without a change, up to where both lists reach."""
        reach = min([LAST, *(times[-1] for times in (theirs, ours) if len(times) == FIRINGS)])
        a, b = ([time for time in days.plain(times) if time <= reach] for times in (theirs, ours))
        while a != b:
            at = next((index for index, pair in enumerate(zip(a, b)) if pair[0] != pair[1]), min(len(a), len(b)))
            if at < len(b) and (at == len(a) or b[at] < a[at]) and "/" in form:
                asked = (of_systemd([words], zone, b[at] - 1, 1)[0][1] for words in (text, closed(form)))
                if any(found == [b[at]] for found in asked):
                    self.lost += 1
                    del b[at]
                    continue
            show = lambda times: (datetime.datetime.fromtimestamp(times[at], UTC).isoformat() if at < len(times)
                                  else "no more")
            return f"firing {at + 1}: systemd {show(a)}, ours {show(b)}"
        self.firings += len(a)
        return None


def closed(form):
    """A normal form with every repetition ended where its component ends; those from a month's end stay."""
    words = form.split(" ")
    at = 1 if re.match("[A-Z]", words[0]) else 0

    def close(part, last):
        return ",".join(re.sub(r"^([\d.]+)/", rf"\1..{last}/", span) if ".." not in span else span
                        for span in part.split(","))

    if "~" not in words[at]:
        words[at] = "-".join(map(close, words[at].split("-"), (2199, 12, 31)))
    words[at + 1] = ":".join(map(close, words[at + 1].split(":"), (23, 59, "59.999999")))
    return " ".join(words)


def refusals(proof, binary, expressions):
    """Garbled text is refused by both, or read by both in the same sense."""
    refused = 0
    ours = of_holdfast(binary, expressions, "UTC", 0, 0)
    for text, (our_form, _) in zip(expressions, ours):
        form, times = of_systemd([text], "UTC", 0, 1)[0]
        expected = form if times else None
        refused += expected is None
        proof.check(our_form == expected, f"garbled '{text}': {our_form}, systemd {expected}")
    return refused


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    count = options.count or (WHOLE if options.long else SHARE)
    rng, proof = random.Random(options.seed), Proof("calendar_firings")
    maker = Maker(rng)
    expressions, seen = [], set()
    while len(expressions) < count:
        batch = [text for text in (maker.one() for _ in range(BATCH)) if text not in seen]
        seen.update(batch)
        # One of them may be no valid expression after all; the maker overshoots now and then.
        expressions += [text for text, answer in zip(batch, of_systemd(batch, "UTC", FIRST, 1)) if answer[0]]
    del expressions[count:]
    comparison = Comparison(proof, options.binary, rng)
    comparison.run(expressions)
    wrong = len(proof.failures)
    # Not systemd's business: blanks at the ends are forgiven, five words are cron, and a list of days from the month's
    # end may begin with its latest (there systemd's limit shrinks from one entry to the next).
    garbled = [text for text in (maker.garbled() for _ in range(count * 2))
               if text and text == text.strip() and len(text.split()) < 5 and not re.search(r"^@|~[^ ]*,", text)][:count]
    refused = refusals(proof, options.binary, garbled)
    return proof.end(
        f"{count} expressions in {len(ZONES)} zones, {comparison.firings} firings equal, {wrong} differences; "
        f"{comparison.changes} lists met a clock change; systemd lost {comparison.lost} and gave up on "
        f"{comparison.gave_up} ({comparison.hopeless} also when closed); {len(garbled)} garbled, {refused} refused by both")


if __name__ == "__main__":
    sys.exit(main())
