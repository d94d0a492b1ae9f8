"""Saved documents behind a loopback address: DIR/HOST/PATH[@QUERY].json, and 404 for all else.

Unlike marketsim's --replay nothing is simulated beside them, so that a list that is not there fails.
"""
import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        name = path.lstrip("/") + (f"@{query}" if query else "") + ".json"
        files = [shelf / name for shelf in self.server.shelves if (shelf / name).is_file()]
        status = self.server.statuses.get(path.lstrip("/"), 200 if files else 404)
        body = files[0].read_bytes() if files and ".." not in name and status == 200 else b"{}"
        self.server.asked.append((path.lstrip("/"), self.headers.get("Authorization")))
        self.send_response(status)
        if status == 304:
            self.end_headers()
            return
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Replay:
    """`url` is what ASSAY_UPSTREAM is set to; `asked`: (host and path, Authorization) in order.

    `statuses`: host and path → what is answered instead of 200 or 404.
    """

    def __init__(self, *shelves):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.shelves = list(shelves)
        self.server.asked = self.asked = []
        self.server.statuses = self.statuses = {}
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def serve(self, *shelves):
        """From now on these directories, the first that has a document."""
        self.server.shelves = list(shelves)

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
