"""Google's own SQL engine: its analyser says of a statement what BigQuery would say before running it.

It is GoogleSQL's C++ code as WebAssembly, from the package `zetasql`. Only `compiled`, `module` and that
package's messages depend on it, so that another build of the engine fits behind the same few calls.
"""
