"""The guests' disk image: built once, kept in a cache outside the repository, found again by what it was built from."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vmlab.report import LabError

RECIPE = Path(__file__).resolve().parent.parent / "image"


@dataclass(frozen=True)
class Image:
    """What QEMU boots; the root disk is shared by all guests and never written to."""

    directory: Path

    @property
    def kernel(self) -> Path:
        return self.directory / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.directory / "initrd"

    @property
    def root(self) -> Path:
        return self.directory / "root.img"


def cache_directory() -> Path:
    explicit = os.environ.get("VMSTORE_LAB_CACHE")
    if explicit:
        return Path(explicit)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vmstore-lab"


def ensure_image(progress) -> Image:
    """Returns the image for the present recipe, building it first if there is none."""
    directory = cache_directory() / f"image-{recipe_hash()}"
    if directory.is_dir():
        return Image(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with open(directory.parent / "build.lock", "w") as lock:
        progress("waiting for the image's build lock")
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second run waits here and then finds the image built
        if not directory.is_dir():
            _build(directory, progress)
    return Image(directory)


def recipe_hash() -> str:
    """A digest of every file of the recipe: its name, whether it is executable and what is in it."""
    digest = hashlib.sha256()
    for path in sorted(p for p in RECIPE.rglob("*") if p.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(RECIPE)} {os.access(path, os.X_OK)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _build(directory: Path, progress) -> None:
    if os.geteuid() != 0:
        raise LabError("building the guest image needs root (it installs a system into a chroot); run as root once")
    work = Path(tempfile.mkdtemp(prefix=f"{directory.name}.", dir=directory.parent))
    log = directory.parent / f"{directory.name}.log"
    try:
        work.chmod(0o755)
        sources = work / "sources.list"
        sources.write_text(apt_sources())
        progress(f"building the guest image, some minutes, once; log in {log}")
        command = ["nice", "-n", "10", RECIPE / "build", sources, work]
        with open(log, "w") as out, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"
        ) as build:
            for line in build.stdout:
                out.write(line)
                out.flush()
                if line.startswith(">>> "):
                    progress("image: " + line[4:].strip())
        if build.returncode != 0:
            tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-15:])
            raise LabError(f"building the guest image failed, see {log}:\n{tail}")
        os.rename(work, directory)
        log.unlink()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _forget_older(directory)


def _forget_older(directory: Path) -> None:
    """An image is 2 GB and useless once the recipe has changed."""
    for other in directory.parent.glob("image-*"):
        if other.is_dir() and other != directory:
            shutil.rmtree(other, ignore_errors=True)


def apt_sources() -> str:
    """This machine's own Debian sources, with 'contrib' added, as an apt list."""
    etc = Path("/etc/apt")
    lines = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]:
        if path.is_file():
            lines += _from_list(path.read_text())
    for path in sorted((etc / "sources.list.d").glob("*.sources")):
        lines += _from_deb822(path.read_text())
    if not lines:
        raise LabError("no Debian bookworm source found in /etc/apt/sources.list or /etc/apt/sources.list.d")
    return "\n".join(lines) + "\n"


def _source(uri: str, suite: str):
    # Other projects' archives have suites of other names, or none of Debian's components.
    if re.fullmatch(r"bookworm(-updates|-security)?", suite):
        return f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {uri} {suite} main contrib"
    return None


def _from_list(text: str) -> list:
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[[^]]*]\s+)?(\S+)\s+(\S+)\s+(.*)", line)
        if match and "main" in match[3].split():
            found.append(_source(match[1], match[2]))
    return [source for source in found if source]


def _from_deb822(text: str) -> list:
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields, name = {}, None
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and name:
                fields[name] += " " + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.lower()
                fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() == "no" or "deb" not in fields.get("types", "").split():
            continue
        if "main" not in fields.get("components", "").split():
            continue
        for uri in fields.get("uris", "").split():
            found += [_source(uri, suite) for suite in fields.get("suites", "").split()]
    return [source for source in found if source]
