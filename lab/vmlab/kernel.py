"""What the kernels say, read without vmstore: the judge of every scenario."""

from collections import namedtuple

from vmlab.guest import Guest

Zvol = namedtuple("Zvol", "name size")
Backstore = namedtuple("Backstore", "name serial device")
Target = namedtuple("Target", "iqn enabled")
Acl = namedtuple("Acl", "iqn initiator")
Portal = namedtuple("Portal", "iqn address")
Session = namedtuple("Session", "iqn portal")
Record = namedtuple("Record", "iqn file")
Disk = namedtuple("Disk", "name iqn serial size state")

KINDS = {kind.__name__.lower(): kind for kind in (Zvol, Backstore, Target, Acl, Portal, Session, Record, Disk)}


class Facts:
    """One look at a guest: lists of what was there, by kind: `facts.zvols`, `facts.disks`, ..."""

    def __init__(self, lines: str):
        self.zvols, self.backstores, self.targets, self.acls = [], [], [], []
        self.portals, self.sessions, self.records, self.disks = [], [], [], []
        for line in lines.splitlines():
            kind, *fields = line.split("\t")
            fields = [int(field) if field.isdigit() and name == "size" else field
                      for name, field in zip(KINDS[kind]._fields, fields)]  # fmt: skip
            getattr(self, f"{kind}s").append(KINDS[kind](*fields))

    def leftovers(self) -> list:
        """Everything there is, as texts; empty on a machine where nothing is mapped and no volume exists."""
        return [str(fact) for facts in vars(self).values() for fact in facts]


def look(guest: Guest) -> Facts:
    return Facts(guest.run("/lab/guest/look").out)
