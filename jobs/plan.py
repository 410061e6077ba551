"""How long, how much, and what holds it up: amounts of work times measured costs of a piece.

    python -m jobs.plan jobs/configs/plan_gencad_code.yaml cluster/profiles/h200x8.yaml
    python -m jobs.plan work.parts=1000000 cluster.machines='{cpu: {count: 8, cpus: 32}}' \\
        cluster.machines.cpu.usd_per_hour=1.5

Nothing is run. Without ``cluster.machines`` it is this machine that is reckoned with.
"""

import os

from cadvlm.errors import ConfigError
from cluster.command import command
from cluster.config import MachineConfig, PlanConfig


def run(settings: PlanConfig) -> None:
    """Reckon and print."""
    from cluster.costs import read
    from cluster.estimate import Stage, estimate

    costs = read(settings.costs)
    here = {"this machine": MachineConfig(cpus=os.cpu_count() or 1)}
    machines = settings.cluster.machines or here
    stages = estimate(settings.work, machines, costs, settings.storage_mb_s)
    if not stages:
        raise ConfigError("work: no amount is given: parts, samples, evaluated or requests")
    prices = [stage.usd for stage in stages if stage.usd is not None]
    total = sum(prices) if len(prices) == len(stages) else None
    whole = Stage("all", "", sum(stage.hours for stage in stages), total, "")
    print("; ".join(f"{kind.count} x {name}" for name, kind in machines.items()))
    print(f"{'stage':10}{'amount':>20}{'time':>12}{'USD':>12}  held up by")
    for name, amount, hours, usd, bound in (*stages, whole):
        money = "-" if usd is None else f"{usd:,.2f}"
        print(f"{name:10}{amount:>20}{_clock(hours):>12}{money:>12}  {bound}".rstrip())
    if total is None:
        print("no money: give cluster.machines.NAME.usd_per_hour of each")
    print(f"assumed, not measured: {', '.join(costs.assumed)} (see {settings.costs})")


def _clock(hours: float) -> str:
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    return f"{hours:.1f} h" if hours >= 2 else f"{60 * hours:.1f} min"


if __name__ == "__main__":
    command(PlanConfig, run, __doc__)
