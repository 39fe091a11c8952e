"""A RabbitMQ of the lab's own: all its ports on loopback, its own files, node name, cookie and users."""

import base64
import hashlib
import json
import os
import re
import secrets
import signal
import socket
import subprocess
from pathlib import Path

from vmlab import process
from vmlab.report import LabError

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the one on PATH changes user and drops the environment
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
EXCHANGE = "rocks.vm-manage"
OPERATOR = "vmstore-operator"  # who the command line is: a frontend that may also reconcile compute nodes


class Broker:
    """
    Its messages and queues outlive `kill` and `start`, as on a machine of its own. Guests reach it at 10.0.2.2, the host
    at 127.0.0.1. Its users, one for each node and one operator, may what docs/operations.md lets them.
    """

    def __init__(self, work: Path, out: Path, nodes: dict):
        """`nodes` is the role of each node by its name."""
        if not SERVER.exists():
            raise LabError(f"no RabbitMQ at {SERVER}: install the package rabbitmq-server")
        self.port = process.free_port()
        self._home = work / "broker"
        self._log = out / "broker.log"
        self._epmd_port = process.free_port()
        self._distribution_port = process.free_port()
        self._server = self._epmd = None
        self._nodes = {user_of(role, name): name for name, role in nodes.items()}
        self._passwords = {user: secrets.token_hex(16) for user in (*self._nodes, OPERATOR)}
        self._write_files()

    def start(self) -> None:
        with open(self._log, "a") as log:
            self._epmd = self._epmd or process.start(["epmd", "-port", self._epmd_port, "-address", "127.0.0.1"], log)
            # A script that waits for its child, the runtime, and takes it along when told to end.
            self._server = process.start([SERVER], log, when_lab_dies="TERM", env=self._environment())
        process.wait_until(self._answers, 90, f"the broker to start, see {self._log}")

    def kill(self) -> None:
        """As a crash of its machine: nothing is told, nothing is closed."""
        # Script and runtime are both in the session that was made for them.
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()

    def close(self) -> None:
        for child in (self._server, self._epmd):
            if child:
                process.stop(child)

    def password_file(self, user: str) -> Path:
        file = self._home / f"{user}.password"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(self._passwords[user])
        return file

    def control(self, *arguments) -> str:
        """Runs rabbitmqctl, which takes a second or two."""
        command = [SERVER.with_name("rabbitmqctl"), *arguments]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise LabError(f"rabbitmqctl {' '.join(arguments)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def _answers(self) -> bool:
        if self._server.poll() is not None:
            raise LabError(f"the broker ended while starting, see {self._log}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(PROTOCOL_HEADER)
                return len(connection.recv(1)) == 1
        except OSError:
            return False

    def _write_files(self) -> None:
        for directory in ("home", "mnesia", "log"):
            (self._home / directory).mkdir(parents=True)
        cookie = self._home / "home" / ".erlang.cookie"
        cookie.touch(mode=0o600)
        cookie.write_text(secrets.token_hex(20))
        cookie.chmod(0o400)
        (self._home / "enabled_plugins").write_text("[].\n")
        (self._home / "definitions.json").write_text(json.dumps(self._definitions()))
        (self._home / "rabbitmq.conf").write_text(
            f"""listeners.tcp.1 = 127.0.0.1:{self.port}
log.console = true
log.file = false
load_definitions = {self._home}/definitions.json
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
heartbeat = 10
"""
        )

    def _definitions(self) -> dict:
        grants = {user: permissions(self._nodes.get(user)) for user in self._passwords}
        return {
            "vhosts": [{"name": "/"}],
            "exchanges": [{"name": EXCHANGE, "vhost": "/", "type": "topic", "durable": True, "auto_delete": False,
                           "internal": False, "arguments": {}}],
            "users": [
                {"name": user, "password_hash": salted(password), "tags": "",
                 "hashing_algorithm": "rabbit_password_hashing_sha256"}
                for user, password in self._passwords.items()
            ],
            "permissions": [{"user": user, "vhost": "/", **queues} for user, (queues, _) in grants.items()],
            "topic_permissions": [
                {"user": user, "vhost": "/", "exchange": EXCHANGE, **keys} for user, (_, keys) in grants.items()
            ],
        }  # fmt: skip

    def _environment(self) -> dict:
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": f"{self._home}/home",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": f"vmlab{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": f"{self._home}/mnesia",
            "RABBITMQ_LOG_BASE": f"{self._home}/log",
            "RABBITMQ_PID_FILE": f"{self._home}/pid",
            "RABBITMQ_CONFIG_FILE": f"{self._home}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self._home}/enabled_plugins",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": loopback,
            "RABBITMQ_CTL_ERL_ARGS": loopback,
        }


def user_of(role: str, name: str) -> str:
    """The broker's user of a node, by which all others know its role and whose it is."""
    return f"vmstore-{role}-{name}"


def permissions(node: str | None) -> tuple:
    """What a user may on the broker, and with which keys of the exchange; of a node, or of a frontend."""
    reply, exchange = r"vmstore\.reply\.[-0-9a-f]{36}", re.escape(EXCHANGE)
    own = [reply] if node is None else [rf"vmstore\.node\.{re.escape(node)}", reply]
    answers = [] if node is None else [r"amq\.default"]
    keys = [reply] if node is None else [re.escape(node), reply]
    return (
        {"configure": one_of(own), "write": one_of([*answers, exchange, *own]), "read": one_of([exchange, *own])},
        {"write": ".*", "read": one_of(keys)},
    )


def one_of(patterns: list) -> str:
    return f"^({'|'.join(patterns)})$"


def salted(password: str) -> str:
    """A password as RabbitMQ stores it: four bytes of salt, then SHA-256 of salt and password."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
