"""Is the bill of materials what CycloneDX asks for? `python3 packaging/check_sbom.py`, exit code 1 where it is not.

The schema comes with the tools.
"""

from __future__ import annotations

import subprocess
import sys

from sbom import make_sbom
from tools import TOOLS

_CHECK = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(f"the bill of materials is none: {fault}" if fault else 0)
"""

if __name__ == "__main__":
    TOOLS.make_ready()
    command = [str(TOOLS.python), "-I", "-c", _CHECK]
    sys.exit(subprocess.run(command, input=make_sbom(), text=True, check=False).returncode)
