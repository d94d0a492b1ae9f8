"""A Hub that says what was recorded: the nth answer to the nth request, whatever is asked.

Traffic is a list of {"method", "path", "op", "rawHeaders", "body" or "bodyBytes" and "bodySha256",
"status", "resHeaders", "resBody"}; "dropped": the connection breaks instead of an answer.
Requests that go to storage side by side are answered by their path, in whichever order they come.
"""
import hashlib
import http.server
import threading

STORAGE = ("s3put", "s3part")


class Request:
    """One that came, or one that was recorded."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.body = method, path, body
        self.headers = {name.lower(): value for name, value in headers}

    def sha256(self):
        return hashlib.sha256(self.body).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        replay = self.server.replay
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        replay.asked.append(Request(self.command, self.path, self.headers.items(), body))
        said = replay.next(self.command, self.path)
        if said is None or said.get("dropped"):
            self.close_connection = True
            return
        text = (said.get("resBody") or "").encode()
        self.send_response(said["status"])
        for name, value in said.get("resHeaders", {}).items():
            if name.lower() != "content-length":
                self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


class HubReplay:
    """`with HubReplay(traffic) as hub`: hub.url, hub.asked; `base` is what the recording calls it."""

    def __init__(self, traffic, base, rewrite=lambda text: text):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.replay = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.left = [{**one, "resBody": rewrite((one.get("resBody") or "")).replace(base, self.url)}
                     for one in traffic]
        self.asked = []

    def next(self, method, path):
        if not self.left:
            return None
        at = 0
        if self.left[0].get("op") in STORAGE:
            at = next((i for i, one in enumerate(self.left)
                       if one.get("op") in STORAGE and one["path"] == path), 0)
        return self.left.pop(at)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
