"""bandit, far half: what bandit itself says about its tests, as Markdown."""

import importlib
import inspect
import re
from typing import Any

from bandit.core import docs_utils
from bandit.core.extension_loader import MANAGER

from cockpit.checkers.bandit_far import quiet
from cockpit.checkers.interface import RuleDoc
from cockpit.errors import CheckerError

_TITLE = re.compile(r"^(?:[=-]{4,}\n)?(\S.*)\n[=-]{4,}$", re.MULTILINE)
_SECTION = re.compile(r"^(B\d{3})(?: - (B\d{3}))?: .*\n-+\n", re.MULTILINE)
_BLOCK = re.compile(r"^([ ]*)\.\. code-block::[ ]*(\S*)\n((?:[ ]*\n|\1[ ]+\S.*\n)+)", re.MULTILINE)
_TABLE = re.compile(r"^(?:[ ]*[+|].*\n)+", re.MULTILINE)
_SINCE = re.compile(r"^[ ]*\.\. version(added|changed):: (\S+)\n(?:[ ]+(\S.*)\n)?", re.MULTILINE)
_ALSO = re.compile(r"^[ ]*\.\. seealso::[ ]*$", re.MULTILINE)
_FIELD = re.compile(r"^[ ]*:(\w+):[ ]*$", re.MULTILINE)
_LINK = re.compile(r"`([^`<]+?)\s*<([^>]+)>`__?")


def document(rule: str) -> RuleDoc:
    """Return bandit's words about `rule`, a test's id; raise `CheckerError` where it has none."""
    quiet()
    url = docs_utils.get_url(rule)
    if rule in MANAGER.plugins_by_id:
        plugin = MANAGER.plugins_by_id[rule].plugin
        pages = (inspect.getdoc(plugin), inspect.getdoc(inspect.getmodule(plugin)))
        words = max((page or "" for page in pages), key=len)  # a module of one test has its page
        return RuleDoc(rule, plugin.__name__, markdown(words), url)
    if rule in MANAGER.blacklist_by_id:
        entry = MANAGER.blacklist_by_id[rule]
        return RuleDoc(rule, entry["name"], markdown(_section(rule) or _entry(entry)), url)
    raise CheckerError(f"bandit knows no test {rule}")


def _section(rule: str) -> str:
    """Return what the page of the blacklists says about `rule`, or an empty string."""
    for page in ("calls", "imports"):
        words = inspect.getdoc(importlib.import_module(f"bandit.blacklists.{page}")) or ""
        starts = list(_SECTION.finditer(words))
        for here, after in zip(starts, (*starts[1:], None), strict=True):
            if here[1] <= rule <= (here[2] or here[1]):
                return words[here.start() : after.start() if after else len(words)]
    return ""


def _entry(entry: dict[str, Any]) -> str:
    names = "\n".join(f"- {name}" for name in entry["qualnames"])
    return f"{entry['message']}\n\n{names}\n"


def markdown(words: str) -> str:
    """Return reStructuredText, as far as bandit uses it, as Markdown."""
    text = _BLOCK.sub(_fenced, f"{words.strip()}\n")
    text = _TABLE.sub(lambda table: f"```text\n{inspect.cleandoc(table[0])}\n```\n", text)
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = map(_prose, parts[::2])
    return re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip()


def _prose(text: str) -> str:
    text = _TITLE.sub(r"## \1", text)
    text = _SINCE.sub(_since, text)
    text = _ALSO.sub("**See also**", text)
    text = _FIELD.sub(r"**\1**", text)
    text = _LINK.sub(r"[\1](\2)", text)
    text = re.sub(r"^[ ]+(?=- )", "", text, flags=re.MULTILINE)
    return text.replace("``", "`")


def _fenced(block: re.Match[str]) -> str:
    language = "text" if block[2] in ("", "none") else block[2]
    return f"```{language}\n{inspect.cleandoc(block[3])}\n```\n\n"


def _since(note: re.Match[str]) -> str:
    words = f": {note[3]}" if note[3] else ""
    return f"*{note[1].capitalize()} in {note[2]}{words}*\n"
