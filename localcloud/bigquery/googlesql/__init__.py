"""Google's own SQL engine: its analyser says of a statement what BigQuery would say before it runs it.

It is GoogleSQL's C++ code as WebAssembly, from the package `zetasql`. Only `module` and the messages of that
package know it, so that another build of the engine fits behind the same few calls.
"""
