"""Recognise which column is which field, by common names."""

import difflib
import unicodedata
from collections.abc import Sequence

# Without case, accents, blanks and punctuation, the most reliable first: English, then German, French,
# Spanish and Portuguese, Italian, Dutch.
_USUAL = {
    "customer": """
        customeruniqueid customerid custid clientid userid buyerid buyeruserid memberid customer customerno
        customernumber cardcode client customeremail buyeremail email customername
        loyaltycard loyaltynumber kundennr kundennummer kundenid kunde debitorennr debitor clientname
        idclient numeroclient idcliente codigocliente codicecliente cliente klantid klantnummer klant
    """,
    "time": """
        saletimestamp invoicedate orderdate orderpurchasetimestamp orderedat purchasedate transactiondate
        saledate createdat createdutc created timestamp datetime date placedat orderedon soldat paidat
        ordertime saletime docdate time bestelldatum auftragsdatum rechnungsdatum belegdatum datecommande
        datedecommande fechapedido fechadepedido datapedido dataordine besteldatum orderdatum datum fecha
        data
    """,
    "total": """
        ordertotal totalamount grandtotal total paymentvalue amount linetotal revenue totalprice totalpaid
        amountpaid ordertotalinctax spend sales umsatz gesamtbetrag gesamtpreis betrag summe montanttotal
        montant importetotal importe valortotal valor totale importo totaalbedrag totaal bedrag
    """,
    "price": """
        unitprice priceperunit priceeach itemprice lineitemprice price einzelpreis stueckpreis stuckpreis
        preis prixunitaire prix preciounitario precio precounitario preco prezzounitario prezzo stuksprijs
        prijs
    """,
    "order": """
        saleid orderid invoiceno invoiceid transactionid ordernumber invoicenumber receiptnumber receiptno
        receiptid docnum orderref invoice order orderno receipt bestellnr bestellnummer bestellung
        auftragsnr auftragsnummer auftrag rechnungsnr rechnungsnummer rechnung belegnr belegnummer
        numerocommande numerodecommande ncommande ndecommande commande numerofacture facture numeropedido
        numerodepedido nopedido npedido pedido factura fatura numeroordine ordine fattura bestelnummer
        ordernummer bestelling factuurnummer factuur id
    """,
    "quantity": """
        quantity qty units pieces quantityordered menge anzahl stueckzahl quantite cantidad quantidade
        quantita aantal
    """,
    "currency": """
        currency currencycode ordercurrency ordercurrencycode waehrung wahrung devise moneda moeda valuta
    """,
    "status": "status orderstatus financialstatus bestellstatus auftragsstatus etat statut estado stato",
    "product": """
        productid stockcode sku itemid productcode product lineitemsku artikelnr artikelnummer artikel
        produkt produit producto produto prodotto
    """,
    "category": "productcategory category productline kategorie categorie categoria",
    "channel": "channel saleschannel kanal",
    "refunded": "refundedamount amountrefunded refundamount totalrefunded refundtotal",
    "discount": """
        discount discounts discountamount itempromotiondiscount lineitemdiscount rabatt discountpercent
        discountrate linediscount remise descuento desconto sconto korting
    """,
    "type": "type transactiontype eventtype documenttype recordtype kind belegart",
}
USUAL = {field: tuple(names.split()) for field, names in _USUAL.items()}
TIMES_OF_DAY = (
    "time",
    "timeofday",
    "ordertime",
    "saletime",
    "uhrzeit",
    "zeit",
    "heure",
    "hora",
    "ora",
    "tijd",
)
EMAILS = ("customeremail", "buyeremail", "email", "emailaddress")
PEOPLE = ("customer", "client", "user", "buyer", "member", "email", "unique", "kunde", "klant")


def plain(text: str) -> str:
    """Return a name without case, accents, blanks and punctuation."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text))).lower()


def usual(columns: Sequence[str]) -> dict[str, str]:
    """Return {field: column}; no column is used for two fields."""
    by_name = {plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for field, names in USUAL.items():
        free = (by_name[name] for name in names if name in by_name and by_name[name] not in found.values())
        if column := next(free, None):
            found[field] = column
    return found


def emails(columns: Sequence[str]) -> list[str]:
    """Return the columns that hold e-mail addresses."""
    return [column for column in columns if plain(column) in EMAILS]


def name_people(column: str) -> bool:
    """Return whether a column may say who bought."""
    return any(word in plain(column) for word in PEOPLE)


def nearest(column: str, columns: Sequence[str]) -> str:
    """Return which column may be meant, as words to append to a sentence, or none."""
    near = difflib.get_close_matches(column, columns, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""
