"""Erased customers are removed from their campaigns, whether listed or held out; the others stay."""

from pathlib import Path

from erase.data_subject import DataSubject
from erase.plan import Plan
from erase.platform import Platform
from erase.tables import look, remove
from localcloud.endpoints import Endpoints
from tests.erase.shop import ANNA, ERASED, LOCATION, PROJECT, campaign, customer_key, opened


def test_campaigns_forget_the_erased(cloud: Endpoints, tmp_path: Path) -> None:
    shop = opened("erase-campaigns", tmp_path)
    campaign(shop)
    table = f"{shop.datasets['warehouse']}.retention_audiences"
    before = shop.rows(table)[table]
    keys = [customer_key(customer) for customer in ERASED]
    platform = Platform(PROJECT, LOCATION, shop.bucket.name, "(default)", shop.sales.id, shop.datasets)
    subject = DataSubject(frozenset(ERASED), tuple(keys))
    plan = Plan(subject=subject.fingerprint)
    look(shop.client, platform, subject, plan)
    assert (plan.places[table].held, plan.places[table].theirs) == (5, 2)
    remove(shop.client, platform, subject, plan)
    assert shop.rows(table)[table] == [row for row in before if not any(key in row for key in keys)]
    assert any(customer_key(ANNA) in row for row in before)
    shop.client.close()
