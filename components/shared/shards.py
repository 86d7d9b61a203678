"""The numbers of shards as a task's output, which a loop of pipelines/shards.py iterates over."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def number_shards(shards: int) -> list[int]:
    return list(range(shards)) if shards > 1 else []
