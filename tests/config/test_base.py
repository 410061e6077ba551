"""One grammar: YAML layers and dotted overrides; the later one wins; a mistake is one line."""

from typing import Any

import pytest
from pydantic import Field

from cadvlm.config.base import Config, keys, merge, nest
from cadvlm.errors import ConfigError


class Lora(Config):
    rank: int = Field(8, gt=0)
    """Rank."""


class Optimizer(Config):
    lr: float = 1e-3
    """Peak rate."""


class Tree(Config):
    out: str
    """Where to."""
    optimizer: Optimizer = Optimizer()
    lora: Lora | None = None
    """Adapters; null for none."""
    views: tuple[str, ...] = ("iso",)


class Loose(Config):
    """A setting of no type."""

    anything: dict[str, Any]


@pytest.fixture
def layer(tmp_path):
    def write(text: str, name: str = "layer.yaml") -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def test_later_layer_wins_and_branches_merge(layer):
    first = layer("out: a\noptimizer: {lr: 0.5}\nviews: [iso, top]\n")
    second = layer("out: b\nviews: [front]\n", "second.yaml")
    tree = Tree.load([first, second, "lora.rank=4", "lora.rank=2"])
    assert (tree.out, tree.optimizer.lr, tree.views) == ("b", 0.5, ("front",))
    assert tree.lora == Lora(rank=2)


@pytest.mark.parametrize("text", ["1e-5", "0.00001", "1.0e-05"])
def test_exponents_are_numbers_although_yaml_says_strings(layer, text):
    assert Tree.load(["out=a", f"optimizer.lr={text}"]).optimizer.lr == 1e-5
    assert Tree.load(["out=a", layer(f"optimizer: {{lr: {text}}}")]).optimizer.lr == 1e-5


def test_null_switches_a_branch_off():
    assert Tree.load(["out=a", "lora.rank=4", "lora=null"]).lora is None


def test_value_may_hold_an_equals_sign_and_yaml():
    assert Tree.load(["out=s3://b/k?a=b"]).out == "s3://b/k?a=b"
    assert Tree.load(["out=a", "views=[top, front]"]).views == ("top", "front")


def test_empty_layer_changes_nothing(layer):
    assert Tree.load([layer("# nothing here\n"), "out=a"]) == Tree(out="a")


def test_override_speaks_the_same_grammar_and_revalidates():
    tree = Tree(out="a", lora=Lora(rank=4))
    changed = tree.override({"optimizer.lr": 0.1, "lora.rank": 2})
    assert (changed.optimizer.lr, changed.lora, tree.optimizer.lr) == (0.1, Lora(rank=2), 1e-3)
    with pytest.raises(ConfigError, match=r"lora\.rank: .*greater than 0, found -1"):
        tree.override({"lora.rank": -1})


def test_wider_config_gives_back_the_narrow_one():
    class Job(Tree):
        cluster: Lora = Lora()

    job = Job.load(["out=a", "lora.rank=2", "cluster.rank=3"])
    assert Tree.of(job) == Tree(out="a", lora=Lora(rank=2))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["out=a", "optimizer.ler=1"], "optimizer.ler: unknown key; .* known key is optimizer.lr"),
        (["out=a", "optimizer.lr=fast"], "optimizer.lr: .*number.*found 'fast'"),
        (["lora.rank=1"], "out: required and not given"),
        (["out=a", "lora=3"], "lora: .*found 3"),
        (["absent.yaml"], "absent.yaml: no such file"),
        (["lora.rank=0", "optimizer.lr=x"], r"\(and 2 more\)"),
    ],
)
def test_mistake_is_one_line_that_names_the_key(words, message):
    with pytest.raises(ConfigError, match=message) as caught:
        Tree.load(words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not YAML"),
        ("- 1\n- 2\n", "expected a mapping .* found a list"),
        ("\x00", "not YAML"),
    ],
)
def test_file_that_is_no_layer_is_named(layer, text, message):
    path = layer(text)
    with pytest.raises(ConfigError, match=message) as caught:
        Tree.load([path])
    assert str(caught.value).startswith(path)
    assert "\n" not in str(caught.value)


def test_config_does_not_change():
    with pytest.raises(ValueError, match="frozen"):
        Tree(out="a").out = "b"  # type: ignore[misc]


def test_every_key_is_listed_with_type_default_and_meaning():
    listed = {key.name: key[1:] for key in keys(Tree)}
    assert listed["out"] == ("str", "required", "Where to.")
    assert listed["optimizer.lr"] == ("float", "0.001", "Peak rate.")
    assert listed["lora"] == ("branch or null", "null", "Adapters; null for none.")
    assert listed["lora.rank"] == ("int", "8", "Rank.")
    assert listed["views"] == ("list of str", "['iso']", "")


def test_merge_replaces_lists_and_merges_mappings():
    assert merge({"a": {"b": 1, "c": [1, 2]}}, {"a": {"c": [3]}}) == {"a": {"b": 1, "c": [3]}}
    assert nest("a.b.c", 1) == {"a": {"b": {"c": 1}}}


@pytest.mark.parametrize(("text", "value"), [("1e-5", 1e-5), ("-2.5E3", -2500.0), ("1.e+2", 100.0)])
def test_exponents_are_numbers_where_no_type_asks_for_one(layer, text, value):
    assert Loose.load([layer(f"anything: {{a: [{text}]}}\n")]).anything == {"a": [value]}
    assert Loose.load([f"anything.a={text}"]).anything == {"a": value}


@pytest.mark.parametrize("text", ["1e", "e5", "a1e5", "00e5f"])
def test_words_that_look_like_numbers_stay_words(text):
    assert Loose.load([f"anything.a={text}"]).anything == {"a": text}
