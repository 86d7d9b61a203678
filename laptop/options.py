"""What the batch on a laptop is asked, and the folder in which the data of such a run lie."""

import argparse
from pathlib import Path

from components.shared.names import SOURCES
from generators.own_options import add_reading, asked_files
from sources.files.naming import source_of

HORIZON_DAYS = 90  # the pipeline's own
IMPORT = "import"  # the folder of a source's folder in which its checked sales are


def parser(program: str, description: str) -> argparse.ArgumentParser:
    """Return the parser of the batch's options, which both of its processes read."""
    parser = argparse.ArgumentParser(
        prog=program, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--as-of", default="", help="the day of the run, YYYY-MM-DD")
    parser.add_argument(
        "--campaign",
        action="store_true",
        help="of generated customers: begin a campaign, go on to the day its window closes, and measure it",
    )
    parser.add_argument("--days", type=int, default=365, help="days of history to generate at first (365)")
    parser.add_argument("--customers", type=int, default=2000, help="customers to generate (2000)")
    parser.add_argument(
        "--defects", action="store_true", help="generate malformed records among the good ones"
    )
    parser.add_argument("--sales", nargs="+", help="your own sales instead: files, folders and patterns")
    add_reading(parser)
    parser.add_argument(
        "--horizon-days",
        type=int,
        help=f"days without a purchase that make a churn (the pipeline's own, {HORIZON_DAYS})",
    )
    parser.add_argument(
        "--sources",
        default=",".join(SOURCES),
        help=f'the sources beside the sales, or "" ({",".join(SOURCES)}); what is of another is not made',
    )
    parser.add_argument("--state-dir", type=Path, default=Path(".localcloud"), help="where all data lies")
    return parser


def state_folder(options: argparse.Namespace) -> Path:
    """Return the folder of the generated sales, or that of a source of somebody's own."""
    own = f"sales-{source_of(asked_files(options.sales), options.source)}" if options.sales else "demo"
    return Path(options.state_dir, own)
