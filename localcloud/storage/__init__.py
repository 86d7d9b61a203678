"""Cloud Storage on a laptop: fake-gcs-server, behind a door that guards it.

`python -m localcloud.storage --port P --data-dir DIR` serves on 127.0.0.1. The door (`door`) lets in who the
guard lets in, refuses names that would leave their bucket's folder (`names`), and passes the rest on. It
speaks to the server (`server`) by TLS, with a certificate made at each start that it alone trusts: a browser
that found the server's own port could not speak to it.
"""
