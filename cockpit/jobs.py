"""What runs in a worker: bytes in, bytes out, no file of the project touched but settings.

These functions are the seam between the engine and whoever does the work: any
`concurrent.futures.Executor` can run them, on any machine that has the same tools.
"""

import os
from pathlib import Path
from typing import cast

import msgspec

from cockpit.checkers.interface import FileChecker, RuleDoc, Settings, Source
from cockpit.checkers.registry import load
from cockpit.errors import CheckerError, CockpitError
from cockpit.outline import Scope


class Task(msgspec.Struct, frozen=True, array_like=True):
    """One checker to run, with the options from its `Settings.facts`."""

    checker: str
    options: bytes


class AnalyseJob(msgspec.Struct, frozen=True, array_like=True):
    """Some files, each to be analysed by the checkers whose index in `tasks` it names."""

    tasks: list[Task]
    sources: list[Source]
    wanted: list[list[int]]


class FileFacts(msgspec.Struct, frozen=True, array_like=True):
    """The answer for one file: its outline, and by checker the facts or why there are none."""

    outline: bytes
    facts: dict[str, bytes]
    failed: dict[str, str]


class ResolveJob(msgspec.Struct, frozen=True, array_like=True):
    """A checker whose settings are to be read in `root`; `listing` as `os.fsencode` gives it."""

    checker: str
    root: bytes
    listing: list[bytes]


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """A `CockpitError` on its way through a pipe."""

    message: str
    hint: str
    words: str

    def error(self) -> CheckerError:
        """Return the error to raise on the near side."""
        return CheckerError(self.message, self.hint, self.words)


class Resolved(msgspec.Struct, frozen=True, tag="resolved"):
    """Settings that could be read."""

    settings: Settings


class DocumentJob(msgspec.Struct, frozen=True, array_like=True):
    """A rule whose documentation is asked for."""

    checker: str
    rule: str


class Documented(msgspec.Struct, frozen=True, tag="documented"):
    """The documentation of a rule."""

    doc: RuleDoc


_encoder = msgspec.msgpack.Encoder()
_analyse_decoder = msgspec.msgpack.Decoder(AnalyseJob)
_resolve_decoder = msgspec.msgpack.Decoder(ResolveJob)
_document_decoder = msgspec.msgpack.Decoder(DocumentJob)

encode = _encoder.encode
decode_facts = msgspec.msgpack.Decoder(list[FileFacts]).decode
_resolved_decoder = msgspec.msgpack.Decoder(Resolved | Refusal)
_documented_decoder = msgspec.msgpack.Decoder(Documented | Refusal)
decode_outline = msgspec.msgpack.Decoder(list[Scope]).decode


def _file_checker(name: str) -> FileChecker:
    return cast("FileChecker", load(name))


def _explain(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "its code is nested too deeply for the tool (RecursionError)"
    if isinstance(error, MemoryError):
        return "the tool needs more memory than a worker may have (MemoryError)"
    return f"the tool broke on this file ({type(error).__name__}: {error})".encode(
        "utf-8", "backslashreplace"
    ).decode()


def _facts_of(source: Source, tasks: list[Task]) -> FileFacts:
    facts: dict[str, bytes] = {}
    failed: dict[str, str] = {}
    for task in tasks:
        try:
            facts[task.checker] = _file_checker(task.checker).analyse(source, task.options)
        except Exception as error:  # noqa: BLE001 - the checker boundary: one file, one failure
            failed[task.checker] = _explain(error)
    return FileFacts(encode(source.scopes), facts, failed)


def analyse(payload: bytes) -> bytes:
    """Turn an `AnalyseJob` into a list of `FileFacts`, in the order of its sources."""
    job = _analyse_decoder.decode(payload)
    return encode(
        [
            _facts_of(source, [job.tasks[index] for index in wanted])
            for source, wanted in zip(job.sources, job.wanted, strict=True)
        ]
    )


def resolve(payload: bytes) -> bytes:
    """Turn a `ResolveJob` into `Resolved` settings or a `Refusal`."""
    job = _resolve_decoder.decode(payload)
    root = Path(os.fsdecode(job.root))
    listing = [os.fsdecode(path) for path in job.listing]
    try:
        return encode(Resolved(_file_checker(job.checker).resolve(root, listing)))
    except CockpitError as error:
        return encode(_refusal(error))
    except Exception as error:  # noqa: BLE001 - the checker boundary: the tool's code, any error
        words = f"{type(error).__name__}: {error}"
        return encode(
            Refusal(
                f"{job.checker} cannot read its settings",
                "Mend the tool's section in the project's settings.",
                words.encode("utf-8", "backslashreplace").decode(),
            )
        )


def document(payload: bytes) -> bytes:
    """Turn a `DocumentJob` into the `Documented` rule or a `Refusal`."""
    job = _document_decoder.decode(payload)
    try:
        return encode(Documented(_file_checker(job.checker).document(job.rule)))
    except CockpitError as error:
        return encode(_refusal(error))


def _refusal(error: CockpitError) -> Refusal:
    words = error.words if isinstance(error, CheckerError) else ""
    return Refusal(error.message, error.hint, words)


def resolved(reply: bytes) -> Settings:
    """Return the settings that `resolve` replied with; raise the `CheckerError` it refused with."""
    answer: Resolved | Refusal = _resolved_decoder.decode(reply)
    if isinstance(answer, Refusal):
        raise answer.error()
    return answer.settings


def documented(reply: bytes) -> RuleDoc:
    """Return what `document` replied with; raise the `CheckerError` it refused with."""
    answer: Documented | Refusal = _documented_decoder.decode(reply)
    if isinstance(answer, Refusal):
        raise answer.error()
    return answer.doc


def preload() -> None:
    """Import what `analyse` needs, so that a warm worker answers at once."""
    for name in ("vulture.core", "interrogate.coverage", "bandit.core.manager"):
        try:
            __import__(name)
        except ImportError:
            continue  # the checker says so itself, in words, when it is asked
