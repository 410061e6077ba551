"""Options of one reader are refused for another, by name."""

import pytest

from cadvlm.config.data import PrepareConfig
from cadvlm.errors import ConfigError


def source(name: str, **options):
    path = {} if name == "synthetic" else {"path": "p"}
    tree = {"sources": [{"name": name, **path, **options}], "out": "o"}
    return PrepareConfig.parse(tree).sources[0]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("deepcad", {"levels": ["expert"]}, "deepcad: levels is an option of text2cad"),
        ("text2cad", {"subset": "test"}, "subset is an option of deepcad and fusion360"),
        ("synthetic", {"limit": 1, "images": "i"}, "synthetic: images is an option"),
        ("deepcad", {"split_file": "f"}, "deepcad: split_file is for subset"),
        ("deepcad", {"subset": "val"}, r"sources\.0\.subset"),
        ("text2cad", {"pictures": "shipped"}, "text2cad: comes without pictures"),
        ("gencad", {"pictures": "none"}, "gencad: has no texts"),
        ("nowhere", {}, r"sources\.0\.name"),
    ],
)
def test_what_does_not_fit_the_reader_is_refused(name, options, message):
    with pytest.raises(ConfigError, match=message):
        source(name, **options)


def test_options_of_the_reader_are_taken():
    assert source("deepcad", split_file="f", subset="validation").subset == "validation"
    assert source("text2cad", levels=[], pictures="drawn", designs="d").levels == ()
    assert source("openecad", images="i", pictures="shipped").images == "i"


def test_weights_may_differ():
    tree = {"sources": [{"name": "deepcad", "path": "p", "weight": w} for w in (0.7, 0.3)]}
    assert [one.weight for one in PrepareConfig.parse({**tree, "out": "o"}).sources] == [0.7, 0.3]
