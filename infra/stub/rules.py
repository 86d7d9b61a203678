"""What Google refuses although its type is right; each rule names its source.

A rule takes a resource's values as applied, and yields the error messages of Google's response.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

type Values = Mapping[str, Any]
type Rule = Callable[[Values], Iterator[str]]

MINUTE, HOUR = 60, 3600
GITHUB = "https://token.actions.githubusercontent.com"


def seconds(text: str | None) -> int:
    """Return the seconds of a duration such as 90s, or 0 if there is none."""
    if not text:
        return 0
    found = re.fullmatch(r"(\d+)s", text)
    if not found:
        raise ValueError(f"{text} is not a duration in seconds")
    return int(found[1])


def alert_durations(policy: Values) -> Iterator[str]:
    """Yield what is wrong with the conditions' durations.

    Whole minutes: hashicorp/terraform-provider-google #10893; missing data needs a duration: #16892;
    25 hours: chainguard-dev/terraform-infra-common #783 and #1022; 23.5 hours of absence:
    docs.cloud.google.com/monitoring/alerts/metric-absence, sourcegraph/sourcegraph-public-snapshot #64502.
    """
    for condition in policy["conditions"]:
        for kind in ("condition_threshold", "condition_absent"):
            for block in condition[kind] or []:
                yield from _times(kind, block)


def _times(kind: str, block: Values) -> Iterator[str]:
    lasting = seconds(block["duration"])
    aligned = [seconds(each["alignment_period"]) for each in block["aggregations"] or []]
    if any(each % MINUTE for each in [lasting, *aligned]):
        yield f"{kind}: a duration and an alignment period must be in multiples of one minute"
    if block.get("evaluation_missing_data") and not lasting:
        yield f"{kind}: conditions setting evaluation_missing_data must have a non-zero duration"
    if lasting + max(aligned, default=0) > 25 * HOUR:
        yield f"{kind}: the alignment period and the duration may total at most 25 hours"
    if kind == "condition_absent" and not 2 * MINUTE <= lasting <= 23.5 * HOUR:
        yield f"{kind}: the duration must lie between 2 minutes and 23.5 hours"


def alert_kinds(policy: Values) -> Iterator[str]:
    """Yield what cannot be combined in an alert policy.

    A log condition stands alone and needs a rate limit, which no other condition may have:
    docs.cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies (AlertStrategy, LogMatch). At
    most six conditions: docs.cloud.google.com/monitoring/quotas.
    """
    logs = [each for each in policy["conditions"] if each["condition_matched_log"]]
    limits = [each for each in policy["alert_strategy"] or [] if each["notification_rate_limit"]]
    if bool(logs) != bool(limits):
        yield "notification_rate_limit is required for log conditions, and only allowed there"
    if (logs and len(policy["conditions"]) > 1) or len(policy["conditions"]) > 6:
        yield "a policy has one condition of a log, or at most six others"


def prometheus_times(policy: Values) -> Iterator[str]:
    """Yield what is wrong with the evaluation intervals of PromQL conditions.

    The interval is a positive multiple of 30 s: the provider's page of google_monitoring_alert_policy.
    """
    for condition in policy["conditions"]:
        for block in condition["condition_prometheus_query_language"] or []:
            every = seconds(block["evaluation_interval"] or "30s")
            if not every or every % 30:
                yield "evaluation_interval must be a positive multiple of 30 seconds"


def trust_of_github(provider: Values) -> Iterator[str]:
    """Yield what a provider for GitHub's tokens lacks.

    The condition must name a claim: chainguard-dev/terraform-infra-common #672. Subjects of repositories
    created, renamed or moved since 15 July 2026 contain ids (github/docs #45221), and names can be reused by
    others, so only ids are trusted. A claim that some tokens lack makes the exchange fail unless it is tested
    with has(), and google.subject has at most 127 characters:
    docs.cloud.google.com/iam/docs/workload-identity-federation#mapping.
    """
    if provider["oidc"][0]["issuer_uri"] != GITHUB:
        return
    condition, mapping = provider["attribute_condition"] or "", provider["attribute_mapping"] or {}
    if "assertion." not in condition:
        yield "the attribute condition must reference one of the provider's claims"
    for claim in ("repository_id", "repository_owner_id"):
        if not re.search(rf'assertion\.{claim} == "\d+"', condition):
            yield f"the attribute condition must pin assertion.{claim}"
    if mapping.get("google.subject", "assertion.sub") == "assertion.sub":
        yield "google.subject: assertion.sub may exceed 127 characters"
    for name, expression in mapping.items():
        if "assertion.environment" in expression and "has(assertion.environment)" not in expression:
            yield f"{name}: a token outside of an environment has no such claim"


RULES: dict[str, tuple[Rule, ...]] = {
    "google_monitoring_alert_policy": (alert_durations, alert_kinds, prometheus_times),
    "google_iam_workload_identity_pool_provider": (trust_of_github,),
}


def refusals(kind: str, values: Values) -> list[str]:
    """Return why Google would refuse a resource, or an empty list if it would not."""
    return [f"Error 400: {text}" for rule in RULES.get(kind, ()) for text in rule(values)]
