"""The guests' storage network: an Ethernet switch in a thread, to which each QEMU connects over a Unix socket."""

import selectors
import socket
import struct
import threading
from pathlib import Path

LENGTH = struct.Struct("!I")  # QEMU puts each frame's length before it
BACKLOG = 4 << 20  # bytes a port may lag behind before frames for it are dropped, as a real switch drops them


class Switch:
    """
    Outlives the guests, so that one of them can lose its power and come back while the others notice nothing but
    silence. Learns addresses, so that two guests' traffic costs a third one nothing.
    """

    def __init__(self, path: Path):
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._ports = set()
        self._port_of = {}
        self._thread = threading.Thread(target=self._serve, name="switch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._wake.send(b"x")
        self._thread.join()

    def _serve(self) -> None:
        while True:
            for key, events in self._selector.select():
                if key.fileobj is self._woken:
                    return
                if key.fileobj is self._listener:
                    self._plug(self._listener.accept()[0])
                else:
                    self._service(key.data, events)

    def _plug(self, connection: socket.socket) -> None:
        port = Port(connection)
        self._ports.add(port)
        self._selector.register(connection, selectors.EVENT_READ, port)

    def _unplug(self, port: "Port") -> None:
        self._selector.unregister(port.connection)
        self._ports.discard(port)
        self._port_of = {mac: other for mac, other in self._port_of.items() if other is not port}
        port.connection.close()

    def _service(self, port: "Port", events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                port.flush()
                self._watch(port)
            if events & selectors.EVENT_READ:
                for frame in port.receive():
                    self._forward(port, frame)
        except OSError:  # its QEMU is gone
            self._unplug(port)

    def _forward(self, source: "Port", frame: bytes) -> None:
        to, sender = frame[4:10], frame[10:16]
        self._port_of[sender] = source
        known = self._port_of.get(to)
        for port in [known] if known else self._ports - {source}:
            port.outgoing += frame if len(port.outgoing) < BACKLOG else b""
            try:
                port.flush()
                self._watch(port)
            except OSError:
                pass  # it is unplugged when it is next read

    def _watch(self, port: "Port") -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if port.outgoing else 0)
        if self._selector.get_key(port.connection).events != events:
            self._selector.modify(port.connection, events, port)


class Port:
    """One plugged-in guest: bytes come in as frames, frames go out as bytes."""

    def __init__(self, connection: socket.socket):
        connection.setblocking(False)
        self.connection = connection
        self.outgoing = bytearray()
        self._incoming = bytearray()

    def receive(self) -> list:
        data = self.connection.recv(1 << 18)
        if not data:
            raise OSError("closed")
        self._incoming += data
        frames, start = [], 0
        while len(self._incoming) - start >= LENGTH.size:
            end = start + LENGTH.size + LENGTH.unpack_from(self._incoming, start)[0]
            if len(self._incoming) < end:
                break
            frames.append(bytes(self._incoming[start:end]))
            start = end
        del self._incoming[:start]
        return frames

    def flush(self) -> None:
        if self.outgoing:
            try:
                del self.outgoing[: self.connection.send(self.outgoing)]
            except BlockingIOError:
                pass
