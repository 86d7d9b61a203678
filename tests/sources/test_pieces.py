"""The price of one piece is multiplied, even if no column is named like the quantity."""

import pytest

from tests.sources.conftest import Read, money

# Three at 2.50 and one at 4.00 are 11.50; the prices alone are 6.50.
ROWS = (("3", "2.50"), ("1", "4.00"))


def sold(pieces: str, price: str, total: str = "") -> str:
    """Return two sales with how many pieces of which price, and with what that makes if it has a name."""
    made = (f",{float(each) * float(of_one):.2f}" if total else "" for each, of_one in ROWS)
    rows = (
        f"{n},c{n},1{n}/01/2026 10:00,7,{each},{of_one}{paid}\n"
        for n, ((each, of_one), paid) in enumerate(zip(ROWS, made, strict=True), 3)
    )
    return f"order,customer,date,shop no,{pieces},{price}{total and ','}{total}\n{''.join(rows)}"


@pytest.mark.parametrize("price", ["Unit price", "Prezzo unitario", "Цена за единицу", "単価"])
def test_the_quantity_is_asked_for(read: Read, price: str) -> None:
    text = sold("Went over the counter", price)
    found, _ = read(text)
    [question] = found.questions
    assert f"{price} is that of a piece" in str(question)
    assert question.options == (
        ("quantity=Went over the counter", "amount.means=unit_price"),
        ("amount.means=line_total",),
    )
    settled, _ = read(text, settings=question.options[0])
    assert money(settled) == {"EUR": ("11.50", "0.00")}


def test_the_price_times_the_pieces_shows_both(read: Read) -> None:
    found, _ = read(sold("Went over the counter", "Unit price", "Makes"))
    assert found.questions == []
    assert money(found) == {"EUR": ("11.50", "0.00")}
    assert any(note.startswith("Makes is Unit price") for note in found.notes)


@pytest.mark.parametrize("setting", ["quantity=null", "amount.means=line_total"])
def test_who_says_that_each_row_has_one_piece_is_not_asked(read: Read, setting: str) -> None:
    found, _ = read(sold("Score", "Unit price"), settings=(setting,))
    assert money(found) == {"EUR": ("6.50", "0.00")}


def test_a_price_that_is_not_that_of_a_piece_is_not_asked_about(read: Read) -> None:
    found, _ = read(sold("Score", "Price"))
    assert found.questions == []
    assert money(found) == {"EUR": ("6.50", "0.00")}


@pytest.mark.parametrize(("unit", "is_asked"), [("100", True), ("1", False), ("Stk", False)])
def test_a_price_of_several_pieces_is_not_multiplied(read: Read, unit: str, is_asked: bool) -> None:
    rows = f"1;a;2026-01-13;P;200;3,00;{unit}\n2;b;2026-01-14;Q;50;3,10;{unit}\n"
    found, _ = read(f"Bestellnr;Kunde;Datum;Artikel;Menge;Preis;Preiseinheit\n{rows}")
    text = "Preis is the price of several pieces (Preiseinheit says of how many): write that of one"
    asked = [f"{text}, or the line's sum, into the file"] if is_asked else []
    assert [str(each) for each in found.questions] == asked


def test_a_price_per_hundred_is_not_multiplied(read: Read) -> None:
    table = "order,customer,date,product,quantity,price per 100\n1,a,2026-01-13,P,200,3.00\n"
    settings = ("amount.field=price per 100", "amount.means=unit_price")
    [question] = read(table, settings=settings)[0].questions
    assert str(question) == (
        "price per 100 is the price of several pieces: write that of one, or the line's sum, into the file"
    )


@pytest.mark.parametrize(
    ("pieces", "price"),
    [
        *(("nights", "rate"), ("Hours", "Hourly rate"), ("seats", "price"), ("tickets", "Ticket price")),
        *(("persons", "price per person"), ("Months", "Monthly fee"), ("Anzahl Nächte", "Preis")),
        *(("Nombre de personnes", "Prix"), ("weight", "price per kg")),
        ("Qty shipped", "price"),
    ],
)
def test_a_column_that_counts_nights_and_the_like_is_asked_about(pieces: str, price: str, read: Read) -> None:
    rows = "3,a,2026-01-13,2.5,2.50\n4,b,2026-01-14,1,4.00\n"  # 6.25 + 4.00
    text, amount = f"order,customer,date,{pieces},{price}\n{rows}", f"amount.field={price}"
    [question] = read(text, settings=(amount,))[0].questions
    assert f"is it {pieces}, or does each row have one piece?" in str(question)
    answers = [money(read(text, settings=(amount, *option))[0]) for option in question.options]
    assert answers == [{"EUR": ("10.25", "0.00")}, {"EUR": ("6.50", "0.00")}]


@pytest.mark.parametrize(
    ("pieces", "price", "several"),
    [
        ("seats", "price", "1"),
        ("nights", "total", "2"),
        ("weight", "price", "2"),
        ("delivery days", "price", "2"),
    ],
)
def test_other_counts_are_not_asked_about(pieces: str, price: str, several: str, read: Read) -> None:
    rows = f"3,a,2026-01-13,{several},2.50\n4,b,2026-01-14,1,4.00\n"
    found, _ = read(f"order,customer,date,{pieces},{price}\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("6.50", "0.00")})


@pytest.mark.parametrize("name", ["Final price", "price paid"])
def test_a_final_price_beside_several_pieces_is_asked_about(name: str, read: Read) -> None:
    text = f"order,customer,date,sku,qty,{name}\n1,a,2026-01-13,x,3,8.00\n2,b,2026-01-14,y,1,5.00\n"
    [question] = read(text)[0].questions
    assert f"{name} may be the line total or the unit price (1 lines have several)" in str(question)
    answers = [money(read(text, settings=option)[0]) for option in question.options]
    assert answers == [{"EUR": ("13.00", "0.00")}, {"EUR": ("29.00", "0.00")}]
