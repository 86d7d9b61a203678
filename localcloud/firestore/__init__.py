"""Firestore on this machine: a gRPC server that keeps its documents in SQLite.

Not supported, and refused as UNIMPLEMENTED: Listen, Write, pipelines, nearest neighbours, query explain. No
query needs an index here; on the real service many do.
"""
