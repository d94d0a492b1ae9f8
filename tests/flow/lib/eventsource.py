"""A client of server-sent events, by the rules of the HTML standard (9.2), with nothing of ours in it."""
import http.client
import json
import queue
import threading

from lib.patience import PATIENCE_S


class Event:
    def __init__(self, kind, data, last_id):
        self.kind, self.data, self.last_id = kind, data, last_id

    def json(self):
        return json.loads(self.data)


class Parser:
    """Bytes in whatever pieces → events.  `last_id` is what a client would send when it comes back."""

    def __init__(self, last_id=""):
        self.last_id, self.retry_ms, self.comments = last_id, None, []
        self.bytes, self.begun = b"", False
        self.clear()
        self.id_buffer = last_id

    def clear(self):
        self.data, self.kind = [], ""

    def lines(self, more):
        """Whole ones; a line ends with CR LF, LF or CR."""
        self.bytes += more
        if not self.begun and len(self.bytes) >= 3:
            self.bytes, self.begun = self.bytes.removeprefix(b"\xef\xbb\xbf"), True
        while True:
            ends = [at for at in (self.bytes.find(b"\n"), self.bytes.find(b"\r")) if at >= 0]
            if not ends or (self.bytes[min(ends):] == b"\r"):  # whose LF may be on its way
                return
            at = min(ends)
            skip = 2 if self.bytes[at:at + 2] == b"\r\n" else 1
            line, self.bytes = self.bytes[:at], self.bytes[at + skip:]
            yield line.decode("utf-8", "replace")

    def feed(self, more):
        for line in self.lines(more):
            if line == "":
                event = self.dispatch()
                if event:
                    yield event
            elif line.startswith(":"):
                self.comments.append(line[1:])
            else:
                name, _, value = line.partition(":")
                self.field(name, value.removeprefix(" "))

    def field(self, name, value):
        if name == "event":
            self.kind = value
        elif name == "data":
            self.data.append(value)
        elif name == "id" and "\0" not in value:
            self.id_buffer = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value)

    def dispatch(self):
        self.last_id = self.id_buffer
        data, kind = self.data, self.kind
        self.clear()
        return Event(kind or "message", "\n".join(data), self.last_id) if data else None


class EventSource(threading.Thread):
    """One connection, read until it ends or close(); `events` is what came so far."""

    def __init__(self, address, path, last_id="", patience_s=PATIENCE_S):
        super().__init__(daemon=True)
        host, _, port = address.rpartition(":")
        self.connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=patience_s)
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        self.connection.request("GET", path, headers=headers)
        self.reply = self.connection.getresponse()
        self.status, self.headers = self.reply.status, self.reply.headers
        self.parser, self.events, self.news = Parser(last_id), [], queue.Queue()
        self.patience_s, self.closed = patience_s, False
        if self.status == 200:
            self.start()

    def run(self):
        try:
            while more := self.reply.read1(65536):
                self.events += self.parser.feed(more)
                self.news.put(True)
        except (OSError, ValueError, http.client.HTTPException):
            pass  # the end, as a browser sees it
        self.closed = True
        self.news.put(False)

    def wait(self, enough):
        """Until enough(self) holds; what goes on for longer than patience fails."""
        while not enough(self):
            if self.closed and self.news.empty():
                raise AssertionError(f"the stream has ended after {len(self.events)} events")
            self.news.get(timeout=self.patience_s)
        return self

    def ids(self):
        return [int(e.last_id) for e in self.events]

    def close(self):
        """As a browser that is closed does; what it had seen last."""
        sock = self.connection.sock or self.reply.fp.raw._sock
        sock.shutdown(2)
        if self.is_alive():
            self.join(self.patience_s)
        self.connection.close()
        return self.parser.last_id
