"""The section that names the images on which the candidate is worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from headway.contracts.markdown import code, folded, table
from headway.contracts.verdict import WorseImage
from headway.errors import InputError
from headway.pull_request.report.facts import Facts
from headway.pull_request.report.figures import plural

IMAGE_ID = "{image_id}"
_SHOWN = 6
"""Pictures; the table names all."""


def worse_images(facts: Facts) -> Iterator[str]:
    """Yield the images with their errors, and pictures where the team has a host for them."""
    found = facts.verdict.worse_images
    if not found:
        return
    rows = [(code(one.image_id), *(str(number) for number in _errors(one)), f"+{_more(one)}") for one in found]
    head = ("image", "missed", "by production", "false", "by production", "more errors")
    lines = list(table(head, rows))
    if facts.image_url is not None:
        lines += ["", *_pictures(found[:_SHOWN], facts.image_url)]
    yield "### Images"
    yield ""
    yield from folded(f"{plural(len(found), 'image')} on which the candidate makes more errors", lines)


def check_image_url(template: str) -> str:
    """Return the address of images on a team's own host, `{image_id}` in it.

    Raises:
        InputError: it is no https address, or lacks the place for the image.
    """
    safe = quote(template, safe=":/?&=%{}~-._+,") == template
    if not safe or not template.startswith("https://") or template.count(IMAGE_ID) != 1:
        raise InputError(
            f"{template!r} is no address of images",
            hint=f"set HEADWAY_IMAGE_URL to something like https://images.example.org/{IMAGE_ID}.jpg, or unset it",
        )
    return template


def _errors(one: WorseImage) -> tuple[int, int, int, int]:
    return one.candidate_missed, one.champion_missed, one.candidate_false, one.champion_false


def _more(one: WorseImage) -> int:
    return one.candidate_missed + one.candidate_false - one.champion_missed - one.champion_false


def _pictures(found: Sequence[WorseImage], template: str) -> Iterator[str]:
    for number, one in enumerate(found, start=1):
        address = template.replace(IMAGE_ID, quote(one.image_id, safe="/"))
        yield f'<img src="{address}" width="240" alt="image {number} of the table">'
