"""A customer is spelled in Python as in SQL, so that an erasure finds what an import wrote."""

import hashlib

import pytest

from sources.meaning.people import plain_customer
from tests.sources.conftest import Read

SPELLINGS = [
    "Ann Lee",
    "Ann  Lee",
    "Ann\u00a0Lee",
    "Mu\u0308ller  Bo",
    "Ann <Ann@Example.org>",
    "MAILTO:Ann@x.org",
    "a@x.org",
    "A:b",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_python_spells_a_customer_as_an_import_does(read: Read, text: str) -> None:
    _, [sale] = read(f"order,customer,date,amount\n1,{text},2026-01-02,1.00\n")
    own = plain_customer(text)
    assert sale["customer_id"] == (hashlib.sha256(own.encode()).hexdigest() if "@" in text else own)
