import pytest

from tune.effects import changes, correlations, importance, varied

BOTH = {"task": "max", "kept": "max"}

ROWS = [
    {
        "settings": {"lr": lr, "share": share, "seed": seed},
        "task": 0.5 + place / 10 - share / 2 + seed / 100,
        "kept": 1 - place / 5 + share / 2,
    }
    for place, lr in enumerate((1e-5, 1e-4, 1e-3, 1e-2))
    for share in (0.0, 0.2)
    for seed in (0, 1)
]


def test_what_rises_and_falls_is_told_with_its_interval():
    found = correlations(ROWS, BOTH)["lr"]
    assert found["task"]["rho"] > 0.7
    assert found["kept"]["rho"] < -0.9
    low, high = found["kept"]["ci95"]
    assert -1 <= low < found["kept"]["rho"] < high < -0.7
    assert found["kept"]["n"] == 16


def test_all_else_equal_one_setting_does_not_hide_another():
    crowd = [{**row, "kept": row["kept"] + 10 * row["settings"]["share"]} for row in ROWS]
    found = correlations(crowd, BOTH)["lr"]["kept"]
    assert found["rho"] > -0.7
    assert found["equal"]["rho"] == pytest.approx(-1)
    assert correlations(ROWS[::2][:4], BOTH)["lr"]["kept"]["equal"]["n"] == 0


def test_an_objective_that_stays_has_no_correlation():
    flat = [{**row, "kept": 0.5} for row in ROWS]
    assert correlations(flat, BOTH)["lr"]["kept"]["rho"] is None


def test_a_setting_is_compared_with_all_else_equal():
    [change] = changes(ROWS, BOTH)["share"]
    assert (change["from"], change["value"], change["pairs"]) == (0.0, 0.2, 8)
    assert change["task"] == pytest.approx(-0.1)
    assert change["kept"] == pytest.approx(0.1)


def test_without_a_pair_nothing_is_said_of_a_change():
    apart = [ROWS[0], ROWS[-1]]
    assert changes(apart, BOTH)["lr"] == [
        {"from": 1e-5, "value": 1e-2, "pairs": 0, "task": None, "kept": None}
    ]


def test_the_setting_that_decides_is_the_important_one():
    shares = importance(ROWS, BOTH)["task"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["lr"] > shares["seed"]
    assert importance(ROWS[:3], BOTH) == {}


def test_settings_of_any_kind_are_varied():
    rows = [{"settings": {"lora": lora, "lr": 1e-3}} for lora in ({"rank": 8}, None)]
    assert varied(rows) == {"lora": [None, {"rank": 8}]}
    mixed = [
        {**row, "settings": {**row["settings"], "vision": bool(place % 2)}}
        for place, row in enumerate(ROWS)
    ]
    assert "vision" in importance(mixed, BOTH)["task"]
    assert "vision" not in correlations(mixed, BOTH)
