"""Measure the check of a file with many lines: CPU seconds, elapsed seconds and peak memory.

python tests/bench/source_lines.py [--lines 1000000] [--memory 600] [--seconds 10]
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADER = "order_id,customer_id,order_date,sku,quantity,unit price,status\n"


def write(path: Path, lines: int) -> None:
    """Write orders of a few lines each over two years, with times, prices and statuses as shops have them."""
    chance = random.Random(17)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        order = 0
        for line in range(lines):
            order += chance.random() < 0.4
            day, second = order * 700 // (lines // 2 + 1), order % 86400
            date = f"{2024 + day // 336}-{day % 336 // 28 + 1:02}-{day % 28 + 1:02}"
            clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            price = f"{chance.randint(1, 40)}.{line % 100:02}"
            word = "refunded" if order % 17 == 0 else "paid"
            sku, pieces = chance.randint(1, 500), chance.randint(1, 4)
            file.write(f"N{order},c{order % 50021},{date} {clock},s{sku},{pieces},{price},{word}\n")


def main() -> int:
    """Run the check as a user does; return 1 if it takes more time or memory than allowed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--memory", type=int, default=600, help="MB at most")
    parser.add_argument("--seconds", type=float, default=10, help="on the clock of two quiet cores at most")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        write(path, options.lines)
        size, begun = path.stat().st_size, time.perf_counter()
        command = [sys.executable, "-m", "sources", "check", str(path), "--source", "bench"]
        subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
        seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory, processor = used.ru_maxrss / 1024, used.ru_utime + used.ru_stime
    print(
        f"{options.lines:,} lines of {size / 1e6:.0f} MB: {seconds:.1f} s, {processor:.1f} s of processor, "
        f"{memory:.0f} MB at most"
    )
    return int(memory > options.memory or seconds > options.seconds)


if __name__ == "__main__":
    sys.exit(main())
