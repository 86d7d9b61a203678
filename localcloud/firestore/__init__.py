"""Firestore on this machine: a gRPC server that keeps its documents in SQLite.

Left out, and answered UNIMPLEMENTED: Listen, Write, pipelines, nearest neighbours, explained queries.
No query needs an index here; on the real service many do.
"""
