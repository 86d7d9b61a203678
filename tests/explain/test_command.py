"""The command: which customers it accepts, what it reads, and its one-line errors."""

import hashlib
import re
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden
from google.cloud.bigquery import Client
from google.cloud.storage import Blob

from explain.__main__ import main
from tests.explain.conftest import Outcome, Shop
from tests.explain.shop import ANN, AS_OF, DAY_BEFORE, NEW, SECRET, key_of

ON = ("--on", str(AS_OF))
WRITING = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|DROP|ALTER|CREATE(?! TEMP TABLE)|EXPORT|CALL)\b")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Return the queries that are sent, with their parameters."""
    sent: list[tuple[str, Any]] = []
    query = Client.query

    def spy(client: Client, sql: str, job_config: Any, **settings: Any) -> Any:
        sent.append((sql, job_config.to_api_repr()))
        return query(client, sql, job_config=job_config, **settings)

    monkeypatch.setattr(Client, "query", spy)
    return sent


def test_the_shops_own_id_is_hashed_by_bigquery(
    shop: Shop, ann: Outcome, asked: list[tuple[str, Any]]
) -> None:
    outcome = shop.run(" Ann-7 ", "--shop-id", *ON, "--json")
    assert outcome == ann
    [hashing] = [one for one in asked if "shop_id" in one[0]]
    assert "Ann-7" not in hashing[0]
    assert " Ann-7 " in str(hashing[1])
    assert SECRET not in str(asked) + outcome.out


def test_an_address_is_hashed_as_a_mapping_does(shop: Shop, asked: list[tuple[str, Any]]) -> None:
    address = " Zoe@Example.org"
    known_as = hashlib.sha256(b"zoe@example.org").hexdigest()
    outcome = shop.run(address, "--shop-id", *ON)
    assert f"{key_of(known_as)} is unknown" in outcome.err
    assert [known_as in str(parameters) for sql, parameters in asked if "shop_id" in sql] == [False, True]


def test_it_only_reads(shop: Shop, asked: list[tuple[str, Any]]) -> None:
    shop.run(ANN, *ON, "--json")
    statements = [re.sub(r"--.*", "", sql) for sql, _ in asked]
    assert len(statements) >= 5
    assert [sql for sql in statements if WRITING.search(sql)] == []
    assert sum("CREATE TEMP TABLE features" in sql for sql in statements) == 1


ERRORS = {
    "a day without a prediction": ((ANN, "--on", "2025-01-01"), rf"choose one of {DAY_BEFORE}, {AS_OF}$"),
    "a customer before the first prediction": ((NEW, *ON), rf"a sale is known since {AS_OF}: run the batch"),
    "an unknown customer": (("ab" * 32, *ON), r"(ab){32} is unknown: .* --shop-id$"),
    "an unknown shop's id": (("Zoe", "--shop-id", *ON), r"is unknown: no sale and no prediction"),
    "an empty shop's id": ((" ", "--shop-id", *ON), r"the shop's id is empty"),
    "what is no key": (("Ann-7", *ON), r"'Ann-7' is not a customer_key.*--shop-id$"),
    "what is no date": ((ANN, "--on", "30.06.2025"), r"--on='30.06.2025' is not a date: write it as"),
    "an empty date": ((ANN, "--on", ""), r"--on='' is not a date: write it as"),
    "a dataset that is no name": ((ANN, *ON, "--warehouse-dataset", "a`; DROP"), r"is not a valid name of a"),
    "a dataset that is not there": (
        (ANN, *ON, "--warehouse-dataset", "never_made"),
        r"Dataset .*:never_made was not found in location US \(run the batch first, or",
    ),
    "a key that is not there": (
        ("Ann-7", *ON, "--shop-id", "--keys-dataset", "explained_features"),
        r"explained_features.pseudonym_key does not exist",
    ),
}
WRONG_ARGUMENTS = ("what is no key", "what is no date", "an empty date")


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_is_one_line_that_says_what_to_do(shop: Shop, case: str) -> None:
    arguments, message = ERRORS[case]
    outcome = shop.run(*arguments)
    assert (outcome.code, outcome.out) == (2 if case in WRONG_ARGUMENTS else 1, "")
    assert re.search(f"^error: .*{message}", outcome.err)
    assert outcome.err.count("\n") == 1


def refuse(*_: Any, **__: Any) -> Any:
    raise Forbidden("Access Denied: you may not\nLocation: US")


def test_without_the_right_to_read_the_key_it_says_who_can_help(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "query", refuse)
    outcome = shop.run("Ann-7", "--shop-id", *ON)
    assert outcome.code == 1
    assert "you may not read explained_keys.pseudonym_key" in outcome.err
    assert "give the customer_key, or ask an owner of the project" in outcome.err
    by_key = shop.run(ANN, *ON)
    assert (
        by_key.err
        == "error: 403 Access Denied: you may not (docs/access.md lists the roles that this needs)\n"
    )


def test_without_the_right_to_read_the_models_the_rest_is_shown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Blob, "download_to_filename", refuse)
    outcome = shop.run(ANN, *ON)
    assert outcome.code == 1
    assert re.match(r"error: you may not read gs://explained-models/mlops/models/churn-", outcome.err)
    assert "Features, as scored" in outcome.out


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out
    assert "make explain CUSTOMER=" in shown
    assert "exit code: 0 the score is equal" in shown
