"""Serve a checkpoint over HTTP, with its page, until Ctrl-C.

    python -m jobs.deploy checkpoint=runs/demo/train port=8000

Of a sweep's folder it takes the recommended trial. A model card is written beside the weights.
"""

from cluster.command import command, wait_until_stopped
from jobs.settings import DeployJob


def run(settings: DeployJob) -> None:
    """Serve and wait."""
    from cluster.session import session
    from serve import card
    from serve.running import deployed

    with session(settings.cluster), deployed(settings) as url:
        if written := card.write(settings.checkpoint):
            print(f"card: {written}")
        print(f"serving {settings.checkpoint} at {url}  (Ctrl-C stops)", flush=True)
        wait_until_stopped()


if __name__ == "__main__":
    command(DeployJob, run, __doc__)
