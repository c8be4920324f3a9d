"""Another site, on an origin of its own and with a strict policy, that shows our signup box."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

#: What a careful site allows: nothing, but what the box needs of one other origin.
POLICY = (
    "default-src 'none'; style-src 'nonce-own'; script-src {ours}; connect-src {ours}; "
    "form-action {ours}; frame-src {ours}; base-uri 'none'"
)

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title>'
    '<style nonce="own">body {{ font: 20px Georgia, serif; color: rgb(80, 20, 20) }}</style>'
    "<h1>A site</h1>{box}</html>"
)


class ForeignSite:
    """Serves one page; `boxes` says what stands at which path."""

    def __init__(self, *, ours: str) -> None:
        self.boxes: dict[str, str] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                box = site.boxes.get(self.path)
                self.send_response(200 if box else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", POLICY.format(ours=ours))
                self.end_headers()
                self.wfile.write(PAGE.format(box=box or "").encode())

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
