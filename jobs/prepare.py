"""Design files to a dataset folder.

    python -m jobs.prepare sources='[{name: deepcad, path: DIR}]' out=runs/dataset

On a cluster: ``ray job submit --working-dir . -- python -m jobs.prepare ...``. A run that was
stopped goes on where it was when the same command is given again.
"""

from cluster.command import command
from jobs.settings import PrepareJob


def run(settings: PrepareJob) -> None:
    """Prepare, report, and say what came of it."""
    from cadvlm.config.data import PrepareConfig
    from cadvlm.data.pipeline import prepare
    from cadvlm.reports import dataset
    from cadvlm.storage import Folder
    from cluster.cost import line, metered
    from cluster.session import session

    with session(settings.cluster), metered(settings.out):
        manifest = prepare(PrepareConfig.of(settings))
    dataset.write(Folder(settings.out))
    for name, books in manifest["sources"].items():
        reasons = ", ".join(f"{count} {reason}" for reason, count in books["reasons"].items())
        print(
            f"{name}: {books['read']} read = {books['written']} written + "
            f"{books['quarantined']} quarantined" + (f" ({reasons})" if reasons else "")
        )
    print(f"dataset: {settings.out} {manifest['splits']}")
    print(line(settings.out))


if __name__ == "__main__":
    command(PrepareJob, run, __doc__)
