"""Cobertura XML, as written by coverage.py, Cobertura, gcovr, Istanbul, coverlet, PHPUnit and many others.

Only the lines of a class count; the lines of its methods repeat them and are used where a class has no lines of its
own. Classes of one file are merged. Element names are matched without their namespace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from covgov.ingest import building
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import Parsed
from covgov.model.snapshot import FileCoverage, Identity

_CONDITIONS = re.compile(r"\((\d{1,9})/(\d{1,9})\)")
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?\S+\s+(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_MAX_ENTITIES, _MAX_ENTITY = 16, 256


@dataclass(slots=True)
class _Class:
    filename: str
    own: FileBuilder = field(default_factory=FileBuilder)
    methods: FileBuilder = field(default_factory=FileBuilder)


@dataclass(slots=True)
class _Target:
    """lxml's parser target: called per element, so that no tree is built."""

    where: str
    files: dict[str, FileBuilder] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    root: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    branches: bool = False
    shaped: bool = False
    _path: list[str] = field(default_factory=list)
    _class: _Class | None = None
    _text: list[str] | None = None

    def start(self, tag: str | bytes, attrib: dict[str | bytes, str | bytes]) -> None:
        full = _text(tag)
        name = full.rpartition("}")[2]
        attributes = {_text(key): _text(value) for key, value in attrib.items()}
        if not self._path:
            self._begin(name, attributes)
        self._path.append(name)
        match name:
            case "source":
                self._text = []
            case "packages":
                self.shaped = True
            case "class":
                self._open(attributes)
            case "line" if self._class is not None:
                self._line(self._class, attributes)
            case "method":
                self.dropped.add("methods")
            case "condition":
                self.dropped.add("single conditions")
            case "include" if "XInclude" in full:
                raise damaged(self.where, "XInclude is not followed in reports")
            case _:
                pass

    def data(self, data: str | bytes) -> None:
        if self._text is not None:
            self._text.append(_text(data))

    def comment(self, text: str | bytes) -> None:
        """Comments say nothing that counts."""

    def end(self, tag: str | bytes) -> None:
        name = self._path.pop()
        if name == "source" and self._text is not None:
            text = "".join(self._text).strip()
            self.roots.extend([text] if text else [])
            self._text = None
        elif name == "class" and self._class is not None:
            _merge(self.files.setdefault(self._class.filename, FileBuilder()), self._class)
            self._class = None

    def close(self) -> _Target:
        return self

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != "coverage":
            raise damaged(self.where, f"the root element is <{name[:40]}>, not <coverage>")
        self.root = dict(attributes)

    def _open(self, attributes: Mapping[str, str]) -> None:
        if self._class is not None:
            raise damaged(self.where, "a <class> inside a <class>")
        self._class = _Class(building.file_path(attributes.get("filename", ""), f"{self.where}: <class>"))

    def _line(self, current: _Class, attributes: Mapping[str, str]) -> None:
        at = f"{self.where}: {current.filename}"
        number = building.line_number(_number(attributes.get("number", ""), at), at)
        builder = current.methods if "method" in self._path else current.own
        builder.hit(number, _number(attributes.get("hits", ""), at) > 0)
        conditions = _CONDITIONS.search(attributes.get("condition-coverage", ""))
        if conditions and attributes.get("branch", "").lower() == "true":
            taken, total = int(conditions[1]), int(conditions[2])
            if taken > total:
                raise damaged(at, f"line {number} has {taken} of {total} conditions")
            self.branches = True
            builder.count(number, taken, total)


def _text(value: str | bytes) -> str:
    """The parser may hand over plain ASCII as bytes."""
    return value if isinstance(value, str) else value.decode("ascii")


def _merge(file: FileBuilder, part: _Class) -> None:
    source = part.own if part.own.hits else part.methods
    for line, ran in source.hits.items():
        file.hit(line, ran)
    for line, (taken, total) in source.counted.items():
        file.count(line, taken, total)


def _number(text: str, at: str) -> int:
    """Some writers print counts as 1.0; a count beyond 10^18 is nobody's."""
    if not re.fullmatch(r"\s*-?\d{1,18}(\.0*)?\s*", text):
        raise damaged(at, f"not a count: {text[:40]!r}")
    return int(float(text)) if "." in text else int(text)


class CoberturaXml:
    """Lines exactly; branch exits only by number per line (`condition-coverage`)."""

    name: Final = "cobertura"

    def recognises(self, head: bytes, /) -> bool:
        found = re.search(rb"<(?:[\w.-]+:)?coverage[\s>/]", head)
        if found is None:
            return False
        after = head[found.start() :]
        if re.search(rb"<(project|file)[\s>]", after) or b"clover=" in after:
            return False
        marks = (b"line-rate", b"lines-valid", b"<sources", b"packages")
        return any(mark in after for mark in marks)

    def parse(self, data: bytes, where: str, /) -> Parsed:
        target = _read(data, where)
        files = building.build_all(target.files, where)
        notes = _check_summary(target, files)
        carries, lacks = building.capabilities({"lines", *(["branches"] if target.branches else [])})
        return Parsed(
            format=self.name,
            identity=_identity(data, target),
            files=files,
            carries=carries,
            lacks=lacks,
            dropped=tuple(sorted(target.dropped)),
            roots=tuple(target.roots),
            notes=notes,
        )


def _read(data: bytes, where: str) -> _Target:
    _refuse_entities(data, where)
    target = _Target(where)
    parser = etree.XMLParser(
        target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        parser.feed(data)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise damaged(where, f"not well-formed XML: {error}") from None
    except UnicodeError as error:
        raise damaged(where, f"its text is not in its declared encoding: {error}") from None
    if not target.shaped:
        raise damaged(where, "<coverage> without <packages>: not Cobertura")
    return target


def _refuse_entities(data: bytes, where: str) -> None:
    """A report needs no entities. Short internal ones are let by, unresolved; others are an attack or a mistake."""
    declared = data.count(b"<!ENTITY")
    found = list(_ENTITY.finditer(data)) if declared <= _MAX_ENTITIES else []
    values = [next((v for v in (entity[2], entity[3]) if v is not None), b"") for entity in found]
    parameters = any(entity[1] or entity[4] for entity in found)
    if declared != len(found) or parameters or any(len(v) > _MAX_ENTITY or _nests(v) for v in values):
        raise damaged(where, "declares external, nested, many or long XML entities, which are refused")


def _nests(value: bytes) -> bool:
    return re.search(rb"&(?!#)|%", value) is not None


def _check_summary(target: _Target, files: Mapping[str, FileCoverage]) -> tuple[str, ...]:
    """Refuse impossible root totals; say so when possible ones are not what the lines give."""
    said = []
    for what in ("lines", "branches"):
        covered, valid = (_optional(target.root.get(f"{what}-{part}")) for part in ("covered", "valid"))
        if covered is not None and valid is not None and not 0 <= covered <= valid:
            raise damaged(target.where, f"its summary has {covered} of {valid} {what} covered")
        said.append((covered, valid))
    found = (sum(f.covered.bit_count() for f in files.values()), sum(f.statements.bit_count() for f in files.values()))
    if None not in said[0] and said[0] != found:
        return (f"its summary says {said[0][0]}/{said[0][1]} lines, its lines give {found[0]}/{found[1]}",)
    return ()


def _optional(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,18}", text) else None


def _identity(data: bytes, target: _Target) -> Identity:
    """Cobertura has no field for the writer; coverage.py signs in a comment and puts its own version on the root."""
    if b"Generated by coverage.py" in data[:2048]:
        return Identity("coverage.py", target.root.get("version", ""), branch=target.branches)
    return Identity("cobertura", branch=target.branches)
