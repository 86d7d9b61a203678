"""The same four sales under the column names and status words of several languages, accents and all."""

import pytest

from tests.sources.conftest import Read, money

WORDS = ("paid", "pending", "refunded", "cancelled")
LANGUAGES = {
    "English": ("Order;Customer;Order Date;Amount;Currency;Status", WORDS),
    "German": (
        "Auftragsnr.;Kundennummer;Bestelldatum;Betrag;Währung;Status",
        ("Bezahlt", "Offen", "Erstattet", "Storniert"),
    ),
    "French": (
        "N° commande;Client;Date;Montant;Devise;État",
        ("Payée", "En attente", "Remboursée", "Annulée"),
    ),
    "Spanish": (
        "Número de pedido;Cliente;Fecha;Importe;Moneda;Estado",
        ("Pagado", "Pendiente", "Reembolsado", "Cancelado"),
    ),
    "Portuguese": (
        "Pedido;Cliente;Data;Valor;Moeda;Estado",
        ("Pago", "Pendente", "Devolvido", "Cancelado"),
    ),
    "Italian": (
        "Ordine;Cliente;Data ordine;Importo;Valuta;Stato",
        ("Pagato", "In attesa", "Rimborsato", "Annullato"),
    ),
    "Dutch": (
        "Bestelnummer;Klant;Besteldatum;Bedrag;Valuta;Status",
        ("Betaald", "In behandeling", "Terugbetaald", "Geannuleerd"),
    ),
    "Polish": (
        "Nr zamówienia;Klient;Data zamówienia;Kwota brutto;Waluta;Status",
        ("Opłacone", "Oczekujące", "Zwrócone", "Anulowane"),
    ),
    "Czech": (
        "Číslo objednávky;Zákazník;Datum;Celkem;Měna;Stav",
        ("Zaplaceno", "Čeká na platbu", "Vráceno", "Zrušeno"),
    ),
    "Swedish": (
        "Ordernr;Kund;Datum;Belopp;Valuta;Status",
        ("Betald", "Väntande", "Återbetald", "Makulerad"),
    ),
    "Danish": (
        "Ordrenr;Kunde;Dato;Beløb;Valuta;Status",
        ("Betalt", "Afventer", "Refunderet", "Annulleret"),
    ),
    "Japanese": (
        "注文番号;顧客ID;注文日;合計金額;通貨;状態",
        ("支払済", "未払い", "返金済み", "キャンセル"),
    ),
    "Chinese": (
        "订单号;用户ID;下单时间;实付金额;币种;订单状态",
        ("已付款", "待付款", "已退款", "已取消"),
    ),
    "traditional Chinese": ("訂單編號;客戶編號;訂單日期;總金額;幣別;訂單狀態", WORDS),
    "Russian": (
        "Номер заказа;Клиент;Дата заказа;Сумма;Валюта;Статус",
        ("Оплачен", "Ожидает оплаты", "Возврат", "Отменён"),
    ),
    "Ukrainian": (
        "Номер замовлення;Покупець;Дата замовлення;Сума;Валюта;Статус",
        ("Оплачено", "Очікує оплати", "Повернено", "Скасовано"),
    ),
    "Turkish": (
        "SİPARİŞ NO;Müşteri No;Sipariş Tarihi;Tutar\u0131;Para Birimi;Durum",
        ("Ödendi", "Beklemede", "İade edildi", "İptal Edildi"),
    ),
    "Greek": (
        "Αριθμός παραγγελίας;ΚΩΔΙΚΟΣ ΠΕΛΑΤΗ;Ημερομηνία;Σύνολο;Νόμισμα;Κατάσταση",
        ("Ολοκληρώθηκε", "Εκκρεμεί", "Επιστροφή", "Ακυρώθηκε"),
    ),
    "Korean": (
        "주문번호;고객번호;주문일;결제금액;통화;주문상태",
        ("결제완료", "입금대기", "환불완료", "주문취소"),
    ),
}
# Names of several words, and words that agree with an order or are typed without accents.
LONGER = {
    "French": (
        "ID commande;Nom du client;Date de vente;Total de la commande;Devise;Statut de la commande",
        ("Expediee", "En attente", "Remboursee", "Annulee"),
    ),
    "Spanish": (
        "ID de venta;Nombre del cliente;Fecha de venta;Monto;Divisa;Estado del pago",
        ("Pagada", "En proceso", "Devuelta", "Pago rechazado"),
    ),
    "Portuguese": (
        "id_venda;Nome do Cliente;Data da Venda;Valor do Pedido;Moeda;Situação",
        ("Concluida", "Aguardando pagamento", "Devolvida", "Pagamento negado"),
    ),
    "Italian": (
        "ID ordine;Nome cliente;Data di vendita;Totale ordine;Valuta;Stato dell'ordine",
        ("Consegnata", "In lavorazione", "Rimborsata", "Annullata"),
    ),
    "Polish": (
        "ID zamówienia;Nazwa klienta;Data sprzedaży;Wartość zamówienia;Waluta;Status zamówienia",
        ("Opłacona", "W realizacji", "Zwrócona", "Anulowana"),
    ),
    "Czech": (
        "ID objednávky;ID zákazníka;Datum objednávky;Cena objednávky;Měna;Stav objednávky",
        ("Vyřízená", "Čeká na platbu", "Vrácená", "Zrušená"),
    ),
    "German": (
        "Bestellnummer;Kundenname;Bestellzeitpunkt;Bestellwert;Währung;Bestellstatus",
        ("Bezahlt", "In Bearbeitung", "Zurückerstattet", "Storniert"),
    ),
    "Turkish": (
        "Sipariş ID;Müşteri Ad\u0131;Sat\u0131ş Tarihi;Toplam Tutar;Para Birimi;Durum",
        ("Tamamland\u0131", "İşlemde", "İade", "İptal"),
    ),
}


def written(language: str, languages: dict[str, tuple[str, tuple[str, ...]]] = LANGUAGES) -> str:
    head, (sold, waiting, back, off) = languages[language]
    return (
        f"{head}\n1;a;2026-01-31;1.250,50;EUR;{sold}\n2;b;2026-01-30;20,25;EUR;{waiting}\n"
        f"3;a;2026-01-29;49,50;EUR;{back}\n4;c;2026-01-28;9,99;EUR;{off}\n"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_the_same_in_each(read: Read, language: str) -> None:
    _assert_four_sales(read, written(language))


@pytest.mark.parametrize("language", LONGER)
def test_and_with_longer_names_and_other_forms_of_the_words(read: Read, language: str) -> None:
    _assert_four_sales(read, written(language, LONGER))


def _assert_four_sales(read: Read, text: str) -> None:
    found, sales = read(text)
    assert found.questions == []
    assert money(found) == {"EUR": ("1250.50", "49.50")}
    assert [sale["status"] for sale in sales] == ["completed", "pending", "refunded", "cancelled"]
    assert [sale["order_id"] for sale in sales] == ["1", "2", "3", "4"]
