"""The customers behind all generated data: who they are, how long they stay, and when they buy.

Nothing is stored. Customers arrive in weekly cohorts without beginning or end; a cohort depends only on the
seed and its week, a day's purchases on the seed and the day, so any day can be generated alone and is always
the same.
"""

import hashlib
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from contracts.contract import load

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

CATEGORIES = ("outerwear", "knitwear", "boots", "accessories", "ski", "home")
CHANNELS = tuple(word for word in load("sale").values("channel") if word != "unknown")
DEVICES = load("click").values("device_type_category")
CURRENCIES = ("EUR", "USD", "GBP")

MEAN_LIFE = 1500.0  # days from the first purchase to leaving, before the cut at LONGEST_LIFE
LONGEST_LIFE = 3285.0
# Buyers from a marketplace leave sooner than users of the app; overall, this roughly cancels out.
CHANNEL_LIFE = np.array([1.0, 1.3, 1.1, 0.5])
CHANNEL_SHARES = np.array([0.45, 0.25, 0.15, 0.15])
# Most buy rarely and a few often, so that 90 days of silence mean little for some and much for others.
RATE_SHAPE = 0.8
PURCHASES_A_DAY = 13.0 / 365.0
WEEKDAYS = np.array([0.90, 0.92, 0.96, 1.00, 1.15, 1.22, 0.85])
SEASON_SWING = 0.2
SEASON_PEAK = 350  # the middle of December, as a day of the year
DAYS_GATHERED = 364


@dataclass(frozen=True)
class Lives:
    """Customers as columns of equal length: their latent lifetime and their habits."""

    number: Integers  # unique: the week of birth and the place in its cohort
    birth: Integers  # proleptic ordinal of the day of the first purchase
    end: Integers  # ordinal of the first day on which the customer is gone
    rate: Floats  # purchases a day
    price_level: Floats  # around 1
    pieces: Floats  # mean number of pieces beyond the first
    category: Integers
    channel: Integers
    device: Integers
    currency: Integers
    pays_by_card: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """Return the customers at these positions, or selected by this mask."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @classmethod
    def concatenate(cls, parts: list["Lives"]) -> "Lives":
        """Return the customers of all parts, in order."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True)
class Population:
    """A shop's customers: about `customers` of them active on any day, all derived from `seed`."""

    customers: int = 2000
    seed: int = 7

    def __post_init__(self) -> None:
        if self.customers < 1 or self.seed < 0:
            raise ValueError("customers must be at least 1, and seed must not be negative")

    def random(self, subject: str, moment: int) -> np.random.Generator:
        """Return the random generator for a subject at a time (a day or a week), always the same one."""
        return np.random.default_rng([self.seed, self.customers, *subject.encode(), moment])

    def identifier(self, subject: str, *parts: object) -> str:
        """Return 16 hexadecimal digits that identify a thing, always the same ones."""
        text = "/".join(map(str, (self.seed, subject, *parts)))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def customer_id(self, number: int) -> str:
        """Return the id under which the shop knows a customer."""
        return "C" + self.identifier("customer", number)

    def living(self, day: date) -> Lives:
        """Return the customers who are active on a day, in a fixed order."""
        ordinal = day.toordinal()
        # A year's candidates are gathered at once: gathering is slow, but choosing a day's from them is fast.
        candidates = _candidates(self, ordinal // DAYS_GATHERED)
        return candidates.take((candidates.birth <= ordinal) & (ordinal < candidates.end))

    def purchases(self, day: date) -> Lives:
        """Return who buys on a day, once per purchase: everybody on their first day, then at random."""
        return _purchases(self, day.toordinal())


def season(day: date) -> float:
    """Return how much busier than average a day is, by the time of year and the weekday."""
    phase = 2 * np.pi * (day.timetuple().tm_yday - SEASON_PEAK) / 365.25
    return float((1 + SEASON_SWING * np.cos(phase)) * WEEKDAYS[day.weekday()])


def _cohort_size(customers: int, week: int) -> int:
    life = MEAN_LIFE * CHANNEL_LIFE
    mean_life = float(CHANNEL_SHARES @ (life * (1 - np.exp(-LONGEST_LIFE / life))))
    arrivals_a_week = customers * 7 / mean_life
    return int(np.floor((week + 1) * arrivals_a_week) - np.floor(week * arrivals_a_week))


def _cohort(population: Population, week: int) -> Lives:
    size = _cohort_size(population.customers, week)
    random = population.random("cohort", week)
    channel = random.choice(len(CHANNELS), size, p=CHANNEL_SHARES)
    birth = week * 7 + 1 + random.integers(0, 7, size)
    life = np.minimum(random.exponential(MEAN_LIFE * CHANNEL_LIFE[channel]), LONGEST_LIFE)
    return Lives(
        number=week * 1_000_000 + np.arange(size),
        birth=birth,
        end=birth + np.ceil(life).astype(np.int64),
        rate=random.gamma(RATE_SHAPE, PURCHASES_A_DAY / RATE_SHAPE, size),
        price_level=random.lognormal(0.0, 0.3, size),
        pieces=random.gamma(1.5, 0.4, size),
        category=random.choice(len(CATEGORIES), size, p=[0.25, 0.25, 0.15, 0.2, 0.05, 0.1]),
        channel=channel,
        device=random.choice(len(DEVICES), size, p=[0.6, 0.32, 0.08]),
        currency=random.choice(len(CURRENCIES), size, p=[0.9, 0.06, 0.04]),
        pays_by_card=random.random(size) < 0.6,
    )


@lru_cache(maxsize=8)
def _candidates(population: Population, period: int) -> Lives:
    first, last = period * DAYS_GATHERED, (period + 1) * DAYS_GATHERED - 1
    weeks = range((first - int(LONGEST_LIFE)) // 7 - 1, (last - 1) // 7 + 1)
    lives = Lives.concatenate([_cohort(population, week) for week in weeks])
    return lives.take((lives.birth <= last) & (lives.end > first))


@lru_cache(maxsize=64)
def _purchases(population: Population, ordinal: int) -> Lives:
    day = date.fromordinal(ordinal)
    living = population.living(day)
    counts = population.random("purchases", ordinal).poisson(living.rate * season(day))
    counts = np.where(living.birth == ordinal, np.maximum(counts, 1), counts)
    return living.take(np.repeat(np.arange(len(living)), counts))
