"""Pack aprec.py for pip: a build backend (PEP 517) of one module.

pip has nothing else to fetch, so that it works where there is no network, as
on the nodes of a cluster.  The wheel is the same whenever it is made.
"""
import base64
import hashlib
import os
import re
import zipfile
from typing import Any, Optional

_HERE = os.path.dirname(os.path.abspath(__file__))


def _read(name: str) -> str:
    with open(os.path.join(_HERE, name), encoding="utf-8") as f:
        return f.read()


def build_wheel(wheel_directory: str,
                config_settings: Optional[Any] = None,
                metadata_directory: Optional[str] = None) -> str:
    """Make the wheel in that folder: its name."""
    module = _read("aprec.py")
    found = re.search(r'^__version__ = "(.*)"$', module, re.M)
    assert found is not None
    about = "aprec-%s.dist-info/" % found.group(1)
    files = {
        "aprec.py": module,
        about + "METADATA":
            "Metadata-Version: 2.1\nName: aprec\nVersion: %s\n"
            "Summary: Publish, read and steer the state of running "
            "computations\nRequires-Python: >=3.8\n" % found.group(1),
        about + "WHEEL":
            "Wheel-Version: 1.0\nGenerator: aprec\n"
            "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        data = text.encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
        record += "%s,sha256=%s,%d\n" % (name, digest.decode().rstrip("="),
                                         len(data))
    files[about + "RECORD"] = record + about + "RECORD,,\n"
    wheel = "aprec-%s-py3-none-any.whl" % found.group(1)
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w",
                         zipfile.ZIP_DEFLATED) as z:
        for name, text in files.items():
            z.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    return wheel


def build_sdist(sdist_directory: str,
                config_settings: Optional[Any] = None) -> str:
    """There is none: the source is this tree."""
    raise NotImplementedError("pip install ./format")
