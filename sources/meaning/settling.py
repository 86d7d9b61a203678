"""What the lines as a whole decide about single ones, before anything is counted or asked."""

from sources.meaning.sold import SoldLines


def exclude_total_line(sold: SoldLines) -> list[str]:
    """Leave out a last line that costs the sum of all others and says that it is a total; return a warning.

    If no word says so, the line counts, with a warning too.
    """
    found = sold.fetch_all(sold.read_sql("last_line"))
    if not found or not found[0][2] or found[0][1] != found[0][2]:
        return []
    [(last, _, own, has_total_word)] = found
    where = f"n = {last}"
    if has_total_word:
        sold.raw.con.execute(f"update money set left_out = 'a total line', accepted = false where {where}")
    amount = f"the last line's amount, {own / 100:,.2f}, is the sum of all others ({sold.places(where)})"
    return [f"{amount}: {'left out as a total line' if has_total_word else 'is it a total line?'}"]


def set_usual_currency(sold: SoldLines) -> None:
    """Let lines without a currency, such as cancelled ones, have that of most others."""
    (usual,) = sold.fetch_one("select mode(currency) from money where accepted and currency is not null")
    if usual is not None:
        sold.raw.con.execute("set variable usual_currency = ?", [usual])
