"""Which runs can be retried."""

import pytest
from google.cloud.aiplatform_v1 import PipelineJob

from orchestrator import retry
from pipelines.rerun import NUMBER


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"state": "PIPELINE_STATE_SUCCEEDED"}, "has succeeded: there is nothing to retry"),
        ({"state": "PIPELINE_STATE_RUNNING"}, "has not ended: PIPELINE_STATE_RUNNING"),
        ({"spec": "other"}, "was submitted with another compiled pipeline than the deployed one"),
        ({NUMBER: ""}, "was not submitted by this service, or Vertex AI does not return its number"),
        ({"pipeline": "other"}, "was not submitted by this service"),
        ({}, ""),
    ],
)
def test_its_state_and_labels_decide_if_a_run_can_be_retried(change, fault):
    labels = {"pipeline": "customer-churn", "as_of": "2026-01-31", "spec": "same", NUMBER: "17"} | change
    state = labels.pop("state", "PIPELINE_STATE_FAILED")
    job = PipelineJob(state=state, labels={name: text for name, text in labels.items() if text})
    assert retry._fault(job, "same").startswith(fault)
    assert bool(retry._fault(job, "same")) == bool(fault)
