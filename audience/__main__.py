"""List customers to contact, start campaigns with a holdout, measure their effect.

A list is a CSV of pseudonyms; --with-ids adds the shop's own customer ids, for
those who may read them. A campaign is a list whose effect can be measured:
start records it and holds out a share of its customers; once its window has
closed, effect reports how many customers it retained. See docs/audience.md.

examples:
  make audience ARGS='--top 500 --output calls.csv'   from make run's cloud
  python -m audience --top 500 --output calls.csv
  python -m audience --top 500 --with-ids --output calls.csv
  python -m audience --top 500 --currency EUR --lapsed --output back.csv
  python -m audience start spring --holdout-share 0.2 --output spring.csv
  python -m audience --campaign spring --output again.csv   writes it again
  python -m audience effect spring --cost 2.50              measures it
"""

import argparse
import sys
from pathlib import Path

from google.api_core.exceptions import NotFound

from audience.effects import measure
from audience.lists import Choice, add_ids, choose_customers, ids_of, lapsed_shares, read_list, start
from audience.sheet import check_output, write_csv
from audience.warehouse import Row, Warehouse
from components.shared.clients import bigquery_client
from components.shared.command_line import add_project, end_quietly, print_error
from components.shared.credentials import describe_error
from components.shared.errors import ArgumentsError, StepError
from components.shared.names import DATASETS
from components.shared.retries import FAILED_CALL

START_TOP = 3_000  # the default holdout, a tenth, is then large enough for a comparison
LAYERS = ("bi", "warehouse", "contacts")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code, 1 or 2 with a one-line message if it failed."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words = ["list", *words]
    options = _parser().parse_args(words)
    try:
        _run(options)
    except NotFound as error:
        return _fail(f"run the batch first, as make run does: {error.message.partition('; reason:')[0]}")
    except ArgumentsError as error:
        return _fail(str(error), 2)
    except (*FAILED_CALL, OSError, StepError) as error:
        return _fail(describe_error(error))
    return 0


def _run(options: argparse.Namespace) -> None:
    if options.verb != "effect":
        check_output(options.output, replace=options.replace)
    datasets = {layer: getattr(options, f"{layer}_dataset") for layer in LAYERS}
    with bigquery_client(options.project) as client:
        warehouse = Warehouse(client, datasets)
        {"list": _list, "start": _start, "effect": _effect}[options.verb](warehouse, options)


def _list(warehouse: Warehouse, options: argparse.Namespace) -> None:
    _tell("reading the customers …")
    name = options.campaign
    rows = read_list(warehouse, name) if name else choose_customers(warehouse, _choice(options))
    _write(warehouse, options, rows)
    whose = "in this list" if options.lapsed else "listed separately: --lapsed"
    for currency, share in lapsed_shares(rows).items():
        print(f"{currency}: {share:.0%} of the value at risk belongs to lapsed customers, {whose}")


def _start(warehouse: Warehouse, options: argparse.Namespace) -> None:
    if options.with_ids:
        ids_of(warehouse, ["nobody"])  # fail before the campaign starts if the ids may not be read
    _tell("drawing the holdout …")
    made = start(warehouse, options.campaign, _choice(options), options.holdout_share)
    listed_count = made["customers"] - made["held_out"]
    print(
        f"{options.campaign}: {listed_count:,} listed, {made['held_out']:,} held out, from "
        f"{made['started_on']} on; the window closes on {made['closes_on']}"
    )
    _write(warehouse, options, read_list(warehouse, options.campaign))


def _effect(warehouse: Warehouse, options: argparse.Namespace) -> None:
    _tell("reading the outcomes …")
    for effect in measure(warehouse, options.campaign, options.points / 100, options.cost):
        print(f"{effect.subject}: {effect.verdict}\n  {effect.sentence}")


def _write(warehouse: Warehouse, options: argparse.Namespace, rows: list[Row]) -> None:
    found = add_ids(warehouse, rows) if options.with_ids else rows
    write_csv(options.output, found)
    gone = len(rows) - len(found)
    left_out = f"; {gone:,} no longer customers of the shop are left out" if gone else ""
    print(f"{options.output}: {len(found):,} customers{left_out}")


def _choice(options: argparse.Namespace) -> Choice:
    return Choice(options.top, options.currency, options.lapsed)


def _tell(doing: str) -> None:
    if sys.stderr.isatty():
        print(doing, file=sys.stderr)


def _fail(message: str, code: int = 1) -> int:
    print_error(message)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m audience", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", metavar="list|start|effect")
    places, output = _places(), _output()
    plain = verbs.add_parser("list", parents=[places, output], help="write a list (the default)")
    plain.add_argument("--campaign", default="", metavar="NAME", help="write the list of this campaign again")
    starts = verbs.add_parser("start", parents=[places, output], help="start a campaign that can be measured")
    starts.add_argument("campaign", metavar="NAME", help="name of the campaign, such as spring-2026")
    starts.set_defaults(top=START_TOP)
    starts.add_argument("--holdout-share", type=float, default=0.1, help="share of customers held out (0.1)")
    effect = verbs.add_parser("effect", parents=[places], help="measure a campaign's effect")
    effect.add_argument("campaign", metavar="NAME", help="name of a campaign whose window has closed")
    effect.add_argument("--cost", type=_money, metavar="2.50", help="cost per listed customer")
    effect.add_argument("--points", type=_money, default=3.0, help="customers retained per 100 to detect (3)")
    return parser


def _places() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    add_project(parser)
    for layer in LAYERS:
        parser.add_argument(
            f"--{layer}-dataset", default=DATASETS[layer], metavar="NAME", help=f"({DATASETS[layer]})"
        )
    return parser


def _output() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the CSV to write")
    parser.add_argument("--replace", action="store_true", help="overwrite an existing file")
    parser.add_argument(
        "--top", type=int, default=500, help=f"number of customers (500; in a campaign {START_TOP:,})"
    )
    parser.add_argument("--currency", default="", help="only customers who pay in it, such as EUR")
    parser.add_argument("--with-ids", action="store_true", help="include the shop's own customer ids")
    parser.add_argument("--lapsed", action="store_true", help="lapsed customers instead of the others")
    return parser


def _money(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


if __name__ == "__main__":
    sys.exit(end_quietly(main))
