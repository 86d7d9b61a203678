"""The numbers of shards, as the output of a task: what a loop of parallel tasks goes over.

Whether Vertex AI runs a loop inside an exit handler is told in two ways (kubeflow/pipelines #9386: not over
a list that stands in the pipeline; #12390: open). Google's own pipelines have such a loop, in a graph of its
own and over the output of a task beside it (bqml_arima_train of google-cloud-pipeline-components). So have
those here. `make smoke` proves the form, and a run of one shard has no loop.
"""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def number_shards(shards: int) -> list[int]:
    return list(range(shards))
