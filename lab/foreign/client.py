"""A client of vmstore for Debian's python3-pika, written from docs/protocol.md alone. Not thread-safe."""

import json
import time
import uuid

import pika
from pika.exceptions import UnroutableError

EXCHANGE = "rocks.vm-manage"


class Refused(Exception):
    """A reply whose status is `error`."""

    def __init__(self, reply: dict):
        super().__init__(reply["error"])
        self.code, self.reply = reply["code"], reply


class NoSuchNode(Exception):
    """The broker returned the request: nobody listens under the name, and nothing was done."""


class NoAnswer(Exception):
    """The time passed; whether the request was executed is not known."""


class Client:
    def __init__(self, host: str, port: int, user: str, password: str, virtual_host: str = "/"):
        self._user = user
        credentials = pika.PlainCredentials(user, password)
        self._connection = pika.BlockingConnection(
            pika.ConnectionParameters(host, port, virtual_host, credentials, heartbeat=30)
        )
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()
        self._replies = f"vmstore.reply.{uuid.uuid4()}"
        self._channel.queue_declare(self._replies, exclusive=True, auto_delete=True)
        self._answers = {}
        self._channel.basic_consume(self._replies, self._keep, auto_ack=True)

    def close(self) -> None:
        self._connection.close()

    def ask(self, node: str, action: str, seconds: float = 60, **fields) -> dict:
        """Sends a request and returns its reply."""
        return self.answer(self.send(node, action, seconds, **fields), seconds)

    def send(self, node: str, action: str, seconds: float = 60, user_id: str = "", body: bytes = b"", **fields) -> str:
        """Sends a request, as another user or with another body if so asked, and returns its id."""
        request = str(uuid.uuid4())
        fields.setdefault("operation_id", request)
        properties = pika.BasicProperties(
            message_id=request,
            reply_to=self._replies,
            expiration=str(int(seconds * 1000)),
            user_id=None if user_id == "nobody" else user_id or self._user,
            content_type="application/json",
        )
        message = body or json.dumps({"action": action, **fields}).encode()
        try:
            self._channel.basic_publish(EXCHANGE, node, message, properties, mandatory=True)
        except UnroutableError:
            raise NoSuchNode(node) from None
        return request

    def answer(self, request: str, seconds: float = 60) -> dict:
        """Waits for the reply to a request."""
        end = time.monotonic() + seconds
        while request not in self._answers:
            left = end - time.monotonic()
            if left <= 0:
                raise NoAnswer(request)
            self._connection.process_data_events(time_limit=left)
        reply = self._answers.pop(request)
        if reply["status"] != "success":
            raise Refused(reply)
        return reply

    def _keep(self, channel, method, properties, body: bytes) -> None:
        self._answers[properties.correlation_id] = (json.loads(body) | {"sender": properties.user_id})
