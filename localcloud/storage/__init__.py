"""Cloud Storage on a laptop: fake-gcs-server behind a proxy, the door, which guards it.

`python -m localcloud.storage --port P --data-dir DIR` serves on 127.0.0.1. The door (`door`) applies the
guard, checks and prepares each request (`request`), refuses names that would escape their bucket's folder
(`names`), and forwards the rest. It talks to the server (`server`) over TLS, with a certificate created at
each start that only the door trusts: a browser that found the server's own port could not talk to it.
"""
