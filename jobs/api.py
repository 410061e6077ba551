"""The training API: datasets and fine-tuning over HTTP, each a Ray job, until Ctrl-C.

    ray start --head
    python -m jobs.api port=7001 storage=runs/training

Without a running cluster it starts a Ray of its own, and the jobs end with it; on a cluster they go
on when this server stops, and are found again when it is started anew.
"""

from cluster.command import command, wait_until_stopped
from jobs.settings import ApiJob


def run(settings: ApiJob) -> None:
    """Listen and wait."""
    from cluster.session import session
    from serve.config import TrainingConfig
    from serve.training import listening

    with session(settings.cluster), listening(TrainingConfig.of(settings)) as url:
        print(f"training API at {url}  (Ctrl-C stops)", flush=True)
        wait_until_stopped()


if __name__ == "__main__":
    command(ApiJob, run, __doc__)
