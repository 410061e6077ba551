"""One sequence is one solid, however it is written."""

from hypothesis import assume, given

from cadvlm import execution
from cadvlm.codegen import write
from cadvlm.geometry.same import same
from cadvlm.sequences import openecad
from cadvlm.sequences.model import ConstructionSequence
from tests.fuzz.examples import examples
from tests.fuzz.sequences import sequences


@examples(15)
@given(sequences())
def test_every_way_to_write_a_sequence_builds_the_same_solid(sequence):
    plain = execution.run(write(sequence, "verbatim")).solid
    assume(plain is not None)  # nothing is left of it, or the kernel gives up
    for program in (write(sequence, "idiomatic"), write(sequence, "verbatim", "openecad")):
        built = execution.run(program)
        assert built.solid is not None, f"{built.error}\n{program.code}"
        assert same(built.solid, plain), program.code


@examples(100)
@given(sequences())
def test_a_sequence_is_what_comes_back_from_json(sequence):
    assert ConstructionSequence.from_json(sequence.to_json()) == sequence


@examples(60)
@given(sequences())
def test_what_is_written_in_openecad_is_read_with_as_many_operations(sequence):
    read = openecad.read(write(sequence, "verbatim", "openecad").code)
    assert len(read.operations) == len(sequence.operations)
