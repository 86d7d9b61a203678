"""The steps of the pipeline, one folder each: component.py is the contract, step.py the work."""
