"""Workbooks in Excel's format and OpenDocument's, built by hand: the smallest that their readers accept."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

EPOCH = date(1899, 12, 30)
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HIDDEN = ' state="hidden"'
STYLES = (
    f'<styleSheet {NAMESPACE}>%s<fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/>%s</cellXfs></styleSheet>'
)
BUILT_IN_STYLES, FIRST_OWN = 3, 164


class Formatted(NamedTuple):
    """A number, and which of the workbook's own formats it has."""

    value: float
    format: int


def workbook(
    sheets: Mapping[str, Sequence[Sequence[object]]],
    hidden: Sequence[str] = (),
    merged: Sequence[str] = (),
    formats: Sequence[str] = (),
) -> bytes:
    """Return the bytes of an .xlsx with sheets of rows, without empty ones; ranges are merged in each.

    `formats` are the number formats of the cells that are Formatted.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        places = range(1, len(sheets) + 1)
        listed = "".join(
            f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"{HIDDEN if n in hidden else ""}/>'
            for i, n in zip(places, sheets, strict=True)
        )
        relations = "".join(
            f'<Relationship Id="r{i}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in places
        )
        relations += f'<Relationship Id="s" Type="{RELATIONS}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook {NAMESPACE} xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        )
        package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f"<Relationships {package}>{relations}</Relationships>"
        )
        root = f'<Relationship Id="w" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f"<Relationships {package}>{root}</Relationships>")
        archive.writestr("xl/styles.xml", _styles(formats))
        for place, rows in zip(places, sheets.values(), strict=True):
            archive.writestr(f"xl/worksheets/sheet{place}.xml", _sheet(rows, merged))
    return packed.getvalue()


def _styles(formats: Sequence[str]) -> str:
    numbered = list(enumerate(formats, start=FIRST_OWN))
    own = "".join(f'<numFmt numFmtId="{n}" formatCode={quoteattr(form)}/>' for n, form in numbered)
    used = "".join(f'<xf numFmtId="{n}" applyNumberFormat="1"/>' for n, _ in numbered)
    return STYLES % (f"<numFmts>{own}</numFmts>" if own else "", used)


def _sheet(rows: Sequence[Sequence[object]], merged: Sequence[str]) -> str:
    written = "".join(
        f'<row r="{number}">'
        + "".join(_cell(f"{chr(65 + at)}{number}", cell) for at, cell in enumerate(cells))
        + "</row>"
        for number, cells in enumerate(rows, start=1)
        if cells
    )
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    joined = f"<mergeCells>{ranges}</mergeCells>" if merged else ""
    return f"<worksheet {NAMESPACE}><sheetData>{written}</sheetData>{joined}</worksheet>"


def _cell(place: str, value: object) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    if isinstance(value, Formatted):
        return f'<c r="{place}" s="{BUILT_IN_STYLES + value.format}"><v>{value.value}</v></c>'
    style = 1 if isinstance(value, datetime) else 2 if isinstance(value, date) else 0
    return f'<c r="{place}" s="{style}"><v>{_number(value)}</v></c>'


def _number(value: object) -> object:
    if isinstance(value, datetime):
        since = value - datetime.combine(EPOCH, time())
        return since.total_seconds() / 86_400
    return (value - EPOCH).days if isinstance(value, date) else value


def ods(rows: Sequence[Sequence[object]], currencies: Sequence[str] = ()) -> bytes:
    """Return the bytes of an .ods with a sheet; what is Formatted has one of the currencies."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    written = "".join(
        f"<table:table-row>{''.join(_ods_cell(cell, currencies) for cell in cells)}</table:table-row>"
        for cells in rows
    )
    sheet = f'<office:spreadsheet><table:table table:name="S">{written}</table:table></office:spreadsheet>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {manifest}/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body>{sheet}</office:body></office:document-content>",
        )
    return packed.getvalue()


def _ods_cell(value: object, currencies: Sequence[str]) -> str:
    if isinstance(value, Formatted):
        kind = f'office:value-type="currency" office:currency="{currencies[value.format]}"'
        return f'<table:table-cell {kind} office:value="{value.value}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
