"""A price that is the line's is not multiplied by the quantity, whether or not a column names the product."""

from tests.sources.conftest import Read, money

HEAD = "customer_id,invoice_no,category,quantity,price,invoice_date\n"
BOUGHT = [(1, "600.17"), (3, "15.15"), (2, "15.15"), (5, "600.17"), (1, "15.15"), (4, "600.17")]


def sold(*, lines: bool) -> str:
    """Return rows with the price of a piece or of the line, and no product."""
    return HEAD + "".join(
        f"c{n},i{n},Shoes,{quantity},{float(price) * (quantity if lines else 1):.2f},{13 + n}/1/2026\n"
        for n, (quantity, price) in enumerate(BOUGHT)
    )


def test_prices_of_lines_without_a_product_are_asked_about(read: Read) -> None:
    found, _ = read(sold(lines=True))
    [question] = found.questions
    assert "price ÷ quantity has fewer values than price: is it the line total?" in str(question)
    settled, _ = read(sold(lines=True), settings=question.options[0])
    assert money(settled) == {"EUR": ("6092.60", "0.00")}


def test_prices_of_pieces_without_a_product_are_not(read: Read) -> None:
    found, _ = read(sold(lines=False))
    assert found.questions == []
    assert money(found) == {"EUR": ("6092.60", "0.00")}
