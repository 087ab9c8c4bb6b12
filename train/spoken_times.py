"""Dates and times of day as people write them, asked for as written or in one fixed form."""

from __future__ import annotations

import datetime
import random

from train import words
from train.spoken import Spoken, spell


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def draw_date(rng: random.Random, first: str = "2019", last: str = "2027") -> Spoken:
    """A day, asked for as it is written or as YYYY-MM-DD."""
    day = datetime.date(int(first), 1, 1)
    span = (datetime.date(int(last), 12, 31) - day).days
    day += datetime.timedelta(days=rng.randint(0, span))
    month, iso = words.MONTHS[day.month - 1], day.isoformat()
    weekday = words.WEEKDAYS[day.weekday()]
    parts = {"weekday": weekday, "year": day.year, "month": month}
    as_iso = rng.random() < 0.55
    forms = [
        *(f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}", iso),
        *(f"{_ordinal(day.day)} {month} {day.year}", f"{month} {_ordinal(day.day)}, {day.year}"),
        *(f"{day.day} {month[:3]} {day.year}", f"{month[:3]} {day.day}, {day.year}"),
    ]
    if as_iso:
        forms += [
            *(
                f"{weekday}, {day.day} {month} {day.year}",
                f"the {_ordinal(day.day)} of {month} {day.year}",
            ),
            *(
                f"{day.day:02d}.{day.month:02d}.{day.year}",
                f"{weekday} {month} {day.day}, {day.year}",
            ),
        ]
        if day.day > 12:  # else nobody could tell the day from the month
            forms += [day.strftime("%d/%m/%Y"), day.strftime("%m/%d/%Y")]
    text = rng.choice(forms)
    hint = "YYYY-MM-DD" if as_iso else ""
    named = {name: parts[name] for name in parts if str(parts[name]) in text}
    return Spoken(
        iso if as_iso else text, text, "string", hint, parts=named, rank=float(day.toordinal())
    )


def draw_day(rng: random.Random) -> Spoken:
    """A day without its year, as it is written."""
    month, day = rng.choice(words.MONTHS), rng.randint(1, 28)
    forms = (f"{day} {month}", f"{month} {day}", f"{_ordinal(day)} {month}")
    rank = words.MONTHS.index(month) * 31.0 + day
    return Spoken(text := rng.choice(forms), text, "string", rank=rank)


def _clock_words(hour: int, minute: int) -> str:
    part = "at night" if hour < 5 or hour > 21 else "in the morning" if hour < 12 else ""
    part = part or ("in the afternoon" if hour < 17 else "in the evening")
    now, after = spell(hour % 12 or 12), spell((hour + 1) % 12 or 12)
    said = {0: f"{now} o'clock", 30: f"half past {now}", 15: f"quarter past {now}"}
    said |= {45: f"quarter to {after}", 10: f"ten past {now}", 50: f"ten to {after}"}
    return f"{said[minute]} {part}"


def draw_time(rng: random.Random, low: str = "6", high: str = "21") -> Spoken:
    """A time of day, asked for as it is written or as HH:MM of 24 hours."""
    hour = rng.randint(int(low), int(high))
    minute = rng.choice((0, 0, 15, 30, 30, 45, 10, 50, rng.randint(0, 59)))
    wanted, half = f"{hour:02d}:{minute:02d}", "am" if hour < 12 else "pm"
    short = f"{hour % 12 or 12}:{minute:02d} {half}"
    forms = [wanted, wanted, short, short.replace(" ", "")]
    if minute == 0:
        forms += [f"{hour % 12 or 12} {half}", f"{hour % 12 or 12}{half}"]
    rank = hour * 60.0 + minute
    if rng.random() < 0.5:
        return Spoken(text := rng.choice(forms), text, "string", rank=rank)
    # from quarter to twelve on, the next hour is in another part of the day
    if minute in (0, 10, 15, 30, 45, 50) and hour not in (4, 11, 16, 21, 23):
        forms += [_clock_words(hour, minute)] * 3
    return Spoken(wanted, rng.choice(forms), "string", "HH:MM", "24-hour clock", rank=rank)
