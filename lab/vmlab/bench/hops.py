"""
Run by Debian's python3: the messages of one command of the predecessor, whose command line is such a process for each. A new
connection, a new queue of its own, and four messages, each waited for before the next one is sent: frontend, NAS, compute node
and back.
"""

import sys
import uuid

import pika

EXCHANGE = "rocks.vm-manage"
MESSAGES = 4


def one_command(port: int, user: str, password: str) -> None:
    parameters = pika.ConnectionParameters("127.0.0.1", port, "/", pika.PlainCredentials(user, password))
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    queue = f"vmstore.reply.{uuid.uuid4()}"
    channel.queue_declare(queue, exclusive=True, auto_delete=True)
    channel.queue_bind(queue, EXCHANGE, queue)
    channel.confirm_delivery()
    messages = channel.consume(queue, auto_ack=True)
    for _ in range(MESSAGES):
        channel.basic_publish(EXCHANGE, queue, b'{"action": "map_zvol"}', mandatory=True)
        next(messages)
    connection.close()


def main(port: str, user: str, password_file: str) -> None:
    with open(password_file) as file:
        one_command(int(port), user, file.read())


main(*sys.argv[1:])
