"""imagehash: perceptual hashes of images."""

from __future__ import annotations

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def hash_image(grey: NDArray[np.uint8]) -> int:
    """Return the 64-bit DCT hash of grey (height, width) pixels: low frequencies above their median.

    Copies that were resized, re-encoded or made brighter differ in a few bits, other images in about half of them.
    """
    bits = np.packbits(imagehash.phash(Image.fromarray(grey)).hash)
    return int.from_bytes(bits.tobytes())
