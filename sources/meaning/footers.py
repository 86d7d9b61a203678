"""Ask about rows that may be totals or lines below the table, although they have all that a sale has."""

from collections.abc import Iterator

from sources.files.sql import literal
from sources.meaning.asking import Question
from sources.meaning.drafts import yaml_list, yaml_scalar
from sources.meaning.names import is_of_line
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
    """Ask about lines whose product, or text, is a word for a total: they would count beside others."""
    if "keep" in sold.decided:
        return
    columns = [] if sold.layout.nested else list(filter(is_of_line, sold.layout.columns))
    for column in dict.fromkeys(filter(None, (sold.mapping.product, *columns))):
        is_product = column == sold.mapping.product
        text = "product" if is_product else sold.layout.text(column)
        total = f"list_contains(getvariable('totals'), lower(rtrim({text}, ': ')))"
        where = f"accepted and {total if is_product else f'n in (select n from raw where {total})'}"
        if count := sold.count(where):
            named = f"select distinct {text} from {'money' if is_product else 'raw'} where "
            words = sold.fetch_all(named + (where if is_product else total) + " order by 1")
            yield _ask_about_totals(column, [word for (word,) in words], count, sold.places(where))
            return


def _ask_about_totals(column: str, words: list[str], count: int, places: str) -> Question:
    setting = f"keep=[{{field: {yaml_scalar(column)}, words: {yaml_list(words)}, unless: true}}]"
    text = f"{count:,} lines have the {column} {', '.join(words)} ({places}): are they totals?"
    return Question.of(text, setting, "keep=[]")


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
