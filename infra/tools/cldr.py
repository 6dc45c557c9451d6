"""Compares what the portal writes with CLDR's en-US and es-US, as Babel has them: 200 random values of each kind, in each
language. Where the portal writes otherwise on purpose, DEVIATIONS says so, each once; all else must be the same.

    cldr.py TOLD [SEED]

TOLD is the example `told` of shared/views. The seed is printed; with it, the same values are drawn again.
"""

import datetime
import decimal
import json
import random
import re
import subprocess
import sys
import unicodedata

from babel import Locale, core, dates, lists, numbers, units

LANGUAGES = {"en": Locale.parse("en_US"), "es": Locale.parse("es_US")}
VALUES = 200
NO_BREAK = "\u00a0"


class Deviation:
    """What the portal does otherwise than CLDR, in some languages and some kinds of values: changes CLDR's text into its."""

    def __init__(self, why, languages, kinds, change):
        self.why, self.languages, self.kinds, self.change = why, languages, kinds, change
        self.explained = 0

    def applied(self, text, kind, language):
        if language not in self.languages or kind not in self.kinds:
            return text
        changed = self.change(text)
        self.explained += changed != text
        return changed


def instead_of(pattern, replacement):
    return lambda text: re.sub(pattern, replacement, text)


def named(noon, midnight):
    """Noon and midnight in the place of 12 o'clock. The start of a range may leave it to the end to say am or pm."""
    def change(text):
        text = re.sub(r"(?<!:)\b12\s[ap]\.?m\b\.?", lambda twelve: noon if "p" in twelve[0] else midnight, text)
        is_pm = re.search(r"p\.?m\.?$", text) is not None
        return re.sub(r"^12(?=\s*–)", noon if is_pm else midnight, text)
    return change


DAYS = ["long day", "short day", "date", "dates", "span", "day from today"]
TIMES = ["time", "times"]
EN_PERIODS, ES_PERIODS = (LANGUAGES[language].day_periods["stand-alone"]["abbreviated"] for language in ("en", "es"))

# In the order in which they are made.
DEVIATIONS = [
    Deviation("a time is short: am and pm in small letters", ["en"], TIMES, instead_of("[AP]M", lambda half: half[0].lower())),
    Deviation("a full hour has no minutes: 8 am", ["en", "es"], TIMES, instead_of(":00", "")),
    Deviation("noon and midnight by their names, for few are sure what 12 am is", ["en"], TIMES,
              named(EN_PERIODS["noon"], EN_PERIODS["midnight"])),
    Deviation("mediodía and, for which CLDR has no word, medianoche", ["es"], TIMES,
              named(ES_PERIODS["noon"], "medianoche")),
    Deviation("a range is in words, as it is read out: 8 to 10 am, Nov 2 to 5", ["en"], ["times", "dates"],
              instead_of(r"\s–\s", " to ")),
    Deviation("between days that have a comma, the words have one: Sat, Dec 12, to Tue, Dec 15", ["en"], ["span"],
              instead_of(r"\s–\s", ", to ")),
    Deviation("a range of times is in words: de 8 a 10 a.m.", ["es"], ["times"],
              instead_of(r"^(.*?)\s?–\s?(.*)$", r"de \1 a \2")),
    Deviation("September is sept, as it was in CLDR up to 48; 49 has sep", ["es"], DAYS, instead_of(r"\bsep\b", "sept")),
    Deviation("in a sentence no comma is behind the weekday: mañana, viernes 27 de noviembre", ["es"], ["day from today"],
              instead_of("(lunes|martes|miércoles|jueves|viernes|sábado|domingo),", r"\1")),
    Deviation("a minus sign, as wide as a digit, and no hyphen: −$20.00", ["en", "es"], ["money"], instead_of("-", "−")),
    Deviation("a length of time has no comma, for it stands in sentences: 1 hour 5 minutes", ["en"], ["minutes"],
              instead_of(", ", " ")),
    Deviation("times, dates and counts do not break, and have no thin spaces", ["en", "es"],
              [*DAYS, *TIMES, "seats", "minutes"], instead_of("[ \u2009]", NO_BREAK)),
    Deviation("am and pm stand behind a no-break space of common width", ["en"], TIMES, instead_of("\u202f", NO_BREAK)),
]


# What CLDR says, of each kind.

def day(date, language, with_year):
    """CLDR names the full pattern only with the year. Without, a skeleton's day of the week is written as long as asked
    (UTS 35, "Matching Skeletons"), which Babel leaves to its caller."""
    locale = LANGUAGES[language]
    pattern = locale.date_formats["full"].pattern if with_year else locale.datetime_skeletons["MMMMEd"].pattern
    return dates.format_date(date, re.sub("E+", "EEEE", pattern), locale=locale)


def skeleton(date, language, skeleton):
    return dates.format_skeleton(skeleton, date, locale=LANGUAGES[language])


def interval(start, end, language, skeleton):
    return dates.format_interval(start, end, skeleton, locale=LANGUAGES[language])


def day_from(today, date, language):
    """CLDR's relative day, and what the day is. Two days are counted, though Spanish has a word for them; what is past, or
    further off than 30 days, has its date alone."""
    locale, days = LANGUAGES[language], (date.date() - today.date()).days
    long, on = day(date, language, date.year != today.year), {"en": "on", "es": "el"}[language]
    if days in (-1, 0, 1):
        word = locale._data["date_fields"]["day"]["relative"][days]
        return word if days == 0 else f"{word}, {long}"
    if 2 <= days <= 30:
        wait = datetime.timedelta(days=days)
        return f"{dates.format_timedelta(wait, 'day', threshold=99, add_direction=True, locale=locale)}, {on} {long}"
    return f"{on} {long}"


def money(minor, code, language):
    locale = LANGUAGES[language]
    amount = decimal.Decimal(minor).scaleb(-numbers.get_currency_precision(code))
    symbol = numbers.get_currency_symbol(code, locale)
    text = numbers.format_currency(amount, code, locale=locale)
    # CLDR's currencySpacing, which Babel leaves out: a symbol that ends with a letter does not touch a digit.
    return text if unicodedata.category(symbol[-1])[0] in "SZ" else text.replace(symbol, symbol + NO_BREAK)


def listed(items, language):
    """In Spanish every width has the "y"; in English the narrow one has no "and", as it stands in a row."""
    return lists.format_list(items, {"en": "standard-narrow", "es": "standard"}[language], LANGUAGES[language])


SEATS = {"en": {"one": "seat", "other": "seats"}, "es": {"one": "asiento", "other": "asientos"}}


def counted(count, language):
    return f"{count} {SEATS[language][LANGUAGES[language].plural_form(count)]}"


def length(minutes, language):
    """Babel has CLDR's list of units for English alone; for two of them, that of Spanish is as its other lists."""
    locale, style = LANGUAGES[language], {"en": "unit", "es": "standard"}[language]
    parts = [(minutes // 60, "duration-hour"), (minutes % 60, "duration-minute")]
    parts = [units.format_unit(count, unit, locale=locale) for count, unit in parts if count]
    return lists.format_list(parts, style, locale)


# Random values: what is asked of the portal, and what CLDR says.

# The contract's amounts are in ISO 4217's minor unit, and are shown to it. CLDR shows none of these, nor is XXX a currency.
WITHOUT_MINOR_UNIT = """ADP AFN ALL BYR COP ESP HUF IDR IQD IRR ITL KPW LAK LBP LUF MGA MGF MMK MRO SLL SOS STD SYP TMM TRL
    YER ZMK ZWD XXX""".split()
CURRENCIES = sorted(numbers.list_currencies() - set(WITHOUT_MINOR_UNIT))
NAMES = ["Cart #5", "Cart #14", "Dune Buggy", "Ocean", "6-Seater Premium", "4-Seater Classic × 4", "Carrito Ñ", "A, B"]


def moment(chance, year=None):
    year = year or chance.randint(2024, 2035)
    hour, minute = chance.choice([0, 12, chance.randrange(24)]), chance.choice([0, 0, 30, chance.randrange(60)])
    first = datetime.datetime(year, 1, 1, hour, minute)
    return first + datetime.timedelta(days=chance.randrange(366 if year % 4 == 0 else 365))


def ordered(chance, draw):
    one, other = sorted([draw(), draw()])
    return (one, other) if one != other else ordered(chance, draw)


def values(chance, language):
    """Kind by kind: what it is called, what `told` calls it, and what draws one: (what is asked, CLDR's text)."""
    def one(text, with_year):
        def draw():
            date = moment(chance)
            return {"from": date, "now": date.replace(year=date.year + with_year, month=3, day=1)}, text(date)
        return draw

    def dates_():
        start = moment(chance)
        end = start + datetime.timedelta(days=chance.choice([0, chance.randint(1, 9), chance.randint(10, 400)]))
        return {"from": start, "to": end}, interval(start.date(), end.date(), language, "yMMMd")

    def span():
        year = chance.randint(2024, 2035)
        start, end = ordered(chance, lambda: moment(chance, year))
        return {"from": start, "to": end, "now": start}, interval(start.date(), end.date(), language, "MMMEd")

    def day_from_today():
        today = moment(chance)
        date = today + datetime.timedelta(days=chance.choice([-1, 0, 1, 2, 30, 31, chance.randint(-40, 60)]))
        return {"from": date, "now": today}, day_from(today, date, language)

    def times():
        day = moment(chance).date()
        start, end = ordered(chance, lambda: datetime.datetime.combine(day, moment(chance).time()))
        return {"from": start, "to": end}, interval(start, end, language, "hm")

    def money_():
        code = chance.choice(["USD", "EUR", "KWD", "JPY", *chance.choices(CURRENCIES, k=6)])
        minor = chance.randrange(10 ** chance.randint(1, 13)) * chance.choice([1, 1, 1, -1])
        return {"amount_minor": minor, "currency": code}, money(minor, code, language)

    def list_():
        items = chance.choices(NAMES, k=chance.randint(1, 6))
        return {"items": items}, listed(items, language)

    def seats():
        count = chance.choice([1, 2, chance.randint(1, 100)])
        return {"count": count}, counted(count, language)

    def minutes():
        count = chance.choice([1, 60, 61, chance.randint(1, 59), chance.randint(1, 1500), 60 * chance.randint(1, 24)])
        return {"count": count}, length(count, language)

    yield "long days", "long day", one(lambda date: day(date, language, False), False)
    yield "long days with the year", "long day", one(lambda date: day(date, language, True), True)
    yield "short days", "short day", one(lambda date: skeleton(date, language, "MMMEd"), False)
    yield "short days with the year", "short day", one(lambda date: skeleton(date, language, "yMMMEd"), True)
    yield "dates", "date", one(lambda date: skeleton(date, language, "MMMMd"), False)
    yield "dates with the year", "date", one(lambda date: skeleton(date, language, "yMMMMd"), True)
    yield "ranges of dates", "dates", dates_
    yield "ranges of short days", "span", span
    yield "days from today", "day from today", day_from_today
    yield "times", "time", one(lambda date: skeleton(date, language, "hm"), False)
    yield "ranges of times", "times", times
    yield "money", "money", money_
    yield "lists", "list", list_
    yield "counts", "seats", seats
    yield "lengths of time", "minutes", minutes


def as_json(value):
    return f"{value.isoformat()}Z" if isinstance(value, datetime.datetime) else value


def same(ours, text, kind):
    """Where a line may break, the portal decides; in money and lists every space counts."""
    return ours == (text if kind in ("money", "list") else text.replace(" ", NO_BREAK))


def main():
    told, *seed = sys.argv[1:]
    seed = int(seed[0]) if seed else random.randrange(10**9)
    print(f"CLDR {core.get_cldr_version()}, seed {seed}")
    chance = random.Random(seed)
    compared, names = [], []
    for language in LANGUAGES:
        for name, kind, draw in values(chance, language):
            for _ in range(VALUES):
                fields, cldr = draw()
                asked = {name: as_json(value) for name, value in fields.items()}
                compared.append(({"kind": kind, "language": language, **asked}, cldr))
                names.append((name, language))
    lines = "".join(json.dumps(asked) + "\n" for asked, _ in compared)
    answer = subprocess.run(told, input=lines, stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8").stdout
    wrong = []
    for (asked, cldr), line in zip(compared, answer.splitlines(), strict=True):
        ours, text, kind = cldr, json.loads(line), asked["kind"]
        for deviation in DEVIATIONS:
            ours = deviation.applied(ours, kind, asked["language"])
        if not same(ours, text, kind):
            wrong.append(f"{asked}: {text!r}, and not {ours!r}, CLDR's {cldr!r}")
    for name in dict.fromkeys(name for name, _ in names):
        print(f"  {name}:", ", ".join(f"{names.count((name, language))} in {language}" for language in LANGUAGES))
    print("Otherwise on purpose:")
    for deviation in DEVIATIONS:
        print(f"  {deviation.explained} times in {' and '.join(deviation.languages)}: {deviation.why}")
        if not deviation.explained:
            wrong.append(f"explains nothing: {deviation.why}")
    if wrong:
        sys.exit("\n".join([*wrong[:20], f"{len(wrong)} wrong of {len(compared)}; to draw the same: SEED={seed}"]))
    print(f"{len(compared)} compared, and all else is as CLDR has it")


if __name__ == "__main__":
    main()
