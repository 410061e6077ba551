"""What may happen to a cluster while it works, and what is left of the work: nothing is lost."""

import time

import pytest

from cadvlm.dataset import Dataset
from tests.cluster.commands import PARTS, SHARDS, preparation, until, uri
from tests.cluster.conftest import Site
from tests.cluster.machines import ROOT, ended_well

pytestmark = pytest.mark.machines

WORKING = ("cadvlm.execution.zygote", "ray::MapWorker", "jobs.prepare")
"""Words by which processes of a job are known."""


@pytest.fixture(scope="module")
def undisturbed(site: Site) -> Dataset:
    site.cluster.run(*preparation("undisturbed"))
    return Dataset(uri("undisturbed"))


def same(name: str, undisturbed: Dataset) -> None:
    """Every part was read once, and the rows are the same to the byte."""
    manifest = Dataset(uri(name)).manifest
    [books] = manifest["sources"].values()
    assert books["read"] == PARTS == books["written"] + books["quarantined"]
    assert manifest["content_hash"] == undisturbed.manifest["content_hash"]


def test_a_storage_that_is_busy_and_tears_connections_changes_nothing(site, undisturbed):
    site.storage.turn(busy=9, torn=23)
    site.cluster.run(*preparation("weather"))
    told = site.storage.told()
    site.storage.turn()
    assert told > 10
    same("weather", undisturbed)


def test_a_storage_that_lets_nobody_in_any_more_ends_the_run_which_goes_on_later(site, undisturbed):
    job, staged = site.cluster.submit(*preparation("denied")), site.folder("denied/staged/built")
    until(staged.names, 300)
    site.storage.turn(denied="denied/staged")
    said, _ = job.communicate(timeout=200)
    site.storage.turn()
    assert job.returncode != 0
    assert "ACCESS_DENIED" in said
    assert f"of {SHARDS} shards are kept" in said
    assert 0 < len(staged.names()) < SHARDS
    site.cluster.run(*preparation("denied"))
    same("denied", undisturbed)


def test_a_cable_that_is_out_for_two_seconds_and_a_narrow_line_cost_nothing(site, undisturbed):
    worker = site.cluster.machines[1]
    worker.narrow("20mbit")
    job, staged = site.cluster.submit(*preparation("cable")), site.folder("cable/staged/built")
    before = until(staged.names, 300)
    worker.cut()
    assert len(before) < SHARDS
    assert not worker.reachable()
    time.sleep(1.5)
    worker.mend()
    ended_well(job)
    worker.widen()
    same("cable", undisturbed)


def test_a_machine_that_is_cut_off_for_good_is_done_without(site, undisturbed):
    worker = site.cluster.machines[1]
    job, staged = site.cluster.submit(*preparation("cut")), site.folder("cut/staged/built")
    before = until(staged.names, 300)
    worker.cut()
    assert len(before) < SHARDS
    ended_well(job)
    site.cluster.lose(worker)
    site.cluster.join("worker")
    same("cut", undisturbed)


def test_a_clock_that_is_an_hour_late_changes_nothing_and_the_doctor_says_so(site, undisturbed):
    site.cluster.lose(site.cluster.machines[1])
    site.cluster.join("worker", PYTHONPATH=str(ROOT / "tests/cluster/late"))
    site.cluster.run(*preparation("late"))
    same("late", undisturbed)
    doctor = site.cluster.submit("cluster.doctor", "network_mb_s=1", "disk_mb_s=1", "free_gb=0")
    said, _ = doctor.communicate(timeout=300)
    assert doctor.returncode != 0
    assert ": clock: " in said
    assert "2 nodes, 1 fault" in said


def test_a_cancelled_job_leaves_nothing_running(site, undisturbed):
    job = site.cluster.submit(*preparation("cancelled"), id_="cancelled")
    until(site.folder("cancelled/staged/built").names, 300)
    site.cluster.stop("cancelled")
    job.wait(timeout=60)
    until(lambda: not [pid for machine in site.cluster.machines for word in WORKING
                       for pid in machine.processes(word)], 60)  # fmt: skip
    # Ray Data's own actors, which keep books, stay as long as the cluster does.
    actors = site.cluster.known("actors")
    builders = [one for one in actors if one["class_name"].startswith("MapWorker")]
    assert {one["state"] for one in builders} == {"DEAD"}
    site.cluster.run(*preparation("cancelled"))
    same("cancelled", undisturbed)


def test_a_head_that_is_lost_takes_its_jobs_along_and_another_goes_on_with_them(site, undisturbed):
    job = site.cluster.submit(*preparation("headless"))
    staged = site.folder("headless/staged/built")
    before = until(staged.names, 300)
    for machine in reversed(site.cluster.machines[:]):
        site.cluster.lose(machine)
    assert 0 < len(before) < SHARDS
    job.kill()
    site.cluster.join("another-head")
    site.cluster.run(*preparation("headless"))
    same("headless", undisturbed)
