"""Images on which the candidate is worse: always named, shown only from a team's own host."""

from __future__ import annotations

import pytest
from hypothesis import given

from headway.errors import InputError
from headway.pull_request.report.facts import Facts, Run
from headway.pull_request.report.images import check_image_url, worse_images
from tests.pull_request.report.rendered import HOSTILE, rendered
from tests.pull_request.report.reports import make_facts
from tests.verdicts import verdict, worse_image

HOST = "https://images.example.org/test/{image_id}.jpg?size=240"


def test_images_are_named_with_their_errors(facts: Facts) -> None:
    page = rendered("\n".join(worse_images(facts)))

    assert ["night/0001", "4", "1", "2", "1", "+4"] == page.tables[0][1]
    assert "img" not in page.tags


def test_without_worse_images_there_is_no_section(run: Run) -> None:
    assert [] == list(worse_images(make_facts(run, verdict=verdict(worse_images=()))))


def test_a_teams_host_shows_the_first_ones(run: Run) -> None:
    many = tuple(worse_image(f"a/{n}") for n in range(9))
    page = rendered("\n".join(worse_images(make_facts(run, verdict=verdict(worse_images=many), image_url=HOST))))

    assert 6 == page.tags.count("img")
    assert ("src", "https://images.example.org/test/a/0.jpg?size=240") in page.attributes


@given(HOSTILE.filter(bool))
def test_an_image_id_cannot_leave_its_address(image_id: str) -> None:
    one = verdict(worse_images=(worse_image(image_id),))
    page = rendered("\n".join(worse_images(make_facts(Run(), verdict=one, image_url=HOST))))

    assert ["src", "width", "alt"] == [name for name, _ in page.attributes]
    assert str(page.attributes[0][1]).startswith("https://images.example.org/test/")
    assert "a" not in page.tags


@pytest.mark.parametrize(
    "template",
    [
        "",
        "http://x.org/{image_id}",
        "https://x.org/",
        'https://x.org/{image_id}"',
        "https://x.org/{image_id} ",
        "{image_id}",
    ],
)
def test_what_is_no_address_is_refused(template: str) -> None:
    with pytest.raises(InputError, match="is no address of images"):
        check_image_url(template)


def test_an_address_is_taken() -> None:
    assert HOST == check_image_url(HOST)
