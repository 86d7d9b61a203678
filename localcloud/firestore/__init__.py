"""Firestore on this machine: a gRPC server that keeps its documents in SQLite."""
