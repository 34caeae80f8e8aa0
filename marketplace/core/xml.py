"""The one gate for XML: the only place in the product that parses it."""

from __future__ import annotations

from lxml import etree

from marketplace.core.errors import Invalid

LARGEST_XML_BYTES = 100_000_000


class HostileXml(Invalid):
    """The file is not XML that we are willing to read."""

    code = "xml.refused"
    title = "We cannot read this XML file."


def parse_xml(content: bytes) -> etree._Element:
    """Return the root element of a document from outside.

    Nothing is fetched, no entity is expanded and no document type declaration is accepted, so a
    file cannot make us read another or grow without bound.
    Raises: HostileXml with the line where reading stopped.
    Source: OWASP ASVS 5.0 V1.5.1 (XML external entities).
    """
    if len(content) > LARGEST_XML_BYTES:
        raise HostileXml("The file is larger than 100 MB.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise HostileXml(f"It stops being XML at line {error.lineno}: {error.msg}.") from error
    except ValueError as error:
        raise HostileXml("It is not XML.") from error
    if root.getroottree().docinfo.doctype:
        raise HostileXml(
            "It has a DOCTYPE. Remove the line that starts with <!DOCTYPE and send it again."
        )
    return root
