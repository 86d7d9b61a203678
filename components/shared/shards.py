"""The numbers of shards as the output of a task: what a loop of pipelines/shards.py goes over."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def number_shards(shards: int) -> list[int]:
    return list(range(shards)) if shards > 1 else []
