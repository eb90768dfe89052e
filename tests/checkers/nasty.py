"""Files that break tools: encodings, line ends, syntax errors, odd names, odd but valid code."""

NASTY: dict[str, bytes] = {
    "pkg/__init__.py": b"import os, enum\nfrom .a import *\n__all__ = ['foo', 'Bar']\n",
    "pkg/a.py": b"import string, sys as system, unittest\nfrom enum import Enum\nfoo = 1\n"
    b"class Bar(Enum):\n    RED = 1\n    _ignore_ = []\n    def meth(self): return 1\n"
    b"    @property\n    def prop(self): return 2\n",
    "pkg/noqa.py": b"import json  # noqa\nimport re  # noqa: F401\nimport ast  # noqa: V104\n"
    b"import abc  # noqa: E501\ndef f(a, b):  # NOQA: V107\n    x = 1  # noqa: F841, V107\n"
    b"    y = 2  # noqa:V107,E1\n    return\n    z = 3\n",
    "pkg/bom.py": b"\xef\xbb\xbfimport json\nx_bom = 1\n",
    "pkg/latin.py": b"# -*- coding: latin-1 -*-\nname_lat = '\xe9'\ndef d\xe9f_lat(): pass\n",
    "pkg/badenc.py": b"x = 1\ny = 2\nz = '\xff\xfe'\n",
    "pkg/badenc2.py": b"z = '\xff\xfe'\n",
    "pkg/badcookie.py": b"# coding: nosuchcodec\nz = 1\n",
    "pkg/nul.py": b"x = 1\n\0\n",
    "pkg/syn.py": b"def f(:\n  pass\n",
    "pkg/syn2.py": b"x = (1,\n",
    "pkg/indent.py": b"if 1:\n        x = 1\n    y = 2\n",
    "pkg/crlf.py": b"import json\r\ndef crlf_f(self):\r\n    return 1\r\n    x = 2\r\n",
    "pkg/cr.py": b"import json\rdef cr_f():\r    return 1\r    x = 2\r",
    "pkg/ff.py": b"import json\n\x0c\ndef ff_f():\n    return 1\x0c\n    x = 2\n",
    "pkg/tc.py": b"def tc(a, b):\n    # type: (Foo, list[Baz]) -> Qux\n    x = []  # type: Zed\n"
    b"    return x\n",
    "pkg/tcbad.py": b"import foo_used_before\ndef tcb(a):\n    x = []  # type: (((\n"
    b"    return x\nbarbar = 1\n",
    "pkg/tcbad2.py": b"for x in y:  # type: int\n  pass\nfoo(  # type: int\n)\n",
    "pkg/ties.py": b"a, A, b, B = 1, 2, 3, 4\ndef f(x): x = 1; X = 2\nlambda q: q; lambda q: 1\n"
    b"class C: c = 1; C = 2\n",
    "pkg/match.py": b"match v:\n    case Point(x=0, y=yy): pass\n    case {'a': b, **rest}: pass\n"
    b"    case [a, *others] as whole: pass\n",
    "pkg/fmt.py": b"fmt_a = 1; fmt_b = 2\n'%(fmt_a)s' % locals()\n"
    b"'{fmt_b.x[0]} {'.format(**locals())\ngetattr(o, 'ga')\nhasattr(o, '\\ud800')\nga = 1\n",
    "pkg/unreach.py": b"def u():\n    while True:\n        pass\n    dead = 1\ndef v():\n"
    b"    if False:\n        x = 1\n    elif True: return 2\n    else: y = 3\n    try:\n"
    b"        raise E\n    except A: return 1\n    else: z = 1\n"
    b"    return (1 if False else 2), (3 if False else 4)\n    more()\n",
    "pkg/warn.py": b"x = '\\d'\nassert (1, 'x')\nx is 1\n",
    "pkg/tests/test_t.py": b"class TestX:\n    def test_a(self): pass\n"
    b"    def setup_method(self): pass\ndef test_b(): pass\ndef helper(): pass\n"
    b"class MyTest: pass\n",
    "pkg/empty.py": b"",
    "pkg/cmt.py": b"# just a comment\n",
    "other/Foo.py": b"unused1 = 1\n",
    "other/foo2.py": b"unused2 = 1\n",
    "other/with space [red].py": b"unused3 = 1\n",
    "other/a:12: b.py": b"unused4 = 1\ndef f(:\n",
    "other/a:13: c.py": b"unused5 = 1\n",
    "-dash.py": b"import unused6\n",
    "other/utf7.py": b"# coding: utf-7\nx = '+AGEAYg-'\n",
    "other/doc.py": b'"""doc"""\nclass A:\n    """d"""\n    def __init__(self):\n        pass\n'
    b"    def _p(self): pass\n    def __pp(self): pass\n    @property\n    def q(self): pass\n"
    b"    @q.setter\n    def q(self, v): pass\n    @typing.overload\n    def o(self): pass\n"
    b"    class N:\n        def n(self):\n            def inner():\n"
    b'                """x"""\n            async def inner2(): pass\n'
    b'async def co():\n    """ """\ndef py():\n    def deep():\n        def er(): pass\n'
    b"class G:\n    def __init__(self):\n        '''covers the class in google style'''\n",
    "stubs/s.pyi": b"class S:\n    def m(self) -> int: ...\n",
}
