"""Amounts in currencies that are written without decimals, such as rupiahs and dongs."""

import pytest

from tests.sources.conftest import Read, money

HEAD = "order,customer,date,total,currency\n"
ROW = "{0},c{0},2026-01-0{0},{1},{2}\n"


@pytest.mark.parametrize("code", ["IDR", "VND", "KRW", "CLP", "PYG"])
@pytest.mark.parametrize("sign", [".", ","])
def test_the_currency_decides_that_three_digits_are_thousands(sign: str, code: str, read: Read) -> None:
    rows = (ROW.format(n, f'"{20 * n}{sign}000"', code) for n in (1, 2))
    found, _ = read(HEAD + "".join(rows))
    assert (found.questions, money(found)) == ([], {code: ("60000.00", "0.00")})
    assert any("separate thousands, since" in note for note in found.notes)


@pytest.mark.parametrize("settings", [(), ("currency.default=VND",)])
def test_so_does_a_sign_beside_the_amounts_or_a_setting(settings: tuple[str, ...], read: Read) -> None:
    sign = "" if settings else "Rp "
    found, _ = read(f"order,customer,date,total\n1,a,2026-01-05,{sign}150.000\n", settings=settings)
    assert money(found) == {"VND" if settings else "IDR": ("150000.00", "0.00")}


@pytest.mark.parametrize(
    "given",
    [
        HEAD + ROW.format(1, "20.000", "IDR") + ROW.format(2, "40.000", "EUR"),
        HEAD + ROW.format(1, "20.000", "IDR") + ROW.format(2, '"40,000"', "IDR"),
        HEAD.replace("total", "quantity,total") + ROW.format(1, "1.500,20.000", "IDR"),
        "order,customer,date,total\n1,a,2026-01-05,20.000\n",
    ],
)
def test_otherwise_three_digits_are_asked_about(given: str, read: Read) -> None:
    [question] = read(given)[0].questions
    assert "the decimal sign" in question.text


@pytest.mark.parametrize(
    "head",
    [
        "No pesanan,Pelanggan,Tanggal,Total harga",
        "Mã đơn hàng,Khách hàng,Ngày,Tổng tiền",
        "order,customer,date,total",
    ],
)
def test_high_whole_amounts_without_a_currency_are_asked_about(head: str, read: Read) -> None:
    given = f"{head}\n1,a,2026-01-05,150000\n2,b,2026-01-06,275000\n"
    [question] = read(given)[0].questions
    assert "no currency is given, and half of the amounts" in question.text
    found, _ = read(given, settings=question.options[1])
    assert money(found) == {"IDR": ("425000.00", "0.00")}


def test_amounts_as_in_euros_are_in_euros(read: Read) -> None:
    given = "order,customer,date,total\n1,a,2026-01-05,150000.50\n2,b,2026-01-06,275000\n3,b,2026-01-07,90\n"
    assert money(read(given)[0]) == {"EUR": ("425090.50", "0.00")}
