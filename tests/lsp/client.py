"""A client of the Language Server Protocol: framing, and every answer read by lsprotocol's types, so that what does
not have the protocol's shape fails the test. FLOWC names the program."""
import json
import os
import queue
import subprocess
import threading

from lsprotocol import converters, types

FLOWC = os.path.abspath(os.environ.get("FLOWC", "build/release/tools/flowc/flowc"))
TIMEOUT = 60 * int(os.environ.get("FLOW_SLOWNESS", "1"))
CONVERTER = converters.get_converter()
RESPONSES = {
    "initialize": types.InitializeResponse,
    "shutdown": types.ShutdownResponse,
    "textDocument/hover": types.HoverResponse,
    "textDocument/completion": types.CompletionResponse,
    "textDocument/definition": types.DefinitionResponse,
    "textDocument/references": types.ReferencesResponse,
    "textDocument/prepareRename": types.PrepareRenameResponse,
    "textDocument/rename": types.RenameResponse,
    "textDocument/formatting": types.DocumentFormattingResponse,
    "textDocument/documentSymbol": types.DocumentSymbolResponse,
}


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]


def frame(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


class Client:
    def __init__(self, initialize=True, options=None):
        self.process = subprocess.Popen([FLOWC, "lsp", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.incoming = queue.Queue()
        self.answers = {}
        self.published = []  # of diagnostics, not taken yet
        self.last_id = 0
        threading.Thread(target=self.read, daemon=True).start()
        if initialize:
            self.capabilities = self.request(
                "initialize", {"processId": None, "rootUri": None, "capabilities": {},
                               "initializationOptions": options}).capabilities
            self.notify("initialized", {})

    def read(self):
        stream = self.process.stdout
        while True:
            length = None
            while (line := stream.readline().strip()):
                name, value = line.split(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length is None:
                self.incoming.put(None)
                return
            self.incoming.put(json.loads(stream.read(length)))

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send(frame({"jsonrpc": "2.0", "method": method, "params": params}))

    def ask(self, method, params):
        """Sends a request; gives its id."""
        self.last_id += 1
        self.send(frame({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}))
        return self.last_id

    def next(self):
        message = self.incoming.get(timeout=TIMEOUT)
        assert message is not None, "the server has ended"
        if message.get("method") == "textDocument/publishDiagnostics":
            self.published.append(
                CONVERTER.structure(message, types.PublishDiagnosticsNotification).params)
        elif "id" in message:
            self.answers[message["id"]] = message
        return message

    def answer(self, number):
        while number not in self.answers:
            self.next()
        message = self.answers.pop(number)
        if "error" in message:
            CONVERTER.structure(message["error"], types.ResponseError)
            raise RpcError(message["error"])
        return message

    def request(self, method, params):
        message = self.answer(self.ask(method, params))
        return CONVERTER.structure(message, RESPONSES[method]).result

    def diagnostics(self, uri):
        """The next ones of this document."""
        while True:
            for i, published in enumerate(self.published):
                if published.uri == uri:
                    return self.published.pop(i)
            self.next()

    def stop(self):
        """shutdown, exit; gives the exit code."""
        self.request("shutdown", None)
        self.notify("exit", None)
        return self.end()

    def end(self):
        code = self.process.wait(timeout=TIMEOUT)
        self.process.stdin.close()
        self.process.stdout.close()
        return code


class Document:
    """An open text; places are marked in it by `mark` when it is made, and found by number."""

    def __init__(self, client, marked, uri="file:///x.flow", mark="|"):
        self.client, self.uri, self.version = client, uri, 1
        parts = marked.split(mark)
        self.text = "".join(parts)
        self.places = []
        at = 0
        for part in parts[:-1]:
            at += len(part)
            self.places.append(at)
        client.notify("textDocument/didOpen", {"textDocument": {
            "uri": uri, "languageId": "flow", "version": 1, "text": self.text}})

    def position(self, index):
        before = self.text[:index]
        line = before.count("\n")
        return {"line": line, "character": utf16(before[before.rfind("\n") + 1:])}

    def index(self, place):
        lines = self.text.split("\n")
        units = lines[place.line].encode("utf-16-le")[:place.character * 2]
        return sum(len(line) + 1 for line in lines[:place.line]) + len(units.decode("utf-16-le"))

    def slice(self, found):
        """The text of a range."""
        return self.text[self.index(found.start):self.index(found.end)]

    def at(self, method, place=0, **more):
        return self.client.request("textDocument/" + method, {
            "textDocument": {"uri": self.uri}, "position": self.position(self.places[place]),
            "context": {"includeDeclaration": True}, **more})

    def whole(self, method):
        return self.client.request("textDocument/" + method, {
            "textDocument": {"uri": self.uri}, "options": {"tabSize": 4, "insertSpaces": True}})

    def edit(self, begin, end, text):
        """Replaces text[begin:end]."""
        self.version += 1
        change = {"range": {"start": self.position(begin), "end": self.position(end)}, "text": text}
        self.text = self.text[:begin] + text + self.text[end:]
        self.client.notify("textDocument/didChange", {
            "textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": [change]})

    def diagnostics(self):
        return self.client.diagnostics(self.uri)

    def applied(self, edits):
        """The text with edits, which may not overlap."""
        placed = sorted(((self.index(e.range.start), self.index(e.range.end), i, e.new_text)
                         for i, e in enumerate(edits)))
        result, at = "", 0
        for begin, end, _, new in placed:
            assert begin >= at, "edits overlap"
            result += self.text[at:begin] + new
            at = end
        return result + self.text[at:]
