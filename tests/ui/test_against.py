"""Which base counts as chosen while an answer is on its way, and after one that is no."""

from pathlib import Path

import pytest

from cockpit.model import Base
from cockpit.ui.against import Against
from tests.ui.fakes import FakeBackend

pytestmark = pytest.mark.unit

LOOKING = Base()
MAIN = Base("branch", "main", "c0ffee", ready=True)
TAG = Base("commit", "v1.2", "decade", ready=True)


def refused(base: Base, word: str) -> Base:
    return Base(base.kind, base.name, base.commit, base.ready, f"git knows no commit {word} here")


@pytest.fixture
def backend(tmp_path: Path) -> FakeBackend:
    return FakeBackend(tmp_path)


def test_what_is_chosen_is_told_once_it_is_there(backend: FakeBackend) -> None:
    against = Against()
    assert against.arrived(LOOKING, MAIN) == "", "nobody asked"
    assert against.branch == "main"
    against.choose("v1.2", backend)
    assert against.arrived(MAIN, MAIN) == "", "it is still looked at"
    assert against.arrived(MAIN, TAG) == "against v1.2"
    assert against.arrived(TAG, MAIN) == "", "told already"
    assert (against.word, backend.asked) == ("v1.2", [("compare", "v1.2")])


def test_what_cannot_be_leaves_the_choice_before_it(backend: FakeBackend) -> None:
    against = Against()
    against.choose("v1.2", backend)
    against.arrived(MAIN, TAG)
    against.choose("v9", backend)
    assert against.arrived(TAG, refused(TAG, "v9")) == "git knows no commit v9 here"
    assert against.word == "v1.2"


@pytest.mark.regression
def test_what_an_earlier_session_chose_and_is_gone_is_not_remembered(backend: FakeBackend) -> None:
    against = Against()
    against.recall("v9", "", backend)
    assert against.arrived(LOOKING, refused(LOOKING, "v9")) == ""
    assert against.arrived(refused(LOOKING, "v9"), refused(MAIN, "v9")) == ""
    assert against.word == "", "the automatic one"


def test_what_was_met_stays_chosen_though_git_fails_later(backend: FakeBackend) -> None:
    against = Against()
    against.recall("v1.2", "", backend)
    against.arrived(LOOKING, TAG)
    against.arrived(TAG, refused(TAG, "v1.2"))
    assert against.word == "v1.2"
