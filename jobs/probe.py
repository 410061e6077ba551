"""What a model can do of what its training set lacks, and what it has forgotten.

    python -m jobs.probe dataset=runs/parts checkpoint=runs/tuned before=runs/base out=runs/probes

Without ``before`` it says what the model can do.
"""

from cluster.command import command
from jobs.settings import ProbeJob


def run(settings: ProbeJob) -> None:
    """Make the suite, ask, and say what came of it."""
    from cadvlm.evaluation.probes.probe import kept, probe
    from cadvlm.evaluation.probes.suite import make
    from cadvlm.storage import Folder
    from cluster.session import session

    out, probes = Folder(settings.out), settings.probes
    with session(settings.cluster):
        suite = make(probes, settings.dataset, f"{out.uri}/suite")
        after = probe(settings.checkpoint, f"{out.uri}/suite", f"{out.uri}/after", probes)
        if settings.before:
            probe(settings.before, f"{out.uri}/suite", f"{out.uri}/before", probes)
    print(f"the training set lacks: {', '.join(suite.summary['lacking']) or 'nothing'}")
    for operation, score in after["by_operation"].items():
        print(f"  {operation}: {score:.3f}")
    print(f"probes: {after['n']}, mean score {after['score']:.3f}, "
          f"programs that parse {after['syntax_valid_rate']:.1%}")  # fmt: skip
    if not settings.before:
        return
    left = kept(f"{out.uri}/before", f"{out.uri}/after", probes.seed)
    out.write_json("retention.json", left)
    if left["mean"] is None:
        print("retention: not known, the model could do none of it before")
        return
    low, high = left["ci95"]
    print(f"retention: {left['mean']:.3f} (95 % interval {low:.3f} to {high:.3f})")


if __name__ == "__main__":
    command(ProbeJob, run, __doc__)
