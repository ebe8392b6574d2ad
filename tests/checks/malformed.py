"""Files that are damaged or hostile, made the same each time: bytes, YAML and JSON.

`size` is how large the large ones are, in bytes; what they are to show must not depend on it.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator

Made = tuple[str, Callable[[], bytes]]

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  ExternalId: {Type: String}
Resources:
  Vendor:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: "arn:aws:iam::111122223333:root"}
            Action: sts:AssumeRole
            Condition: {StringLike: {"sts:ExternalId": !Ref ExternalId}}
"""
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringLike": {"sts:ExternalId": "acme-*"}},
}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]}, indent=1)
_TRUST = {"Version": "2012-10-17", "Statement": [STATEMENT]}
_ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": _TRUST}}
AS_JSON = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Vendor": _ROLE}}, indent=1)


def malformed_texts(size: int) -> Iterator[Made]:
    """(Name, content) of each file of this module."""
    yield from _cut()
    yield from _encodings()
    yield from _binaries(size)
    yield from _characters()
    yield from _line_ends()
    yield from _yaml()
    yield from _large_yaml(size)
    yield from _json()
    yield from _large_json(size)


def _each(family: str, texts: dict[str, str]) -> Iterator[Made]:
    for name, text in texts.items():
        yield f"{family}: {name}", lambda text=text: text.encode("utf-8", "surrogatepass")  # type: ignore[misc]


def _cut() -> Iterator[Made]:
    for name, text in (("template", TEMPLATE), ("JSON template", AS_JSON), ("policy", POLICY)):
        for tenth in range(1, 10):
            yield f"cut: {name}, {tenth} tenths", lambda text=text, at=tenth: text[: len(text) * at // 10].encode()  # type: ignore[misc]


def _encodings() -> Iterator[Made]:
    for name, text in (("template", TEMPLATE), ("policy", POLICY)):
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-8-sig", "cp037"):
            yield f"encoding: {name}, {encoding}", lambda text=text, encoding=encoding: text.encode(encoding)  # type: ignore[misc]
    for name, bad in (
        ("overlong slash", b"\xc0\xaf"),
        ("overlong NUL", b"\xc0\x80"),
        ("overlong in three", b"\xe0\x80\xaf"),
        ("half of a pair", b"\xed\xa0\x80"),
        ("beyond Unicode", b"\xf4\x90\x80\x80"),
        ("five bytes", b"\xf8\x88\x80\x80\x80"),
        ("continuation alone", b"\x80"),
        ("never a byte", b"\xff"),
        ("unended", b"\xe2\x82"),
        ("Latin-1", b"\xe9"),
        ("Shift JIS", "表".encode("shift_jis")),
        ("second mark", b"\xef\xbb\xbf\xef\xbb\xbf"),
    ):
        yield f"bytes: {name} in a policy", lambda bad=bad: POLICY.encode().replace(b"acme-", bad)  # type: ignore[misc]
        yield f"bytes: {name} first", lambda bad=bad: bad + TEMPLATE.encode()  # type: ignore[misc]


def _binaries(size: int) -> Iterator[Made]:
    yield "binary: random", lambda: random.Random(5).randbytes(size)
    yield "binary: compressed policy", lambda: zlib.compress(POLICY.encode())
    yield "binary: zeros", lambda: bytes(size)
    yield "binary: PNG", lambda: b"\x89PNG\r\n\x1a\n" + POLICY.encode()
    yield "binary: ELF", lambda: b"\x7fELF\2\1\1" + bytes(9) + TEMPLATE.encode()
    yield "binary: ZIP", lambda: b"PK\3\4" + TEMPLATE.encode()
    yield "binary: policy after a NUL", lambda: POLICY.encode() + b"\0"
    yield "binary: template in NULs", lambda: TEMPLATE.replace("a", "\0a").encode()


def _characters() -> Iterator[Made]:
    for name, sign in (
        ("NUL", "\0"),
        ("bell", "\a"),
        ("escape", "\x1b[31m"),
        ("CSI", "\x9b31m"),
        ("form feed", "\f"),
        ("delete", "\x7f"),
        ("line separator", "\u2028"),
        ("right to left", "\u202e"),
        ("zero width", "\u200b"),
        ("byte order mark", "\ufeff"),
        ("private use", "\ue000"),
        ("private plane", "\U000f0001"),
        ("no character", "\uffff"),
        ("half of a pair", "\ud800"),
    ):
        yield from _each("character", {f"{name} in a key": TEMPLATE.replace("Vendor:", f'"Ven{sign}dor":')})
        yield from _each("character", {f"{name} in a policy": POLICY.replace("acme-", f"acme{sign}-")})


def _line_ends() -> Iterator[Made]:
    mixed = "".join(line + ("\n", "\r\n", "\r")[at % 3] for at, line in enumerate(TEMPLATE.splitlines()))
    texts = {
        "CRLF": TEMPLATE.replace("\n", "\r\n"),
        "CR": TEMPLATE.replace("\n", "\r"),
        "mixed": mixed,
        "next line": TEMPLATE.replace("\n", "\x85"),
        "CRLF in JSON": POLICY.replace("\n", "\r\n"),
        "none at the end": TEMPLATE.rstrip(),
    }
    yield from _each("line ends", texts)


def _yaml() -> Iterator[Made]:
    laughs = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    merged = "m0: &m0 {k: v}\n" + "".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}\n" for n in range(1, 30))
    texts = {
        "empty": "",
        "a space": " ",
        "comments": "# Resources:\n#   Type: AWS::IAM::Role\n",
        "a document that is empty": "---\n...\n",
        "nothing": "~\n",
        "a text": "hello\n",
        "a list": "- a\n- b\n",
        "indented by tabs": TEMPLATE.replace("    ", "\t"),
        "tab after a dash": TEMPLATE.replace("- Effect", "-\tEffect").replace("            ", "\t"),
        "key twice": f"{TEMPLATE}Resources: {{}}\n",
        "key twice, deep": TEMPLATE.replace("Action:", "Effect: Deny\n            Action:"),
        "role twice": f"{TEMPLATE}  Vendor: {{}}\n",
        "cycle": f"Loop: &loop [*loop]\n{TEMPLATE}",
        "cycle of keys": f"Loop: &loop {{again: *loop}}\n{TEMPLATE}",
        "alias to nobody": TEMPLATE.replace("!Ref ExternalId", "*nobody"),
        "anchor for the policy": TEMPLATE.replace("Statement:", "Statement: &all").replace("sts:AssumeRole", "*all"),
        "billion laughs": laughs + TEMPLATE,
        "billion merges": merged + TEMPLATE,
        "merge key": TEMPLATE.replace("Effect: Allow", "<<: {Effect: Allow}"),
        "second document": f"{TEMPLATE}---\n{TEMPLATE}",
        "document and a closed one": f"{TEMPLATE}...\nmore: 1\n",
        "Python object": TEMPLATE.replace("!Ref ExternalId", "!!python/object/apply:os.system ['exit 1']"),
        "Python name": TEMPLATE.replace("!Ref ExternalId", "!!python/name:os.system"),
        "binary tag": TEMPLATE.replace("!Ref ExternalId", "!!binary aGVsbG8="),
        "set": TEMPLATE.replace("!Ref ExternalId", "!!set {a}"),
        "verbatim tag": TEMPLATE.replace("!Ref ExternalId", "!<tag:yaml.org,2002:str> x"),
        "unknown tag": TEMPLATE.replace("!Ref ExternalId", "!Sudo x"),
        "bare tag": TEMPLATE.replace("!Ref ExternalId", "! x"),
        "tag on a key": TEMPLATE.replace("Principal:", "!Ref Principal:"),
        "tag of a list": TEMPLATE.replace("!Ref ExternalId", "!Ref [ExternalId]"),
        "new version": f"%YAML 9.9\n---\n{TEMPLATE}",
        "directive": f"%TAG ! tag:evil.example,2026:\n---\n{TEMPLATE}",
        "list as a key": f"? [a, b]\n: c\n{TEMPLATE}",
        "object as a key": f"? {{a: b}}\n: c\n{TEMPLATE}",
        "nothing as a key": f"~: c\n{TEMPLATE}",
        "quote without end": TEMPLATE.replace(':root"}', ":root}"),
        "brace without end": TEMPLATE.replace(':root"}', ':root"'),
        "reserved sign": TEMPLATE.replace("Allow", "@Allow"),
        "indented too little": TEMPLATE.replace("            Action", "       Action"),
        "dash too many": TEMPLATE.replace("- Effect", "- - - Effect"),
        "Effect without a value": TEMPLATE.replace("Effect: Allow", "Effect:"),
        "Effect is true": TEMPLATE.replace("Effect: Allow", "Effect: true"),
        "numbers": TEMPLATE.replace("!Ref ExternalId", "[1e999, .inf, .nan, 0o17, 190:20:30, 1_000]"),
        "a block without indent": TEMPLATE.replace("!Ref ExternalId", "|\nx"),
    }
    yield from _each("YAML", texts)


def _large_yaml(size: int) -> Iterator[Made]:
    for name, piece, before in (
        ("lists in lists", "[", TEMPLATE + "More: "),
        ("objects in objects", "{a: ", TEMPLATE + "More: "),
        ("dashes", "- ", TEMPLATE + "More:\n  "),
        ("keys in keys", "? ", TEMPLATE + "More:\n  "),
        ("anchors", "&a ", TEMPLATE + "More: "),
        ("tags", "!a ", TEMPLATE + "More: "),
        ("colons", "a: ", TEMPLATE + "More: "),
        ("quotes", "''", TEMPLATE + "More: '"),
        ("escapes", "\\x41", TEMPLATE + 'More: "'),
        ("documents", "---\n", TEMPLATE),
        ("empty lines", "\n", TEMPLATE),
        ("blanks", " ", TEMPLATE),
        ("comments", "#\n", TEMPLATE),
        ("block", "  x\n", TEMPLATE + "More: |\n"),
        ("folded", "  x\n", TEMPLATE + "More: >\n"),
        ("one word", "x", TEMPLATE + "More: "),
        ("one key", "x", TEMPLATE),
        ("commas", ",", TEMPLATE + "More: ["),
        ("empty lists", "[],", TEMPLATE + "More: ["),
    ):
        yield f"large YAML: {name}", lambda piece=piece, before=before: _filled(before, piece, size)  # type: ignore[misc]
    yield (
        "large YAML: keys",
        lambda: bytes(TEMPLATE + "More:\n" + "".join(f"  k{n}: {n}\n" for n in range(size // 16)), "utf-8"),
    )


def _filled(before: str, piece: str, size: int) -> bytes:
    return (before + piece * ((size - len(before)) // len(piece))).encode()


def _json() -> Iterator[Made]:
    value = '"acme-*"'
    texts = {
        "comma at the end": POLICY.replace("\n  }\n ]", "\n  },\n ]"),
        "comment": POLICY.replace("{", "{ // a role", 1),
        "single quotes": POLICY.replace('"', "'"),
        "keys without quotes": POLICY.replace('"Effect"', "Effect"),
        "no colon": POLICY.replace('"Effect":', '"Effect"'),
        "no comma": POLICY.replace('"Allow",', '"Allow"'),
        "key twice": POLICY.replace('"Effect"', '"Effect": "Deny", "Effect"'),
        "key twice, spelt otherwise": POLICY.replace('"Effect"', '"Effec\\u0074": "Deny", "Effect"'),
        "two values": POLICY + POLICY,
        "line by line": POLICY.replace("\n", "") + "\n" + POLICY.replace("\n", ""),
        "text behind": POLICY + " x",
        "mark in front": f"\ufeff{POLICY}",
        "an empty object": "{}",
        "an empty list": "[]",
        "a text": '"Statement"',
        "a number": "1e999",
        "nothing": "null",
        "policies in a list": f"[{POLICY}]",
        "list of nothing": '{"Statement": []}',
        "element nobody knows": POLICY.replace('"Effect"', '"__proto__"'),
    }
    values = {
        "huge exponent": "1e999",
        "tiny exponent": "-1e-999",
        "no number": "NaN",
        "infinity": "-Infinity",
        "zero in front": "0123",
        "hexadecimal": "0x1F",
        "plus": "+1",
        "half of a pair": '"\\ud800"',
        "pair turned round": '"\\udc00\\ud800"',
        "escape cut off": '"\\u12"',
        "no escape": '"\\x41"',
        "tab in a text": '"a\tb"',
        "line end in a text": '"a\nb"',
        "no end": '"acme',
        "NUL by escape": '"acme\\u0000"',
        "ESC by escape": '"acme\\u001b[31m*"',
        "an object": '{"Ref": "AWS::Region"}',
        "list in a list": '[["acme"]]',
        "mark of ours": '"\\uDB80\\uDC01*"',
    }
    yield from _each("JSON", texts)
    yield from _each("JSON value", {name: POLICY.replace(value, bad) for name, bad in values.items()})


def _large_json(size: int) -> Iterator[Made]:
    for name, before, piece in (
        ("lists in lists", '{"Statement": ', "["),
        ("objects in objects", '{"Statement": ', '{"Statement":'),
        ("digits", '{"Statement": ', "1"),
        ("escapes", '{"Statement": "', "\\u0041"),
        ("backslashes", '{"Statement": "', "\\\\"),
        ("quotes", '{"Statement": "', '\\"'),
        ("blanks", '{"Statement": ', " "),
        ("empty statements", '{"Statement": [', "{},"),
        ("texts", '{"Statement": [', '"",'),
        ("pairs", '{"Statement": "', "\\ud83d\\ude00"),
        ("lines", '{"Statement": ', "\n"),
    ):
        yield f"large JSON: {name}", lambda before=before, piece=piece: _filled(before, piece, size)  # type: ignore[misc]
