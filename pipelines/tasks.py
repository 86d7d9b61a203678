"""The title, machine and cache of a pipeline's task."""

from kfp import dsl
from kfp.dsl.structures import ResourceSpec


def configure(task: dsl.PipelineTask, title: str, cpu: str, memory: str) -> dsl.PipelineTask:
    """Give a task a title and a machine, but no cache, since it reads live data. Steps retry themselves."""
    return on_machine(task, cpu, memory).set_display_name(title).set_caching_options(False)


def on_machine(task: dsl.PipelineTask, cpu: str, memory: str) -> dsl.PipelineTask:
    """Give a task a machine with this many vCPUs and this much memory, such as "16G"."""
    # set_cpu_limit and set_memory_limit each read the sources of all callers, to name one in a message: that
    # took nine tenths of the time that building the pipeline takes.
    task.container_spec.resources = ResourceSpec(cpu_limit=cpu, memory_limit=memory)
    return task
