"""Answer an open question: arms that differ in one thing, trained from several seeds, compared.

    python -m jobs.study rewards out=runs/rewards
    python -m jobs.study studies/configs/views.yaml out=runs/views seeds='[0, 1, 2, 3, 4]'

By name: rewards, views, concise, plan, representation, depth, align, real. The same command goes on
with a study that was stopped; what arms have in common is made once.
"""

from pathlib import Path

from cluster.command import command
from jobs.settings import StudyJob

CONFIGS = Path(__file__).parents[1] / "studies" / "configs"


def run(settings: StudyJob) -> None:
    """All arms from all seeds, and the sentence that they allow for."""
    from cluster.session import session
    from studies.config import StudyConfig
    from studies.study import study

    with session(settings.cluster):
        summary = study(StudyConfig.of(settings))
    print(summary["sentence"])
    print(f"report: {settings.out}/report.html")


if __name__ == "__main__":
    command(StudyJob, run, __doc__, named=CONFIGS)
