"""A client in another language, written from the protocol's page alone, holds the whole conversation with real nodes."""

import subprocess
from pathlib import Path

from vmlab.broker import OPERATOR
from vmlab.kernel import look
from vmlab.report import LabError, expect, expect_equal
from vmlab.vmstore import Deployment

CONVERSATION = Path(__file__).resolve().parent.parent.parent / "foreign" / "conversation.py"
PYTHON = "/usr/bin/python3"  # Debian's, which has python3-pika
SECONDS = 900


def run(lab) -> None:
    if subprocess.run([PYTHON, "-c", "import pika"], capture_output=True).returncode != 0:
        raise LabError(f"{PYTHON} has no pika: install the package python3-pika")
    broker = Deployment(lab).broker
    arguments = [str(broker.port), OPERATOR, str(broker.password_file(OPERATOR)), "nas", "compute1", "compute2"]
    with lab.check("every step of the conversation is as the page says"):
        done = subprocess.run([PYTHON, CONVERSATION, *arguments], capture_output=True, text=True, timeout=SECONDS)
        for line in done.stdout.splitlines():
            lab.report.progress(line)
        expect(done.returncode == 0, f"it ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    with lab.check("nothing is left"):
        for guest in lab.guests():
            expect_equal(look(guest).leftovers(), [], f"what is left on {guest.name}")
