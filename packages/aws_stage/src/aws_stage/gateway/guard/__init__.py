"""Who may talk to the stage: what stands before the gateway and decides whether a request goes on.

A web page in the developer's browser can reach loopback, so the port alone keeps nobody out. In this order: the name
that the request was sent to (``hosts``), what kind of door it knocks at (``doors``), the page that sent it
(``browsers``), its signature (``signatures``, ``credentials``) or the right to come without one (``unsigned``). What
goes back carries the CORS headers that the bucket or the API has configured, and no others (``cors``).
"""
