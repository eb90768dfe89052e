"""Which key does what: the names a person may bind, the mistakes in binding them, the keys of here.

Help, palette and `cockpit keys` are all made from what is bound; nothing lists a key by hand.
"""

import difflib
import importlib
import itertools
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS, Keys
from textual.screen import Screen

from cockpit.plain import plain
from cockpit.ui.keys import key_name

#: The place of what works on every page.
EVERYWHERE = "Everywhere"
#: What the part of an id before its dot is called; the rest are called by that part.
_PLACES = {
    "list": "The list",
    "source": "The source",
    "why": "The explanation",
    "tile": "The tile",
    "deck": "The Deck",
    "pane": "The pane",
    "filter": "The filter",
    "files": "The files",
    "tree": "The files",
    "cpu": "The CPU page",
    "mem": "The memory page",
    "rows": "The list",
    "calls": "The call tree",
    "flame": "The flame view",
    "picker": "The processes",
    "ask": "The question",
    "how": "The question",
    "confirm": "The question",
    **dict.fromkeys(("page", "go", "app"), EVERYWHERE),
}
_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
#: What people call keys, and what they are called here.
_ALSO = {
    "esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "spacebar": "space",
    "pgup": "pageup", "pgdn": "pagedown", "pgdown": "pagedown", "bs": "backspace",
    "control": "ctrl", "ctl": "ctrl", "option": "alt", "cmd": "super",
}  # fmt: skip
_NAMED = frozenset(
    {key.value for key in Keys if "+" not in key.value and "<" not in key.value}
    | set(KEY_TO_UNICODE_NAME)
    | set(REPLACED_KEYS)
    | {"comma", "colon", "semicolon", "apostrophe", "asterisk", "ampersand", "tilde"}
)


# --- What can be bound ------------------------------------------------------------------------


class Bound(NamedTuple):
    """Something that keys do: its id, the keys it has by default, and what it does in words."""

    id: str
    keys: tuple[str, ...]
    words: str


def catalogue() -> dict[str, Bound]:
    """Return everything that can be bound, by id; imports every part of the screen to know."""
    found: dict[str, Bound] = {}
    for binding in itertools.chain.from_iterable(_places()):
        if binding.id:
            keys = found[binding.id].keys if binding.id in found else ()
            keys = tuple(dict.fromkeys((*keys, binding.key)))
            found[binding.id] = Bound(binding.id, keys, binding.description)
    return dict(sorted(found.items()))


def _places() -> list[list[Binding]]:
    """Return, for every class of ours that has keys, its bindings: no key may be in one twice."""
    from cockpit import ui

    for module in pkgutil.iter_modules(ui.__path__, "cockpit.ui."):
        importlib.import_module(module.name)
    return [bindings for kind in _kinds(DOMNode) if (bindings := _bindings_of(kind))]


def _kinds(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    one: type[DOMNode]
    for one in kind.__subclasses__():
        if one.__module__.startswith("cockpit."):
            yield one
        yield from _kinds(one)


def _bindings_of(kind: type[DOMNode]) -> list[Binding]:
    """Return the bindings of ours that `kind` has, those of its bases first.

    Not those that only say where a key works: they have no id, and give way to any other.
    """
    ours = [base for base in reversed(kind.__mro__) if base.__module__.startswith("cockpit.")]
    every = (one for base in ours for one in Binding.make_bindings(vars(base).get("BINDINGS", ())))
    return [one for one in every if one.id]


# --- What a person binds ----------------------------------------------------------------------


def understood(table: object) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what `[keys]` of a person's settings binds, and a sentence for every mistake in it.

    What is wrong is left as it is by default; the rest holds.
    """
    if not isinstance(table, Mapping):
        return {}, ('keys is not a table: write [keys], and under it "pane.filter" = "ctrl+f".',)
    if not table:
        return {}, ()
    known = catalogue()
    keymap: dict[str, str] = {}
    mistakes: list[str] = []
    for name, value in _flat(table):
        keys, mistake = _keys_of(name, value, known)
        if mistake:
            mistakes.append(f"[keys] {mistake}")
        else:
            keymap[name] = ",".join(keys)
    mistakes += _clashes(keymap)
    return keymap, tuple(dict.fromkeys(map(plain, mistakes)))


def _flat(table: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Yield (id, value): `pane.filter` without quotes is a table within a table to TOML."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def _keys_of(name: str, value: object, known: Mapping[str, Bound]) -> tuple[list[str], str]:
    """Return the keys that one line binds, or what is wrong with it."""
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "`cockpit keys` lists all."
        return [], f"{name}: there is nothing of that name; {hint}"
    if not isinstance(value, str):
        return [], f'{name}: {value} is not text; write it as "{value}".'
    parts = [] if value == "" else value.split(",") if value != "," else ["comma"]
    keys: list[str] = []
    for part in parts or [""]:
        key, mistake = _key(part.strip() or part[:1])
        if mistake:
            shown = " or ".join(map(key_name, known[name].keys))
            return [], f"{name}: {mistake.format(default=shown)}"
        keys.append(key)
    return list(dict.fromkeys(keys)), ""


def _key(written: str) -> tuple[str, str]:
    """Return a key as Textual calls it, or what is wrong with how it is written."""
    if not written:
        return "", "no key is named; leave the line out to keep {default}."
    if len(written) == 1:
        return _character(written), ""
    *modifiers, last = written.split("+") if not written.endswith("++") else [written[:-2], "plus"]
    right = [_nearest(one, _MODIFIERS) for one in modifiers]
    base = last if len(last) == 1 else _nearest(last, sorted(_NAMED))
    if not base or not all(right):
        return "", f"there is no key {written}; `cockpit keys` shows how keys are written."
    if "shift" in right and len(base) == 1 and base.isalpha():
        right.remove("shift")
        base = base.upper()
    elif right and len(base) == 1:
        base = base.lower()
    meant = "+".join((*right, base))
    if meant != written:
        return "", f"there is no key {written}; did you mean {meant}?"
    return "+".join((*right, _character(base) if len(base) == 1 else base)), ""


def _nearest(word: str, words: Iterable[str]) -> str:
    """Return the word of `words` that is meant, or none."""
    word = _ALSO.get(word.lower(), word.lower())
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return near[0] if near else ""


def _character(character: str) -> str:
    """Return what Textual calls the key of a character: it has names for signs."""
    binding = next(iter(Binding.make_bindings([Binding(_unlisted(character), "", "")])))
    return binding.key


def _unlisted(character: str) -> str:
    return {",": "comma", " ": "space"}.get(character, character)


def _clashes(keymap: dict[str, str]) -> Iterator[str]:
    """Yield a sentence for every key that does two things in one place, and settle which it does.

    A person's own word is worth more than a default; of two of his own the first holds.
    """
    order = {name: index for index, name in enumerate(keymap)}
    for bindings in _places():
        defaults: dict[str, list[str]] = {}
        for binding in bindings:
            defaults.setdefault(binding.id or "", []).append(binding.key)
        taken: dict[str, str] = {}
        for name in sorted(defaults, key=lambda name: order.get(name, len(order))):
            keys = keymap[name].split(",") if name in keymap else defaults[name]
            twice = [key for key in keys if key in taken]
            if twice:
                shown, owner = key_name(twice[0]), taken[twice[0]]
                if keymap.pop(name, None):
                    yield f"[keys] {name}: {shown} is {owner} already; it stays as it was."
                elif len(twice) == len(keys):
                    yield f"[keys] {owner}: {shown} was {name}, which has no key any more."
            for key in keys:
                taken.setdefault(key, name)


def _lost(own: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return the (id, key) by default that do nothing, for a person's own id has the key there."""
    lost: set[tuple[str, str]] = set()
    for bindings in _places():
        here = {binding.id or "" for binding in bindings}
        taken = {key for name in own.keys() & here for key in own[name].split(",")}
        others = (one for one in bindings if one.id not in own)
        lost |= {(one.id or "", one.key) for one in others if one.key in taken}
    return lost


# --- What is bound here -----------------------------------------------------------------------


class Key(NamedTuple):
    """Something that keys do here: where it belongs, in words, its keys as shown, and to do it."""

    id: str
    place: str
    words: str
    keys: tuple[str, ...]
    run: Callable[[], object]


def keys_here(screen: Screen[Any]) -> list[Key]:
    """Return what the keys of `screen` do now, the focused part's first, as they are declared."""
    rank: dict[str, int] = {}
    found: dict[tuple[str, str], Key] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id is None or not active.enabled:  # Textual's own, or of no use here
            continue
        if binding.id not in rank:
            for one in _bindings_of(type(active.node)):
                rank.setdefault(one.id or "", len(rank))
        place = place_of(binding.id)
        words = getattr(screen, "WORDS", {}).get(binding.action, binding.description)
        shown = screen.app.get_key_display(replace(binding, key_display=None))
        run = partial(_run, screen.app, binding.action, active.node)
        known = found.setdefault((place, words), Key(binding.id, place, words, (), run))
        every = dict.fromkeys((*known.keys, shown))
        keys = tuple(sorted(every, key=lambda key: (len(key), not key.isascii())))
        found[place, words] = known._replace(keys=keys)
    places = {place: at for at, (place, _) in enumerate(found)}

    def order(key: Key) -> tuple[bool, int, int]:
        return key.place == EVERYWHERE, places[key.place], rank[key.id]

    return sorted(found.values(), key=order)


def _run(app: App[Any], action: str, node: DOMNode) -> None:
    app.call_later(app.run_action, action, node)


def place_of(binding_id: str) -> str:
    """Return what the place that an id belongs to is called."""
    name = binding_id.partition(".")[0]
    return _PLACES.get(name, name.capitalize())


def listing(own: Mapping[str, str]) -> str:
    """Return every id with its keys and what it does, a line each, for `cockpit keys`.

    `own` are the person's, as `understood` gives them; a key that one of them took is gone from
    where it was.
    """
    lost = _lost(own)
    rows = []
    for one in catalogue().values():
        left = (key for key in one.keys if (one.id, key) not in lost)
        keys = own[one.id].split(",") if one.id in own else left
        rows.append((one.id, " ".join(map(key_name, keys)) or "none", one.words))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "".join(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}\n" for row in rows)
