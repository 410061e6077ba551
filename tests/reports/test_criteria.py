from cadvlm.reports.criteria import verdicts

ROWS = [
    {"step": 1, "loss": 4.0, "val_loss": 3.0, "sample": {"iou": 0.6}, "mfu": None},
    {"step": 2, "loss": 1.0, "mfu": None},
]


def _verdict(name, **bound):
    [found] = verdicts({name: bound}, ROWS)
    return found


def test_a_target_is_judged_on_the_last_value_there_is():
    assert _verdict("loss", at_most=1.0).met
    assert not _verdict("val_loss", at_most=2.9).met
    assert _verdict("sample/iou", at_least=0.5, at_most=0.7).met


def test_the_drop_of_the_loss_is_a_share_of_the_first():
    assert _verdict("loss_drop", at_least=0.75).value == 0.75


def test_what_was_not_measured_is_not_met():
    assert not _verdict("mfu", at_least=0.1).met
    assert str(_verdict("mfu", at_least=0.1)) == "mfu: not measured, at least 0.1: missed"


def test_a_verdict_reads_as_a_line():
    assert str(_verdict("val_loss", at_most=3.5)) == "val_loss: 3, at most 3.5: met"
