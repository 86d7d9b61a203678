"""Each trait of text files that people export, with what a person would read in them."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sources.errors import UnreadableError
from tests.sources.files.conftest import Open, rows_of

HEADER = ["order_id", "customer_id", "date", "amount"]
ROW = ("1", "a", "2026-01-01", "10.00")


@pytest.mark.parametrize(
    "text",
    [
        "order_id,customer_id,date,amount\n1,a,2026-01-01,10.00\n",
        "order_id;customer_id;date;amount\r\n1;a;2026-01-01;10.00\r\n",
        "order_id\tcustomer_id\tdate\tamount\n1\ta\t2026-01-01\t10.00",
        "order_id|customer_id|date|amount\n1|a|2026-01-01|10.00\n",
        "order_id^customer_id^date^amount\n1^a^2026-01-01^10.00\n",
        "order_id\x01customer_id\x01date\x01amount\n1\x01a\x012026-01-01\x0110.00\n",
        "\ufefforder_id,customer_id,date,amount\n1,a,2026-01-01,10.00\n",
        "order_id,customer_id,date,amount\r1,a,2026-01-01,10.00\r",
        "sep=;\norder_id;customer_id;date;amount\n1;a;2026-01-01;10.00\n",
        '"sep=|"\r\norder_id|customer_id|date|amount\r\n1|a|2026-01-01|10.00\r\n',
        "\norder_id,customer_id,date,amount\n1,a,2026-01-01,10.00\n",
        "order_id,customer_id,date,amount\n1,a,2026-01-01,10.00,\n",
        "order_id,customer_id,date,amount,,\n1,a,2026-01-01,10.00,,\n",
        "Report of all shops\nfrom,2026-01-01\n\norder_id,customer_id,date,amount\n1,a,2026-01-01,10.00\n",
        "Shop,Mine,,\n,,,\norder_id,customer_id,date,amount\n1,a,2026-01-01,10.00\n",
        'order_id , customer_id,"date","amount "\n"1","a","2026-01-01","10.00"\n',
    ],
)
def test_the_same_table_however_it_is_written(opened: Open, text: str) -> None:
    raw = opened(files={"own.csv": text})
    assert raw.columns == HEADER
    assert rows_of(raw) == [ROW]
    assert raw.con.execute('select "extra cells", file, n from raw').fetchall() == [(None, "own.csv", 1)]


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-16", "own.csv is UTF-16"),
        ("utf-16-le", "own.csv is UTF-16-LE without a BOM"),
        ("utf-16-be", "own.csv is UTF-16-BE without a BOM"),
        ("utf-32", "own.csv is UTF-32"),
        ("cp1252", "own.csv is not UTF-8 and is read as cp1252: it says 'tum;Umsatz (€);Größe 1;J'"),
    ],
)
def test_an_encoding_is_detected_from_the_bytes(opened: Open, encoding: str, note: str) -> None:
    text = "Bestellnr;Kunde;Datum;Umsatz (€);Größe\n1;Jäger;2026-01-01;10,00;L\n"
    raw = opened(files={"own.csv": text.encode(encoding)})
    assert raw.columns == ["Bestellnr", "Kunde", "Datum", "Umsatz (€)", "Größe"]
    assert rows_of(raw) == [("1", "Jäger", "2026-01-01", "10,00", "L")]
    [said] = raw.notes
    assert said.startswith(note)


def test_an_encoding_that_cannot_be_detected_is_asked_for(opened: Open) -> None:
    text = "заказ;клиент;дата;сумма\n1;Анна;2026-01-01;10,00\n".encode("cp1251")
    with pytest.raises(UnreadableError, match=r"neither UTF-8 nor cp1252: .* --set source.encoding=cp1251"):
        opened(files={"own.csv": text})
    assert rows_of(opened(files={"own.csv": text}, encoding="cp1251"))[0][1] == "Анна"
    with pytest.raises(UnreadableError, match=r"own\.csv is not text in utf-8"):
        opened(files={"own.csv": text}, encoding="utf-8")
    with pytest.raises(UnreadableError, match="'klingon' is not an encoding"):
        opened(files={"own.csv": text}, encoding="klingon")


def test_the_delimiter_is_chosen_outside_quotes(opened: Open) -> None:
    raw = opened(files={"own.csv": 'a;b;"note, a, b, c, d, e"\n1;x;y\n'})
    assert raw.columns == ["a", "b", "note, a, b, c, d, e"]


def test_decimal_commas_do_not_outvote_the_delimiter(opened: Open) -> None:
    text = "who;net, EUR;gross, EUR\n" + "anna;1,50;2,50\n" * 9
    assert opened(files={"own.csv": text}).columns == ["who", "net, EUR", "gross, EUR"]
    wide = "who;a;b;c\n" + "anna;1,50;2,50;3,50\n" * 9
    assert opened(files={"own.csv": wide}).columns == ["who", "a", "b", "c"]


def test_a_delimiter_may_be_given(opened: Open) -> None:
    text = "a:b\n1,5:2\n"
    assert opened(files={"own.csv": text}, delimiter=":").columns == ["a", "b"]
    with pytest.raises(UnreadableError, match="'::' is not a delimiter"):
        opened(files={"own.csv": text}, delimiter="::")


def test_column_names_are_single_line_and_unique(opened: Open) -> None:
    raw = opened(files={"own.csv": '"Order\nID",date,,Date,n,file\n1,x,y,z,7,f\n'})
    assert raw.columns == ["Order ID", "date", "column 3", "Date (2)", "n (2)", "file (2)"]
    assert rows_of(raw) == [("1", "x", "y", "z", "7", "f")]
    assert raw.place(1) == "line 3"


def test_nothing_is_inferred(opened: Open) -> None:
    raw = opened(files={"own.csv": "a,b,c,d,e\n03/04/2026,1.250,007,true, x \nNULL,\\N,nan,,0\n"})
    assert rows_of(raw) == [
        ("03/04/2026", "1.250", "007", "true", " x "),
        ("NULL", "\\N", "nan", None, "0"),
    ]


def test_repeated_headers_and_footers_are_kept_as_rows(opened: Open) -> None:
    raw = opened(files={"own.csv": "who,much\na,1\nwho,much\n\nb,2\n,\nTotal,3\n"})
    assert rows_of(raw) == [("a", "1"), ("who", "much"), ("b", "2"), ("Total", "3")]
    assert [raw.place(n) for n in (1, 2, 3, 4)] == ["line 2", "line 3", "line 5", "line 7"]


def test_surplus_cells_are_kept_and_missing_ones_are_blank(opened: Open) -> None:
    raw = opened(files={"own.csv": "who,much\na,1,250.50\nb\nc,3\n"})
    rows = raw.con.execute('select who, much, "extra cells" from raw order by n').fetchall()
    assert rows == [("a", "1", "250.50"), ("b", None, None), ("c", "3", None)]


def test_line_breaks_within_quotes_and_a_row_s_line(opened: Open) -> None:
    raw = opened(files={"own.csv": 'who,note,much\na,"two\nlines",1\n\nb,"a ""word"", and more",2\n'})
    assert rows_of(raw) == [("a", "two\nlines", "1"), ("b", 'a "word", and more', "2")]
    assert [raw.place(1), raw.place(2)] == ["line 2", "line 5"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a,b\n1,2\n1,"never closed\n', "own.csv, line 3: unbalanced quotes"),
        ('a,b\n1,"x"y\n', "own.csv, line 2: unbalanced quotes"),
        ("a,b\n", "own.csv has column names but no rows"),
        ("1,2\n3,4\n", "own.csv is text without a header row"),
        ("just some words\n", "own.csv is text without a header row"),
        ("", "own.csv is empty"),
        ("\n \n", "own.csv is empty"),
    ],
)
def test_text_that_is_no_table_is_refused_in_one_line(opened: Open, text: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as caught:
        opened(files={"own.csv": text})
    assert "\n" not in str(caught.value)


def test_a_quote_within_a_cell_is_a_plain_character(opened: Open) -> None:
    assert rows_of(opened(files={"own.csv": 'a,b\n5" pipe,2\n'})) == [('5" pipe', "2")]


def test_rows_keep_the_file_s_order(opened: Open) -> None:
    """There are more rows than one thread takes at a time, so that two threads read them."""
    count = 300_000
    raw = opened(files={"own.csv": "row,word\n" + "".join(f"{row},x\n" for row in range(count))})
    odd = raw.con.execute("select count(*) from raw where n <> cast(row as bigint) + 1").fetchall()
    assert (raw.count(), odd) == (count, [(0,)])
    assert raw.place(count) == f"line {count + 1}"


def test_a_thousand_rows_in_random_dialects_are_the_same(opened: Open) -> None:
    chance = random.Random(18)
    rows = [
        (f"N{row}", chance.choice(["Anna", "Jörg", 'the "one"', "a, b; c", "two\nlines"]), f"{row}.50")
        for row in range(1000)
    ]
    for number in range(12):
        encoding = chance.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
        delimiter, end = chance.choice(",;\t|"), chance.choice(["\n", "\r\n"])
        quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
        above = chance.choice(["", end, f"All shops{end}"])
        text = above + end.join(delimiter.join(row) for row in [["order", "who", "much"], *quoted]) + end
        raw = opened(files={f"{number}.csv": text.encode(encoding)})
        assert (raw.columns, rows_of(raw)) == (["order", "who", "much"], rows), (encoding, delimiter, end)


@pytest.mark.parametrize(
    ("name", "columns", "first", "place"),
    [
        ("utf16.csv", HEADER, ROW, "line 2"),
        ("latin1_header.csv", ["Bestellnr", "Kunde", "Datum", "Umsatz (€)", "Größe"], None, "line 2"),
        ("header_newline.csv", ["Order ID", "Customer ID", "Order Date", "Amount"], ROW, "line 4"),
        ("semicolon_header_commas.csv", [*HEADER, "note, a, b, c, d, e"], (*ROW, "x"), "line 2"),
        ("blank_first_line.csv", HEADER, ROW, "line 3"),
        ("nul.csv", HEADER, ("1", "a\0", "2026-01-01", "10.00"), "line 2"),
    ],
)
def test_third_party_files_that_had_bad_messages(
    opened: Open,
    case: Callable[[str], Path],
    name: str,
    columns: list[str],
    first: tuple[str, ...] | None,
    place: str,
) -> None:
    raw = opened(files={name: case(f"bad_messages/{name}").read_bytes()})
    assert (raw.columns, raw.place(1)) == (columns, place)
    assert first is None or rows_of(raw) == [first]


@pytest.mark.parametrize(
    ("name", "rows", "last"),
    [
        ("sep_line.csv", 1, "line 3"),
        ("preamble.csv", 1, "line 5"),
        ("repeated_header.csv", 3, "line 4"),
        ("trailing_delim.csv", 1, "line 2"),
        ("decimal_comma.csv", 2, "line 3"),
        ("us_thousands.csv", 2, "line 3"),
        ("us_ampm_tz.csv", 1, "line 2"),
        ("amazon_india.csv", 3, "line 4"),
    ],
)
def test_third_party_files_of_usual_kinds(
    opened: Open, case: Callable[[str], Path], name: str, rows: int, last: str
) -> None:
    raw = opened(files={name: case(f"refused_though_usual/{name}").read_bytes()})
    assert (raw.count(), raw.place(rows)) == (rows, last)
    assert raw.con.execute('select count("extra cells") from raw').fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("encoding", "header"),
    [
        ("mac_roman", "Numéro de commande;Client;Date;Montant"),
        ("cp850", "Numéro de commande;Client;Date;Montant"),
        ("cp1250", "Číslo objednávky;Zákazník;Datum;Částka"),
        ("cp852", "Číslo objednávky;Zákazník;Datum;Částka"),
        ("cp1254", "Sipariş No;Müşteri;Tarih;Tutar"),
    ],
)
def test_an_encoding_in_which_more_names_are_known_is_taken(opened: Open, encoding: str, header: str) -> None:
    raw = opened(files={"own.csv": f"{header}\n1;a;2026-01-01;10,00\n".encode(encoding)})
    assert raw.columns == header.split(";")
    [note] = raw.notes
    assert note.startswith(f"own.csv is read as {encoding}, in which it has ")
    assert opened(files={"own.csv": f"{header}\n1;a;b;2\n".encode(encoding)}, encoding="cp1252").notes == []
