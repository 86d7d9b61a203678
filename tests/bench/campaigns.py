"""Simulate a thousand campaigns of known effect: how often the interval holds it, and an effect is found.

python tests/bench/campaigns.py [--campaigns 1000] [--seed 20]
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.audience.plain import shares


def measure(campaigns: int, seed: int) -> None:
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


def main() -> None:
    """Measure as many campaigns of each kind as asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--campaigns", type=int, default=1_000, help="of each kind")
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    measure(options.campaigns, options.seed)


if __name__ == "__main__":
    main()
