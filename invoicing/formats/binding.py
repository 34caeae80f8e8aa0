"""One table for each part of a document: the same table reads it and writes it.

A table lists, in the order of the schema, which element below its own holds which field. Reading
goes through a document once and asks a dictionary what each element is; whatever no table knows is
listed and never dropped. Writing walks the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from lxml import etree

from invoicing.formats.model import Invoice, NotUnderstood, Reading, Why
from invoicing.formats.values import AMOUNT, TEXT, Kind
from marketplace.core import ubl

Element = etree._Element
Values = dict[str, Any]
Step = Callable[["Reader", Element, Values], None]
Settle = Step

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
CURRENCY = "currencyID"
# Enough to see what a file is about; a file of a million strange values is only counted.
MOST_LISTED: Final = 1_000
ALWAYS = "="  # before what an attribute says each time, in place of the field that holds it


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a table.

    Shapes: `path` from the table's element down, by qualified names; `repeats` is the place in the
    path of the element of which there is one for each value, or -1; `attributes` are the names of
    attributes by the field that holds them.
    """

    path: tuple[str, ...]
    name: str
    repeats: int = -1
    kind: Kind = TEXT
    attributes: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    fixed: str = ""
    beside: tuple[str, ...] = ()


class Table:
    """How one class of the model stands in the document.

    Shapes: `holds` is the class, or for reading only a function that makes it from what was read;
    `settle` may change what was read before.
    """

    def __init__(
        self, holds: Callable[..., Any], *parts: Part, settle: Settle | None = None
    ) -> None:
        self.holds = holds
        self.settle = settle
        self.parts = parts
        self.repeated = tuple({part.name for part in parts if part.repeats >= 0})
        self.steps = _steps([(part.path, part) for part in parts])
        self.empty = holds()


class Tagged(Table):
    """A class of the model that is one element: its text is one field, attributes are others."""

    def __init__(
        self, holds: Callable[..., Any], text: str, kind: Kind = TEXT, /, **attributes: str
    ) -> None:
        super().__init__(holds)
        self.text = Part((), text, kind=kind, attributes=tuple(attributes.items()))


class Names:
    """The prefixes of a syntax, and how its tables name elements."""

    def __init__(self, **prefixes: str) -> None:
        self.prefixes = prefixes
        self.shown = {address: prefix for prefix, address in prefixes.items()}

    def tag(self, name: str) -> str:
        """Return the qualified name of "cbc:ID"."""
        prefix, _colon, local = name.partition(":")
        return f"{{{self.prefixes[prefix]}}}{local}"

    def take(
        self,
        path: str,
        name: str,
        kind: Kind | Table = TEXT,
        /,
        **attributes: str,
    ) -> Part:
        """Return a part of a table: the path with a * behind what repeats, and its field."""
        steps = path.split("/")
        repeats = next((i for i, step in enumerate(steps) if step.endswith("*")), -1)
        tags = tuple(self.tag(step.rstrip("*")) for step in steps)
        if isinstance(kind, Table):
            return Part(tags, name, repeats, table=kind)
        return Part(tags, name, repeats, kind, tuple(attributes.items()))

    def fixed(self, path: str, text: str, *beside: str) -> Part:
        """Return a part that always says the same, written when one of the fields `beside` is."""
        return Part(tuple(map(self.tag, path.split("/"))), "", fixed=text, beside=beside)

    def show(self, element: Element) -> str:
        """Return an element's name as people of the trade write it."""
        name = etree.QName(element)
        prefix = self.shown.get(name.namespace or "")
        if element.getparent() is None or name.namespace is None:
            return name.localname
        return f"{prefix}:{name.localname}" if prefix else name.text


def _steps(parts: list[tuple[tuple[str, ...], Part]]) -> dict[str, Step]:
    """Return what to do at each element, groups of elements within one another included."""
    below: dict[str, list[tuple[tuple[str, ...], Part]]] = {}
    steps: dict[str, Step] = {}
    for path, part in parts:
        if len(path) == 1:
            steps[path[0]] = _step(part)
        elif path:
            below.setdefault(path[0], []).append((path[1:], part))
    for tag, inner in below.items():
        depth = len(inner[0][1].path) - len(inner[0][0]) - 1
        again = any(part.repeats == depth for _path, part in inner)
        steps[tag] = _group(tag, _steps(inner), again=again)
    return steps


def _group(tag: str, steps: dict[str, Step], *, again: bool) -> Step:
    mark = "/" + tag

    def step(reader: Reader, element: Element, values: Values) -> None:
        if not again and mark in values:
            reader.leave(element, Why.REPEATED)
        else:
            values[mark] = True
            reader.fill(element, steps, values)

    return step


def _step(part: Part) -> Step:
    if part.fixed:
        return _fixed(part.fixed)
    if isinstance(part.table, Tagged):
        return _tagged(part, part.table)
    if part.table is not None:
        return _nested(part, part.table)
    return _leaf(part)


def _fixed(text: str) -> Step:
    def step(reader: Reader, element: Element, values: Values) -> None:
        if element.text != text or len(element) or element.keys():
            reader.leave(element)

    return step


def _keep(part: Part, reader: Reader, element: Element, values: Values, value: object) -> None:
    """Put a value in its field; a second one that has no place is listed."""
    if part.repeats >= 0:
        values.setdefault(part.name, []).append(value)
    elif part.name in values:
        reader.leave(element, Why.REPEATED)
    else:
        values[part.name] = value


def _nested(part: Part, table: Table) -> Step:
    def step(reader: Reader, element: Element, values: Values) -> None:
        if part.repeats < 0 and part.name in values:
            reader.leave(element, Why.REPEATED)
        else:
            _keep(part, reader, element, values, reader.make(element, table))

    return step


def _tagged(part: Part, table: Tagged) -> Step:
    leaf = _leaf(table.text)

    def step(reader: Reader, element: Element, values: Values) -> None:
        if part.repeats < 0 and part.name in values:
            reader.leave(element, Why.REPEATED)
            return
        own: Values = {}
        leaf(reader, element, own)
        if own:
            _keep(part, reader, element, values, table.holds(**own))

    return step


def _said_by(element: Element) -> list[tuple[str, str]]:
    return cast("list[tuple[str, str]]", element.items())


def _leaf(part: Part) -> Step:
    name, repeats, is_text = part.name, part.repeats >= 0, part.kind is TEXT
    read, attributes = part.kind.read, _attributes(part)

    def step(reader: Reader, element: Element, values: Values) -> None:
        if name in values and not repeats:
            reader.leave(element, Why.REPEATED)
            return
        text = (element.text or "").strip()
        if text:
            try:
                _keep(part, reader, element, values, text if is_text else read(text))
            except (ValueError, KeyError):
                reader.list(element, "", text, Why.MALFORMED)
        if said := _said_by(element):
            attributes(reader, element, said, values)
        if len(element):
            reader.leave_children(element)

    return step


def _attributes(part: Part) -> Callable[[Reader, Element, list[tuple[str, str]], Values], None]:
    """Return how the attributes of an element are read: into their fields, or listed."""
    takes = dict(part.attributes)
    has_currency = part.kind is AMOUNT and CURRENCY not in takes

    def read(reader: Reader, element: Element, said: list[tuple[str, str]], values: Values) -> None:
        for name, text in said:
            field = takes.get(name, "")
            if has_currency and name == CURRENCY:
                why = "" if text == reader.currency else Why.CURRENCY
            elif field and not field.startswith(ALWAYS):
                why = ""
                if text.strip():
                    values[field] = text.strip()
            else:
                why = "" if field == ALWAYS + text else Why.UNKNOWN
            if why:
                reader.list(element, name, text, Why(why))

    return read


class Reader:
    """One reading of one document."""

    def __init__(self, names: Names, currency: str = "") -> None:
        self.names = names
        self.currency = currency
        self.not_understood: list[NotUnderstood] = []
        self.unlisted_count = 0

    def make(self, element: Element, table: Table, **known: object) -> Any:  # noqa: ANN401
        """Return the part of the model that an element holds, with what is known besides."""
        values: Values = dict(known)
        self.fill(element, table.steps, values)
        if table.settle is not None:
            table.settle(self, element, values)
        for name in table.repeated:
            if name in values:
                values[name] = tuple(values[name])
        return table.holds(**{name: value for name, value in values.items() if name[0] != "/"})

    def fill(self, element: Element, steps: Mapping[str, Step], values: Values) -> None:
        """Read the children of an element into the fields that they hold."""
        if element.text is not None and not element.text.isspace() and element.text:
            self.list(element, "", element.text.strip(), Why.UNKNOWN)
        for attribute, said in _said_by(element):
            self.list(element, attribute, said, Why.UNKNOWN)
        for child in element:
            step = steps.get(child.tag)
            if step is None:
                self.leave(child)
            else:
                step(self, child, values)
            if child.tail is not None and not child.tail.isspace():
                self.list(element, "", child.tail.strip(), Why.UNKNOWN)

    def leave(self, element: Element, why: Why = Why.UNKNOWN) -> None:
        """List everything that an element says, as not understood."""
        for each in element.iter(etree.Element):
            for attribute, said in _said_by(each):
                self.list(each, attribute, said, why)
            if each.text is not None and not each.text.isspace():
                self.list(each, "", each.text.strip(), why)
            if each is not element and each.tail is not None and not each.tail.isspace():
                self.list(each, "", each.tail.strip(), why)

    def leave_children(self, element: Element) -> None:
        """List what stands inside an element that should hold text only."""
        for child in element:
            self.leave(child)
            if child.tail is not None and not child.tail.isspace():
                self.list(element, "", child.tail.strip(), Why.UNKNOWN)

    def list(self, element: Element, attribute: str, value: str, why: Why) -> None:
        """List one value as not understood; where a schema is said to lie is none."""
        if not value or attribute.startswith(_XSI):
            return
        if len(self.not_understood) >= MOST_LISTED:
            self.unlisted_count += 1
            return
        above = [self.names.show(each) for each in element.iterancestors()]
        path = "/".join(["", *reversed(above), self.names.show(element)])
        if attribute:
            path += f"/@{attribute}"
        self.not_understood.append(
            NotUnderstood(path, value, cast(int, element.sourceline or 0), why)
        )

    def reading(self, invoice: Invoice) -> Reading:
        """Return an invoice with what of its document was not understood."""
        return Reading(invoice, tuple(self.not_understood), self.unlisted_count)


def write(element: Element, table: Table, thing: object, currency: str) -> None:
    """Add to an element everything that a table has a place for, in the table's order."""
    opened: dict[tuple[str, ...], Element] = {}
    for part in table.parts:
        last = len(part.path) - 1
        for value in _said(part, thing, table.empty):
            if part.repeats >= 0:
                again = part.path[: part.repeats + 1]
                opened = {path: at for path, at in opened.items() if path[: len(again)] != again}
            holder = element
            for depth, tag in enumerate(part.path):
                path = part.path[: depth + 1]
                if depth == last or path not in opened:
                    opened[path] = etree.SubElement(holder, tag)
                holder = opened[path]
            _put(holder, part, value, thing, currency)


def _said(part: Part, thing: object, empty: object) -> tuple[Any, ...]:
    """Return the values to write for a part; none when the field says nothing."""
    if part.fixed:
        return (
            (part.fixed,)
            if any(getattr(thing, n) != getattr(empty, n) for n in part.beside)
            else ()
        )
    value = getattr(thing, part.name)
    if part.repeats >= 0:
        return tuple(value)
    if part.table is not None:
        return () if value == part.table.empty else (value,)
    has_attributes = any(_attribute_said(thing, field) for _name, field in part.attributes)
    return (value,) if _is_said(value) or has_attributes else ()


def _attribute_said(thing: object, field: str) -> str:
    return "" if field.startswith(ALWAYS) else str(getattr(thing, field))


def _is_said(value: object) -> bool:
    return value is not None and value not in ("", b"")


def _put(
    element: Element,
    part: Part,
    value: object,
    thing: object,
    currency: str,
) -> None:
    if isinstance(part.table, Tagged):
        text = part.table.text
        _put(element, text, getattr(value, text.name), value, currency)
        return
    if part.table is not None:
        write(element, part.table, value, currency)
        return
    for attribute, field in part.attributes:
        said = _attribute_said(thing, field)
        if said:
            element.set(attribute, ubl.printable(said))
    if part.kind is AMOUNT and CURRENCY not in element.attrib:
        element.set(CURRENCY, currency)
    if _is_said(value):
        element.text = ubl.printable(part.kind.write(value))
