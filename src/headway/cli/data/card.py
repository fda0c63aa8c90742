"""`headway data card`: the prepared data as a page with pictures."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.contracts.atomic import write_bytes, write_text
from headway.contracts.dataset import read_about, read_dataset, read_problems
from headway.contracts.layout import DATA_CARD, PREPARED
from headway.data.card import CARD, card_markdown, card_values, draw_pictures, gather_facts


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=DATA_CARD, help="Folder of the card.")
@click.option("--json", "as_json", is_flag=True, help="Print the card's facts as JSON.")
def card(out: Path, as_json: bool) -> None:
    """Write the data set card of data/prepared: samples, splits, classes, boxes, problems, licence and origin.

    Files of other names in the folder are left alone.
    """
    facts = gather_facts(read_dataset(PREPARED), read_problems(PREPARED), read_about(PREPARED))
    from headway.integrations import matplotlib
    from headway.integrations.pillow.drawing import encode_image
    from headway.integrations.pillow.reading import read_image
    from headway.integrations.pillow.samples import draw_samples

    pictures = draw_pictures(facts, plotter=matplotlib, read_image=read_image, draw=draw_samples, encode=encode_image)
    for name, content in pictures:
        write_bytes(out / name, content)
    write_text(out / CARD, card_markdown(facts))
    click.echo(json.dumps({**card_values(facts), "card": str(out / CARD)}) if as_json else str(out / CARD))
