"""Recognise which column is which field, by common names."""

import difflib
import re
import unicodedata
from collections.abc import Sequence
from itertools import filterfalse

from sources.meaning.currencies import CODES

# Without case, accents, blanks and punctuation, the most reliable first: English, then German, French,
# Spanish and Portuguese, Italian, Dutch, Polish and Czech, Swedish and Danish, Japanese and Chinese.
_USUAL_NAMES = {
    "customer": """
        customeruniqueid customerid custid clientid userid buyerid buyeruserid memberid customer customerno
        customernumber customercode cardcode client customeremail buyeremail contactemail purchaseemail
        billingemail useremail email customeruuid useruuid idcustomer shopperreference buyerusername
        customername buyer acheteur comprador acquirente loyaltycard loyaltynumber householdkey
        householdid kundennr kundennummer kundenid kunde
        debitorennr debitor clientname idclient numeroclient idcliente codigocliente codicecliente cliente
        adresseemail correo correoelectronico klantid klantnummer klant klient idklienta nrklienta zakaznik
        kundnr kundnummer kundid kund contactid
        accountid subscriberid donorid guestid patientid mobile mobilenumber mobileno phone phonenumber
        顧客id 顧客番号 会員id メールアドレス 客户id 会员id 用户id
    """,
    "time": """
        saletimestamp invoicedate orderdate orderpurchasetimestamp orderedat purchasedate transactiondate
        saledate createdat createdutc created timestamp datetime date placedat orderedon soldat paidat
        ordertimestamp ordertime eventtime eventtimestamp saletime docdate billdate paymentdate
        bookingdate bookedon dateadded dateadd createdtimestamp datecreated datepaid dateordered time
        bestelldatum auftragsdatum rechnungsdatum belegdatum datecommande
        datedecommande fechapedido fechadepedido datapedido dataordine besteldatum orderdatum datum fecha
        data dato datazamowienia dataobjednavky 注文日時 注文日 購入日 日付 下单时间 订单日期 日期
    """,
    "total": """
        ordertotal totalamount grandtotal total totalinctax totalincltax totalincvat totalinclvat
        paymentvalue amount linetotal revenue totalprice totalpaid
        amountpaid ordertotalinctax totalpurchaseamount purchaseamount transactionamount paymentamount
        billamount invoiceamount invoicetotal orderamount ordervalue saleamount salevalue salesvalue
        salesamount totalsales totalrevenue totalspent spend sales
        umsatz gesamtbetrag gesamtpreis rechnungsbetrag betrag summe montanttotal montantttc totalttc
        montant importetotal importe valortotal valor totale importo totaalbedrag totaal bedrag kwotabrutto
        kwota wartosc castka celkem belopp summa totalt beløb 合計金額 合計 金額 订单金额 实付金额 总金额 金额
    """,
    "price": """
        unitprice priceperunit priceeach itemprice lineitemprice saleprice sellingprice price einzelpreis
        stueckpreis stuckpreis preis prixunitaire prix preciounitario precio precounitario preco
        prezzounitario prezzo stuksprijs prijs cenajednostkowa cena pris 単価 单价
    """,
    "order": """
        saleid orderid invoiceno invoiceid transactionid ordernumber invoicenumber receiptnumber receiptno
        receiptid orderuuid idorder incrementid docnum billno billnumber basketid orderref purchaseid invoice
        order orderno receipt orderreference merchantreference amazonorderid documentnumber
        bookingid bookingnumber donationid bestellnr bestellnummer bestellung
        auftragsnr auftragsnummer auftragsid auftrag rechnungsnr rechnungsnummer rechnung belegnr belegnummer
        numerocommande numerodecommande ncommande ndecommande commande numerofacture facture numeropedido
        numerodepedido nopedido npedido pedido numerodeorden numeroorden factura fatura numeroordine
        ordine fattura bestelnummer
        ordernummer bestelling factuurnummer factuur nrzamowienia numerzamowienia zamowienie
        cisloobjednavky objednavka ordernr fakturanr bestallning ordrenr ordrenummer
        注文番号 订单号 订单编号 id
    """,
    "quantity": """
        quantity qty units pieces quantityordered quantityshipped quantitypurchased lineitemquantity
        purchasequantity menge anzahl stueckzahl
        quantite cantidad quantidade quantita aantal ilosc mnozstvi antal 数量
    """,
    "currency": """
        currency currencycode ordercurrency ordercurrencycode waehrung wahrung devise moneda moeda valuta
        waluta mena 通貨 币种
    """,
    "status": """
        status orderstatus financialstatus paymentstatus currentstate orderstate statusid statuscode
        bestellstatus auftragsstatus etat statut estado stato stav statuszamowienia 状態 订单状态
    """,
    "product": """
        productid stockcode sku itemid productcode product lineitemsku artikelnr artikelnummer artikel
        produkt produit producto produto prodotto
    """,
    "category": "productcategory category productline kategorie categorie categoria kategoria",
    "channel": "channel saleschannel kanal",
    "refunded": "refundedamount amountrefunded refundamount totalrefunded refundtotal",
    "discount": """
        discount discounts discountamount itempromotiondiscount lineitemdiscount rabatt discountpercent
        discountrate linediscount remise descuento desconto sconto korting
    """,
    "type": """
        type transactiontype eventtype eventname event action documenttype recordtype linetype kind
        belegart belegtyp dokumenttyp auftragsart buchungsart typ tipo
        tipodocumento tipodedocumento typedepiece rodzaj art
    """,
}
USUAL_NAMES = {field: tuple(names.split()) for field, names in _USUAL_NAMES.items()}
TIMES_OF_DAY = (
    *("time", "timeofday", "ordertime", "saletime", "uhrzeit", "zeit", "heure", "hora", "ora", "tijd"),
)
ZONES = ("timezone", "tz", "zeitzone", "fuseauhoraire", "zonahoraria", "fusoorario", "tijdzone")
EMAILS = (
    *("customeremail", "buyeremail", "contactemail", "purchaseemail", "billingemail", "useremail", "email"),
    *("emailaddress", "adresseemail", "correo", "correoelectronico", "メールアドレス"),
)
_PERSON_NAMES = {
    "first": "firstname givenname vorname prenom nombre nome voornaam imie jmeno fornamn fornavn 名",
    "last": """
        lastname surname familyname nachname nom apellidos apellido cognome sobrenome achternaam nazwisko
        prijmeni efternamn efternavn 姓
    """,
}
FIRST_NAMES, LAST_NAMES = (tuple(names.split()) for names in _PERSON_NAMES.values())
ABBREVIATED = {
    short: long
    for long, shorts in {
        "amount": "amt",
        "currency": "ccy",
        "customer": "cust",
        "date": "dt",
        "invoice": "inv",
        "number": "nbr no nr num",
        "order": "ord",
        "timestamp": "ts",
        "transaction": "trx txn",
    }.items()
    for short in shorts.split()
}
CENTS = ("cent", "cents", "pence", "minor")
PEOPLE = ("customer", "client", "user", "buyer", "member", "email", "unique", "kunde", "klant")
# In a word of an order number's name, or a word of it.
NUMBERED = re.compile("order|invoice|receipt|basket|cart|checkout|ticket|session|reference|beleg")
NUMBERS = frozenset(re.findall(r"\w+", "id no nr number num ref bill bon trx txn transaction doc document"))
TYPED = re.compile(r"\.(?:\$\w+|[NS])$")  # as in createdAt.$date of MongoDB, and total.N of DynamoDB
# What interfaces put all of a record into.
OUTER = re.compile(r"^(?:node|_source|fields|attributes|properties|Item)\.")
CAMEL, WORD = re.compile("(?<=[a-z])(?=[A-Z])"), re.compile(r"[^\W_]+")


def plain_name(text: str) -> str:
    """Return a name without case, accents, blanks and punctuation, nor what databases put around it."""
    text = _own_name(text)
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text))).lower()


def _own_name(text: str) -> str:
    return TYPED.sub("", OUTER.sub("", text))


def words_of(text: str) -> list[str]:
    """Return the words of a name, without accents; customerId has two."""
    text = unicodedata.normalize("NFKD", _own_name(text))
    unaccented = "".join(filterfalse(unicodedata.combining, text))
    return WORD.findall(CAMEL.sub(" ", unaccented))


def spelled_out(text: str) -> str:
    """Return a name as `plain_name` does, abbreviations in full, without a unit of money at its end."""
    words = [word.lower() for word in words_of(text)]
    while len(words) > 1 and (words[-1].upper() in CODES or words[-1] in (*CENTS, "in")):
        words.pop()
    return "".join(ABBREVIATED.get(word, word) for word in words)


def is_in_cents(column: str) -> bool:
    """Return whether a column's name says that its amounts are in cents."""
    return any(word.lower() in CENTS for word in words_of(column))


def match_columns(columns: Sequence[str]) -> dict[str, str]:
    """Return {field: column}; no column is used for two fields."""
    by_name = {form(column): column for form in (spelled_out, plain_name) for column in reversed(columns)}
    found: dict[str, str] = {}
    for field, names in USUAL_NAMES.items():
        free = (by_name[name] for name in names if name in by_name and by_name[name] not in found.values())
        if column := next(free, None):
            found[field] = column
    return found


def email_columns(columns: Sequence[str]) -> list[str]:
    """Return the columns that hold e-mail addresses."""
    return [column for column in columns if plain_name(column) in EMAILS]


def name_columns(columns: Sequence[str]) -> tuple[str, str] | None:
    """Return the columns of first and last names, if there is one of each."""
    found = [_of_person(names, columns) for names in (FIRST_NAMES, LAST_NAMES)]
    return (found[0], found[1]) if found[0] and found[1] else None


def last_name_column(columns: Sequence[str]) -> str | None:
    """Return the column of last names."""
    return _of_person(LAST_NAMES, columns)


def _of_person(names: Sequence[str], columns: Sequence[str]) -> str | None:
    of_buyer = (
        f"{person}{name}" for person in ("", "customer", "kunde", "buyer", "billing") for name in names
    )
    by_name = {plain_name(column): column for column in reversed(columns)}
    return next((by_name[name] for name in of_buyer if name in by_name), None)


def may_name_person(column: str) -> bool:
    """Return whether a column may say who bought."""
    return any(word in plain_name(column) for word in PEOPLE)


def may_number_orders(column: str) -> bool:
    """Return whether a column may have the numbers of orders."""
    words = {word.lower() for word in words_of(column)}
    return any(map(NUMBERED.search, words)) or not words.isdisjoint(NUMBERS)


def suggest_column(column: str, columns: Sequence[str]) -> str:
    """Return which column may be meant, as words to append to a sentence, or none."""
    near = difflib.get_close_matches(column, columns, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""
