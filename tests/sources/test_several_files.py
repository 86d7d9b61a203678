"""Files of one source that are written differently, each consistent in itself."""

from tests.sources.conftest import Read, money

HEAD = "order;customer;date;amount\n"
COMMA = HEAD + "1;a;2026-01-01;1.250,50\n2;b;2026-01-02;10,00\n"
POINT = HEAD + "3;a;2026-02-01;1,250.50\n4;b;2026-02-02;10.00\n"
THOUSANDS = HEAD + "5;a;2026-02-01;1.250\n6;b;2026-02-02;3.400\n"
DAY_FIRST = HEAD + "1;a;25/01/2026;10.00\n2;b;03/01/2026;5.00\n"
MONTH_FIRST = HEAD + "3;a;01/25/2026;10.00\n4;b;01/03/2026;5.00\n"
EITHER_FIRST = HEAD + "5;a;05/03/2026;10.00\n6;b;04/03/2026;5.00\n"


def test_each_file_has_its_own_decimal_sign(read: Read) -> None:
    found, sales = read(COMMA, POINT)
    assert (found.questions, money(found)) == ([], {"EUR": ("2521.00", "0.00")})
    assert [sale["total_amount"] for sale in sales] == [1250.5, 10, 1250.5, 10]
    told = "numbers have the decimal sign of their file: a comma in own0.csv, a point in own1.csv"
    assert told in found.notes


def test_each_file_has_its_own_decimal_sign_also_with_a_mapping(read: Read) -> None:
    settings = ("amount.means=line_total", "currency.default=CHF")
    found, _ = read(POINT, COMMA, settings=settings)
    assert money(found) == {"CHF": ("2521.00", "0.00")}


def test_a_file_without_a_sure_decimal_sign_is_asked_about_if_others_differ(read: Read) -> None:
    found, _ = read(COMMA, POINT, THOUSANDS)
    [question] = found.questions
    assert "three digits after it, like 1.250 in own2.csv" in str(question)
    assert question.options == ()


def test_a_file_without_a_sure_decimal_sign_is_read_as_the_others_with_a_warning(read: Read) -> None:
    found, _ = read(COMMA, THOUSANDS)
    assert money(found) == {"EUR": ("5910.50", "0.00")}
    [warning] = [each for each in found.warnings if "decimal" in each]
    assert warning.startswith("own1.csv: all 2 numbers with a sign have three digits after it, like 1.250")


def test_a_file_with_both_decimal_signs_is_named(read: Read) -> None:
    found, _ = read(COMMA, HEAD + "3;a;2026-02-01;1.50\n4;b;2026-02-02;1,50\n")
    [question] = found.questions
    assert "1 numbers have a decimal point and 1 a decimal comma in own1.csv" in str(question)


def test_each_file_has_its_own_order_of_day_and_month(read: Read) -> None:
    found, sales = read(DAY_FIRST, MONTH_FIRST)
    assert found.questions == []
    days = [str(sale["sale_timestamp"])[:10] for sale in sales]
    assert days == ["2026-01-25", "2026-01-03", "2026-01-25", "2026-01-03"]
    assert "times are read by their file: %d/%m/%Y in own0.csv; %m/%d/%Y in own1.csv" in found.notes


def test_a_file_without_a_sure_order_of_day_and_month_is_asked_about_if_others_differ(read: Read) -> None:
    found, _ = read(DAY_FIRST, MONTH_FIRST, EITHER_FIRST)
    [question] = found.questions
    assert "cannot be told apart in own2.csv (05/03/2026), and other files differ" in str(question)
    agreed, _ = read(MONTH_FIRST, EITHER_FIRST)
    assert "times are read as %m/%d/%Y" in agreed.notes


def test_without_any_sure_order_of_day_and_month_a_setting_decides(read: Read) -> None:
    found, _ = read(EITHER_FIRST, EITHER_FIRST.replace("5;a", "7;a").replace("6;b", "8;b"))
    [question] = found.questions
    assert ("time.formats=[%d/%m/%Y]",) in question.options
