"""The `scene` section of data/shelves.yaml: what the embedded scene generator draws."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from headway.contracts.params.document import Section

ProductKind = Literal["bottle", "can", "carton", "jar", "bag", "box"]
PRODUCT_KINDS: tuple[ProductKind, ...] = get_args(ProductKind)
NEW_PRODUCT = "jug"
"""The product of `drift.new_product`, and its class name where it is labelled."""

Count = Annotated[int, Field(ge=0, le=9999)]
Side = Annotated[int, Field(ge=96, le=1280)]


class ImageCounts(Section):
    """Images of each split. More images leave the earlier ones as they were."""

    train: Count = 200
    val: Count = 48
    test: Count = 64

    @model_validator(mode="after")
    def _some(self) -> ImageCounts:
        if not self.train + self.val + self.test:
            raise ValueError("train, val and test are all 0: there is nothing to draw")
        return self


class SceneDrift(Section):
    """How the world differs from the one that a model was trained on. The defaults change nothing."""

    brightness: Annotated[float, Field(ge=0.1, le=3.0)] = 1.0
    """Factor on the light: 0.5 is a dim aisle, 1.5 a sunlit one."""
    warmth: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.0
    """Colour cast: 1 is candle light, -1 a blue lamp."""
    blur_px: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0
    """Further camera blur: standard deviation in pixels of the image."""
    new_product: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Share of shelf places that a product takes which `products` cannot name, a jug."""
    label_new_product: bool = False
    """Label the jug, as a class of its own after `products`; otherwise it stands there unlabelled."""
    density: Annotated[float, Field(ge=0.5, le=4.0)] = 1.0
    """Products for a picture's area, as a factor: above 1 they are smaller and stand closer, with fewer holes."""

    @model_validator(mode="after")
    def _label_what_is_there(self) -> SceneDrift:
        if self.label_new_product and not self.new_product:
            raise ValueError("label_new_product is true but new_product is 0: no jug would ever be drawn")
        return self


class SceneSpec(Section):
    """One data set of shelf pictures: equal specs give equal image files."""

    seed: Annotated[int, Field(ge=0)] = 7
    """Another seed gives other pictures of the same kind."""
    images: ImageCounts = ImageCounts()
    size: Annotated[list[Side], Field(min_length=2, max_length=2)] = [320, 240]
    """Width and height in pixels; the longer side is at most twice the shorter."""
    views: Annotated[int, Field(ge=1, le=16)] = 1
    """Pictures taken of each scene, from different places; they form one group."""
    products: Annotated[list[ProductKind], Field(min_length=1)] = list(PRODUCT_KINDS)
    """Products on the shelves, and the classes in the order of their ids."""
    drift: SceneDrift = SceneDrift()

    @field_validator("size")
    @classmethod
    def _not_a_ribbon(cls, size: list[int]) -> list[int]:
        if max(size) > 2 * min(size):
            raise ValueError(f"the longer side may be at most twice the shorter, not {size[0]} x {size[1]}")
        return size

    @field_validator("products")
    @classmethod
    def _each_once(cls, products: list[ProductKind]) -> list[ProductKind]:
        repeated = sorted({name for name in products if products.count(name) > 1})
        if repeated:
            raise ValueError(f"{', '.join(repeated)} given more than once")
        return products

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of their ids."""
        return (*self.products, NEW_PRODUCT) if self.drift.label_new_product else tuple(self.products)
