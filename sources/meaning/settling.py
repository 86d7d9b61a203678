"""What the lines as a whole decide about single ones, before anything is counted or asked."""

from sources.meaning.sold import SHOWN, SoldLines

LAST = 5  # lines of a file, below which a total needs a word that says so


def exclude_total_lines(sold: SoldLines) -> list[str]:
    """Leave out lines that cost the sum of those above them and say that they are totals; return warnings.

    If no word says so, the line counts, with a warning too.
    """
    found = sold.fetch_all(sold.read_sql("total_lines").replace("the_last", str(LAST)))
    if totals := ", ".join(str(n) for n, _, said in found if said):
        sold.raw.con.execute(
            f"update money set left_out = 'a total line', accepted = false where n in ({totals})"
        )
    return [
        f"the amount {own / 100:,.2f} is the sum of others above it ({sold.raw.place(n)}): "
        f"{'left out as a total line' if said else 'is it a total line?'}"
        for n, own, said in found[:SHOWN]
    ]


def set_usual_currency(sold: SoldLines) -> None:
    """Let lines without a currency, such as cancelled ones, have that of most others."""
    (usual,) = sold.fetch_one("select mode(currency) from money where accepted and currency is not null")
    if usual is not None:
        sold.raw.con.execute("set variable usual_currency = ?", [usual])
