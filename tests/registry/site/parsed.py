"""A page as a parser sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Tag:
    """One start tag, the text inside it, and whether it is behind a fold."""

    name: str
    attributes: dict[str, str | None]
    folded: bool
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def said(self) -> str:
        """The text with one space between its pieces."""
        return " ".join(" ".join(self.pieces).split())

    @property
    def classes(self) -> list[str]:
        return (self.attributes.get("class") or "").split()


@dataclass
class Page(HTMLParser):
    """All start tags of a page in their order, and its text."""

    source: str
    tags: list[Tag] = field(default_factory=list)
    _open: list[Tag] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute stands twice in {tag}"
        self.tags.append(Tag(tag, dict(attrs), any(one.name == "details" for one in self._open)))
        if tag not in {"meta", "img", "br", "hr"}:
            self._open.append(self.tags[-1])

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._open.pop().name

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            tag.pieces.append(data)

    @property
    def text(self) -> str:
        return self.tags[0].text

    def all(self, name: str, class_: str | None = None) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name and (class_ is None or class_ in tag.classes)]

    def values(self, attribute: str) -> list[str]:
        return [value for tag in self.tags if (value := tag.attributes.get(attribute)) is not None]
