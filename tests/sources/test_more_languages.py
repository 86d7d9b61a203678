"""The same four sales in more languages, with their digits, calendars and signs of currencies."""

import pytest

from tests.sources.conftest import Read, money
from tests.sources.test_languages import _assert_four_sales, written

LANGUAGES = {
    "Indonesian": (
        "ID Transaksi;Nama Pelanggan;Tanggal;Total Harga;Mata Uang;Status Pesanan",
        ("Selesai", "Menunggu pembayaran", "Dikembalikan", "Dibatalkan"),
    ),
    "Malay": (
        "No. Pesanan;Pelanggan;Tarikh;Jumlah Bayaran;Mata Wang;Status",
        ("Telah dibayar", "Belum dibayar", "Pengembalian", "Batal"),
    ),
    "Vietnamese": (
        "Mã đơn hàng;Khách hàng;Ngày đặt;Tổng tiền;Tiền tệ;Trạng thái",
        ("Đã giao", "Chờ xác nhận", "Hoàn tiền", "Đã hủy"),
    ),
    "Vietnamese without accents": (
        "ma_don;ten_khach_hang;ngay_dat;thanh_tien;tien_te;trang_thai",
        ("Da giao", "Cho xu ly", "Hoan tien", "Huy"),
    ),
    "Hungarian": (
        "Rendelésszám;Vevő neve;Rendelés dátuma;Végösszeg;Pénznem;Állapot",
        ("Teljesítve", "Fizetésre vár", "Visszatérítve", "Törölve"),
    ),
    "Romanian": (
        "Nr. comandă;Cumpărător;Data comenzii;Valoare totală;Monedă;Stare",
        ("Livrată", "În așteptare", "Rambursată", "Anulată"),
    ),
    "Finnish": (
        "Tilausnumero;Asiakas;Tilauspäivä;Summa;Valuutta;Tila",
        ("Maksettu", "Käsittelyssä", "Hyvitetty", "Peruttu"),
    ),
    "Croatian": (
        "Broj narudžbe;Ime kupca;Datum kreiranja;Ukupno (€);Valuta;Status narudžbe",
        ("Završeno", "Na čekanju", "Refundirano", "Otkazano"),
    ),
    "Slovak": (
        "Číslo objednávky;ID zákazníka;Dátum objednávky;Celková suma;Mena;Stav objednávky",
        ("Zaplatené", "Čaká na úhradu", "Vrátené", "Stornované"),
    ),
    "Bulgarian": (
        "Номер на поръчка;Клиент;Дата на поръчката;Обща сума;Валута;Статус на поръчката",
        ("Доставена", "Очаква плащане", "Върната", "Отказана"),
    ),
    "Arabic": (
        "رقم الطلب;اسم العميل;التاريخ;المبلغ الإجمالي;العملة;حالة الطلب",
        ("مدفوع", "قيد الانتظار", "مسترجع", "ملغي"),
    ),
    "Persian": (
        "شماره سفارش;نام مشتری;تاریخ;مبلغ کل;ارز;وضعیت",
        ("پرداخت شده", "در انتظار پرداخت", "مرجوع شده", "لغو شده"),
    ),
    "Hebrew": ("מספר הזמנה;שם לקוח;תאריך;סכום כולל;מטבע;סטטוס", ("שולם", "ממתין לתשלום", "זוכה", "בוטל")),
    "Thai": (
        "เลขที่คำสั่งซื้อ;ชื่อลูกค้า;วันที่สั่งซื้อ;ยอดรวม;สกุลเงิน;สถานะ",
        ("ชำระเงินแล้ว", "รอชำระเงิน", "คืนเงิน", "ยกเลิก"),
    ),
}
# A column without a known name that says that a sale was undone, and the word for one that was not.
MARKS = {
    "đã hủy": "xong",
    "dibatalkan": "oke",
    "törölve": "kész",
    "peruttu": "hyvä",
    "otkazano": "dobro",
    "отказана": "добре",
    "ملغي": "جيد",
    "لغو شده": "خوب",
    "בוטל": "טוב",
    "ยกเลิก": "ดี",
    "visszaküldve": "kész",
    "hyvitetty": "hyvä",
    "vraćeno": "dobro",
}
DAYS = {
    "13 Agustus 2026": "2026-08-13",
    "13. januára 2026": "2026-01-13",
    "13 ianuarie 2026": "2026-01-13",
    "13. elokuuta 2026": "2026-08-13",
    "13 января 2026": "2026-01-13",
    "13 Şubat 2026": "2026-02-13",
    "2026. 01. 13.": "2026-01-13",
    "13/1/2026, 10.30.45": "2026-01-13",
    "10:30:45 13/1/2026": "2026-01-13",
    "10:30, 13.01.2026": "2026-01-13",
    "۲۰۲۶/۰۱/۱۳": "2026-01-13",
    "\u200f١٣\u200f/١\u200f/٢٠٢٦": "2026-01-13",
}
LACKING = {
    "11月18日": "year",
    "18.11.": "year",
    "18 Nov": "year",
    "2023-07": "day",
    "März 2023": "day",
    "2023": "day",
    "10:30": "date",
}
# Amounts of 1,250.50 and 20.25 as they are written, and their currency.
AMOUNTS = {
    "١٬٢٥٠٫٥٠ ر.س.|٢٠٫٢٥ ر.س.": "SAR",
    "1 250,50 лв.|20,25 лв.": "BGN",
    "1.250,50 Lei|20,25 Lei": "RON",
    "Rp 1.250,50|Rp 20,25": "IDR",
    "1.250,50 VNĐ|20,25 VNĐ": "VND",
    "1 250,50 руб.|20,25 руб.": "RUB",
    "1,250.50 บาท|20.25 บาท": "THB",
}


def two(*, days: tuple[str, str] = ("2026-01-13", "2026-01-14"), amounts: tuple[str, str]) -> str:
    rows = "".join(
        f"{n};{who};{day};{amount}\n" for n, who, day, amount in zip("12", "ab", days, amounts, strict=True)
    )
    return f"order;customer;date;amount\n{rows}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_the_same_in_each(read: Read, language: str) -> None:
    _assert_four_sales(read, written(language, LANGUAGES))


@pytest.mark.parametrize("word", MARKS)
def test_an_undone_sale_in_a_column_of_another_name_is_asked_about(read: Read, word: str) -> None:
    text = f"order;customer;date;amount;x\n1;a;2026-01-13;30;{MARKS[word]}\n2;b;2026-01-14;20;{word}\n"
    [question] = read(text)[0].questions
    assert "is it the status?" in str(question)
    settled, _ = read(text, settings=(*question.options[0], "status.default=completed"))
    assert money(settled)["EUR"][0] == "30.00"


@pytest.mark.parametrize("amounts", AMOUNTS)
def test_amounts_are_read_with_the_digits_and_signs_of_a_country(read: Read, amounts: str) -> None:
    first, second = amounts.split("|")
    found, _ = read(two(amounts=(first, second)))
    assert found.questions == []
    assert money(found) == {AMOUNTS[amounts]: ("1270.75", "0.00")}


def test_lakhs_are_read_in_digits_of_hindi(read: Read) -> None:
    found, _ = read(two(amounts=("₹१,२५,०००.००", "₹१२,३४,५६७.५०")))
    assert money(found) == {"INR": ("1359567.50", "0.00")}  # 125,000 + 1,234,567.50


@pytest.mark.parametrize("day", DAYS)
def test_days_are_read_with_the_months_and_digits_of_a_language(read: Read, day: str) -> None:
    found, sales = read(two(days=(day, day), amounts=("30", "20")))
    assert found.questions == []
    assert {str(sale["sale_timestamp"])[:10] for sale in sales} == {DAYS[day]}


@pytest.mark.parametrize("time", LACKING)
def test_times_without_a_day_or_year_are_refused_as_such(read: Read, time: str) -> None:
    [question] = read(two(days=(time, time), amounts=("30", "20")))[0].questions
    assert f"they have no {LACKING[time]}; write it into the file" in str(question)
    assert question.options == ()


def test_day_and_month_after_a_clock_are_asked_about(read: Read) -> None:
    [question] = read(two(days=("10:30:45 3/1/2026", "10:30:45 4/2/2026"), amounts=("30", "20")))[0].questions
    assert "day and month cannot be told apart (10:30:45 3/1/2026)" in str(question)
    settled, _ = read(
        two(days=("10:30:45 3/1/2026", "10:30:45 4/2/2026"), amounts=("30", "20")),
        settings=question.options[0],
    )
    assert money(settled) == {"EUR": ("50.00", "0.00")}


def test_years_of_other_calendars_are_refused_as_such(read: Read) -> None:
    [thai] = read(two(days=("13/1/2567", "14/1/2567"), amounts=("30", "20")))[0].questions
    assert "dated in Buddhist years, up to 2567 (line 2, line 3): write them 543 earlier" in str(thai)
    [persian] = read(two(days=("۱۴۰۳/۱۰/۱۶", "۱۴۰۳/۱۰/۱۷"), amounts=("30", "20")))[0].questions
    assert "the years, up to 1403, are of the Persian calendar" in str(persian)
    [islamic] = read(two(days=("1447-07-13", "1447-07-14"), amounts=("30", "20")))[0].questions
    assert "the years, up to 1447, are of the Islamic calendar" in str(islamic)


def test_digits_as_wide_as_characters_are_read(read: Read) -> None:
    found, _ = read(
        two(days=("２０２６／０１／１３", "２０２６-０１-１４"), amounts=("３０．５０", "－２０．２５"))
    )
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "20.25")})


def test_jumlah_beside_a_price_is_the_number_of_pieces(read: Read) -> None:
    head = "Tanggal;Nama Pelanggan;Produk;Jumlah;Harga Satuan\n"
    text = f"{head}2026-01-13;Budi;Kopi;2;15000\n2026-01-14;Siti;Teh;1;10000\n"
    found, _ = read(text, settings=("currency.default=IDR",))
    assert money(found) == {"IDR": ("40000.00", "0.00")}  # twice 15,000 + 10,000


def test_an_amount_is_not_multiplied_by_itself(read: Read) -> None:
    text = "customer;date;product;qty\na;2026-01-13;x;3\nb;2026-01-14;y;4\nc;2026-01-15;x;3\n"
    found, _ = read(text, settings=("amount.field=qty",))
    assert money(found) == {"EUR": ("10.00", "0.00")}  # 3 + 4 + 3


def test_jumlah_with_a_unit_of_money_is_the_sum(read: Read) -> None:
    head = "Tarikh;Pelanggan;Kuantiti;Harga (RM);Jumlah (RM)\n"
    found, _ = read(f"{head}2026-01-13;Ali;2;2.50;5.00\n2026-01-14;Siti;3;2.00;6.00\n")
    assert money(found) == {"MYR": ("11.00", "0.00")}


def test_jumlah_that_may_be_either_is_asked_about(read: Read) -> None:
    head = "Tanggal;Pelanggan;Harga;Jumlah\n"
    [question] = read(f"{head}2026-01-13;Ali;2500;5000\n2026-01-14;Siti;2000;6000\n")[0].questions
    assert "Jumlah goes up to 6,000, beside Harga: is it the sum or the number of pieces?" in str(question)
    alone, _ = read("Tanggal;Pelanggan;Jumlah\n2026-01-13;Ali;379\n2026-01-14;Siti;425\n")
    [question] = alone.questions
    assert "no column is named like the amount: is it Jumlah?" in str(question)


@pytest.mark.parametrize("name", ["Nome", "nombre", "Name", "Nama", "Họ tên", "Név"])
def test_a_column_of_names_is_offered_for_the_customer(read: Read, name: str) -> None:
    [question] = read(f"order;{name};date;amount\n1;Anna;2026-01-13;30\n2;Ugo;2026-01-14;20\n")[0].questions
    assert f"no column is named like the customer: is it {name}?" in str(question)


def test_a_column_that_says_only_pending_is_asked_about(read: Read) -> None:
    text = "order;customer;date;amount;progress\n1;a;2026-01-13;30;pending\n2;b;2026-01-14;20;\n"
    [question] = read(text)[0].questions
    assert "progress says pending (1 rows): is it the status?" in str(question)


def test_large_whole_amounts_in_rupiahs_are_not_taken_for_cents(read: Read) -> None:
    rows = "".join(f"{n};c{n};2026-01-{n:02};15000;IDR\n" for n in range(1, 29))
    found, _ = read(f"order;customer;date;amount;currency\n{rows}")
    assert not [each for each in found.warnings if "cents" in each]
