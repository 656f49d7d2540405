"""An HTTP server that takes rows as a real one might: slowly, not now, not this row, or with the answer lost."""
import http.server
import json
import socket
import threading
import time


class Server:
    """`answer(request)` gives (status, headers), None to close the connection with the request taken, or
    "drop" to close it with the request not taken."""

    def __init__(self, port=0):
        self.lock = threading.Lock()
        self.requests = []  # all that came: {"key", "body", "headers", "at", "status"}
        self.connections = []
        self.answer = lambda request: (200, {})
        self.delay = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                with outer.lock:
                    outer.connections.append(self.connection)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8")
                request = {"key": self.headers["Idempotency-Key"], "body": body, "headers": dict(self.headers),
                           "at": time.monotonic(), "path": self.path}
                if outer.delay:
                    time.sleep(outer.delay)
                with outer.lock:
                    answer = outer.answer(request)
                    taken = answer is None or (answer != "drop" and answer[0] < 300)
                    request["status"] = 200 if answer is None else 0 if answer == "drop" else answer[0]
                    request["taken"] = taken
                    outer.requests.append(request)
                if answer is None or answer == "drop":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, headers = answer
                text = json.dumps({"said": status}).encode()
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass  # who asked was killed

            def log_message(self, *arguments):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, client_address):
                pass  # connections of killed processes

        self.server = Listener(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/rows"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # closed long since

    def taken(self):
        """What is left if each key counts once: its first body. The same key never has two bodies."""
        first = {}
        with self.lock:
            for request in self.requests:
                if not request["taken"]:
                    continue
                body = first.setdefault(request["key"], request["body"])
                if body != request["body"]:
                    raise AssertionError(f"{request['key']} has two bodies: {body[:200]} and {request['body'][:200]}")
        return first

    def rows(self):
        return [row for body in self.taken().values() for row in rows_of(body)]


def rows_of(body):
    if body.startswith("["):
        return json.loads(body)
    return [json.loads(line) for line in body.splitlines()]
