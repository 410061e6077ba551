"""python cluster/requirements.py > requirements.txt: what the project depends on, without itself.

For cluster/Dockerfile: everything that an installed ``cadvlm[all]`` would pull in. Reads the
``pyproject.toml`` of the folder it is started in, with the standard library alone.
"""

import re
import sys
import tomllib
from pathlib import Path


def requirements(project: dict[str, object]) -> list[str]:
    """The dependencies of a ``[project]`` table and of its extra ``all``, sorted, each once."""
    extras: dict[str, list[str]] = project["optional-dependencies"]  # type: ignore[assignment]
    needed: list[str] = list(project["dependencies"])  # type: ignore[call-overload]
    for names in re.findall(r"\[(.+)\]", " ".join(extras["all"])):
        for name in names.split(","):
            needed += extras[name]
    return sorted(set(needed))


if __name__ == "__main__":
    table = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    sys.stdout.write("\n".join(requirements(table)) + "\n")
