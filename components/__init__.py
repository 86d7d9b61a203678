"""The pipeline's steps, one folder each: component.py is the contract, step.py does the work."""
