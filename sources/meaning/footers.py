"""Ask about rows that may be totals or lines below the table, although they have all that a sale has."""

from collections.abc import Iterator

from sources.files.sql import literal
from sources.meaning.asking import Question
from sources.meaning.drafts import yaml_list, yaml_scalar
from sources.meaning.sold import SHOWN, SoldLines

LAST = 10  # rows of a file, of which some may be below the table
# How lines below a table begin: who or what made the report and when, and how many rows it has.
BELOW = (
    r"(?i)^\W*(?:(?:report|generated|printed|exported|created|page|run date|as of|count|number of|balance"
    r"|(?:opening|closing) balance|(?:carried|brought) forward|bericht|erstellt|gedruckt|exportiert|stand"
    r"|seite|anzahl|saldo|übertrag|rapport|généré|imprimé|exporté|nombre|solde|informe|generado|impreso|exportado"
    r"|página|número|relatório|gerado|emitido|rapporto|generato|stampato|pagina|numero|gegenereerd|afgedrukt"
    r"|aantal|raport|wygenerowano|wydrukowano|strona|liczba|vytvořeno|počet|skapad|utskriven|antal|udskrevet"
    r"|отчет|отчёт|сформирован\pL*|страница|количество|остаток|звіт|сторінка|кількість|rapor|oluşturuldu|sayfa"
    r"|σελίδα)(?:\PL|$)|作成|出力|件数|导出|打印|页码|\d+ (?:orders|sales|rows|records|customers|bestellungen"
    r"|zeilen|commandes|lignes|pedidos|ordini|zamówień)(?:\PL|$))"
)


def totals_as_products(sold: SoldLines) -> Iterator[Question]:
    """Ask about lines whose product is a word for a total: they would count beside the lines they add up."""
    where = "accepted and list_contains(getvariable('totals'), lower(rtrim(product, ': ')))"
    if "keep" in sold.decided or not (count := sold.count(where)):
        return
    words = [
        word for (word,) in sold.fetch_all(f"select distinct product from money where {where} order by 1")
    ]
    column = sold.mapping.product
    setting = f"keep=[{{field: {yaml_scalar(str(column))}, words: {yaml_list(words)}, unless: true}}]"
    text = f"{count:,} lines have the {column} {', '.join(words)} ({sold.places(where)}): are they totals?"
    yield Question.of(text, setting, "keep=[]")


def totals_as_customers(sold: SoldLines) -> Iterator[Question]:
    """Ask about rows without an order number whose customer, there once, may be a line below the table."""
    if sold.layout.nested or any(each.startswith("customer") for each in sold.decided):
        return
    found = sold.fetch_all(
        sold.read_sql("footers").replace("the_below", literal(BELOW)).replace("the_last", str(LAST))
    )
    if found:
        names = [name for _, name in found]
        places = ", ".join(sold.raw.place(n) for n, _ in found[:SHOWN])
        text = (
            f"{', '.join(map(repr, names[:SHOWN]))} may be no customers, but totals or lines below ({places})"
        )
        yield Question.of(text, f"customer.nobody={yaml_list(names)}", "customer.nobody=[]")
