"""Simulate a thousand campaigns of known effect: how often the interval holds it, and an effect is found.

usage: .venv/bin/python tests/bench/campaigns.py [CAMPAIGNS] [SEED]
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.audience.plain import shares

SEED = 20


def main(campaigns: int = 1_000, seed: int = SEED) -> None:
    """Print a line for each kind of campaign."""
    began = time.process_time()
    for customers, share, kept in (
        (2_000, 0.1, 0.15),
        (2_000, 0.1, 0.0),
        (2_000, 0.5, 0.15),
        (10_000, 0.1, 0.05),
    ):
        found = shares(np.random.default_rng(seed), campaigns, customers, share, kept)
        told = "  ".join(f"{name} {value:6.3f}" for name, value in found.items())
        print(f"{campaigns:,} of {customers:,}, {share:.0%} held out, {kept:.0%} kept:  {told}", flush=True)
    print(f"{time.process_time() - began:.0f} s of processor")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
