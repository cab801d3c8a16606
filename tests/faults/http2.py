"""HTTP/2 (RFC 9113) by hand over TLS or a Unix socket, for frames no library would send. Blocking; one thread each."""

import socket
import ssl
import struct
import time
from pathlib import Path

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
DELIVER = "/chancery.v1.PeerExchange/Deliver"
PREVIEW = "/chancery.v1.Desk/Preview"


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(values=()):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", key, value) for key, value in values))


def hpack_string(text):
    data = text.encode() if isinstance(text, str) else text
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, out = len(data) - 127, bytearray([127])
    while rest >= 128:
        out.append(rest % 128 + 128)
        rest //= 128
    out.append(rest)
    return bytes(out) + data


def hpack(fields, keep=False):
    """RFC 7541 literals, without Huffman: 0x00 is forgotten, 0x40 goes into the dynamic table."""
    start = b"\x40" if keep else b"\x00"
    return b"".join(start + hpack_string(name) + hpack_string(value) for name, value in fields)


def call_fields(path, more=()):
    return [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "chancery"),
            ("content-type", "application/grpc"), ("te", "trailers"), *more]


def headers(stream, path=DELIVER, flags=END_HEADERS, more=()):
    return frame(HEADERS, flags, stream, hpack(call_fields(path, more)))


def message(body, compressed=0, length=None):
    """A gRPC message with its five bytes in front; `length` may lie."""
    return struct.pack(">BI", compressed, len(body) if length is None else length) + body


def data(stream, payload, flags=0):
    """As many DATA frames as it takes."""
    pieces = [payload[at:at + 16384] for at in range(0, len(payload), 16384)] or [b""]
    return b"".join(frame(DATA, flags if piece is pieces[-1] else 0, stream, piece) for piece in pieces)


def identity_of(stem):
    """Certificate and key, as `stem`.pem and `stem`.key."""
    return f"{stem}.pem", f"{stem}.key"


def raw(target, source=None, timeout=5.0):
    """`target`: a port of 127.0.0.1, or the path of a Unix socket."""
    if isinstance(target, int):
        return socket.create_connection(("127.0.0.1", target), timeout, (source, 0) if source else None)
    plain = socket.socket(socket.AF_UNIX)
    plain.settimeout(timeout)
    plain.connect(str(target))
    return plain


def secure(target, identity=None, source=None, timeout=5.0):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    if identity:
        context.load_cert_chain(*identity)
    return context.wrap_socket(raw(target, source, timeout))


class Connection:
    """After the preface; with `initial_settings` as ours."""

    def __init__(self, target, identity=None, source=None, timeout=5.0, initial_settings=()):
        self.socket = secure(target, identity, source, timeout)
        self.send(PREFACE + settings(initial_settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def read(self, most=65536):
        return self.socket.recv(most)

    def ended(self, timeout):
        """Whether the other end closes within so many seconds; what it says until then is dropped."""
        self.socket.settimeout(timeout)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


class Answer:
    """How a call ended: `status` of gRPC, or None when the stream or the connection broke before it came."""

    def __init__(self):
        self.status, self.text, self.body, self.over = None, "", b"", False

    def messages(self):
        return split_messages(self.body)


class Client(Connection):
    """One call after the other, within the windows of the other end. Without a table the answers' headers are literal."""

    def __init__(self, target, identity, timeout=10.0):
        super().__init__(target, identity, timeout=timeout, initial_settings=[(1, 0), (4, 2**31 - 1)])
        self.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**30)))
        self.received, self.stream, self.ended_by_them = b"", -1, False
        self.window, self.stream_window, self.first_window = 65535, 0, 65535
        self.answer = None

    def call(self, path, payload, end=True):
        """`payload`: what stands in the DATA frames. The answer is not over when the other end closed the connection."""
        self.open(path)
        try:
            self.write(payload, end)
            while not self.answer.over:
                self.take()
        except OSError:
            self.ended_by_them = True
        return self.answer

    def open(self, path):
        self.stream += 2
        self.stream_window = self.first_window
        self.answer = Answer()
        try:
            self.send(headers(self.stream, path))
        except OSError:
            self.ended_by_them = True
        return self.answer

    def write(self, payload, end=False):
        at = 0
        while not self.answer.over:
            most = min(16384, self.window, self.stream_window)
            piece = payload[at:at + most] if most > 0 else b""
            at += len(piece)
            if piece or at == len(payload):
                last = at == len(payload)
                self.send(frame(DATA, END_STREAM if end and last else 0, self.stream, piece))
                self.window -= len(piece)
                self.stream_window -= len(piece)
                if last:
                    return
            else:
                self.take()

    def take(self):
        """One read; the answer grows. Raises OSError when the connection is over or nothing comes in time."""
        octets = self.read()
        if not octets:
            raise ConnectionResetError("closed by the other end")
        self.received += octets
        at = 0
        for kind, flags, stream, payload in frames_of(self.received):
            at += 9 + len(payload)
            self.take_frame(kind, flags, stream, payload)
        self.received = self.received[at:]

    def take_frame(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            for key, value in struct.iter_unpack(">HI", payload):
                if key == 4:
                    self.stream_window += value - self.first_window
                    self.first_window = value
            self.send(frame(SETTINGS, ACK))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            if stream == 0:
                self.window += int.from_bytes(payload, "big")
            elif stream == self.stream:
                self.stream_window += int.from_bytes(payload, "big")
        elif stream == self.stream and kind == DATA:
            self.answer.body += payload
        elif stream == self.stream and kind == HEADERS:
            self.answer.status = literal(payload, "grpc-status", self.answer.status)
            self.answer.text = literal(payload, "grpc-message", self.answer.text)
        if stream == self.stream and (kind == RST_STREAM or flags & END_STREAM and kind in (DATA, HEADERS)):
            self.answer.over = True


def literal(block, name, otherwise):
    """The value of a header that is written without table and Huffman."""
    at = block.find(hpack_string(name))
    if at < 0:
        return otherwise
    at += 1 + len(name)
    return block[at + 1:at + 1 + block[at]].decode("ascii")


def frames_of(octets):
    """(kind, flags, stream, payload) of every whole frame."""
    at = 0
    while at + 9 <= len(octets):
        length = int.from_bytes(octets[at:at + 3], "big")
        kind, flags, stream = struct.unpack(">BBI", octets[at + 3:at + 9])
        if at + 9 + length > len(octets):
            return
        yield kind, flags, stream & 0x7fffffff, octets[at + 9:at + 9 + length]
        at += 9 + length


def split_messages(body):
    found, at = [], 0
    while at + 5 <= len(body):
        length = int.from_bytes(body[at + 1:at + 5], "big")
        if at + 5 + length > len(body):
            break
        found.append(body[at + 5:at + 5 + length])
        at += 5 + length
    return found


def messages_of(octets):
    """The gRPC messages in one direction of a connection, in order of the streams."""
    streams = {}
    for kind, _, stream, payload in frames_of(octets):
        if kind == DATA:
            streams[stream] = streams.get(stream, b"") + payload
    return [message for body in streams.values() for message in split_messages(body)]


class Listening:
    """An HTTP/2 server of one connection, by hand: takes the preface and answers the first call with headers alone."""

    def __init__(self, port, identity):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*identity)
        self.context.verify_mode = ssl.CERT_NONE
        self.context.set_alpn_protocols(["h2"])
        self.plain = socket.create_server(("127.0.0.1", port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.plain.close()

    def accept(self, pid, timeout):
        """The next connection of this process, greeted, its first call answered; those of others are turned away."""
        deadline = time.monotonic() + timeout
        while True:
            self.plain.settimeout(max(0.1, deadline - time.monotonic()))
            plain, (_, port) = self.plain.accept()
            try:
                if is_of(pid, port):
                    return Accepted(self.context.wrap_socket(plain, server_side=True))
            except OSError:
                pass
            plain.close()


def is_of(pid, port):
    """Whether a local port of 127.0.0.1 is that process's."""
    rows = (line.split() for table in ("tcp", "tcp6")
            for line in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:])
    inodes = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f"0100007F:{port:04X}")}
    return any(linked(entry) in inodes for entry in Path(f"/proc/{pid}/fd").iterdir())


def linked(entry):
    try:
        return str(entry.readlink())
    except OSError:
        return ""  # closed meanwhile


class Accepted(Connection):
    def __init__(self, secured):  # pylint: disable=super-init-not-called
        self.socket = secured
        self.socket.settimeout(5)
        received = b""
        while PREFACE not in received:
            received += self.socket.recv(65536)
        self.send(settings([(3, 100)]) + frame(SETTINGS, ACK))
        received = received[received.index(PREFACE) + len(PREFACE):]
        while bytes([HEADERS]) not in [received[at + 3:at + 4] for at in starts(received)]:
            received += self.socket.recv(65536)
        self.send(frame(HEADERS, END_HEADERS, 1, hpack([(":status", "200"), ("content-type", "application/grpc")])))


def starts(received):
    """Where the whole frames in these bytes begin."""
    at = 0
    while at + 9 <= len(received):
        length = int.from_bytes(received[at:at + 3], "big")
        if at + 9 + length > len(received):
            return
        yield at
        at += 9 + length
