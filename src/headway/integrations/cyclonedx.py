"""CycloneDX: checks a bill of materials against the published JSON schema."""

from __future__ import annotations

from cyclonedx.schema import SchemaVersion
from cyclonedx.spdx import is_supported_id
from cyclonedx.validation.json import JsonStrictValidator


def check_bom(text: str) -> list[str]:
    """Return what is wrong with a CycloneDX 1.6 document in JSON; empty when nothing is."""
    try:
        errors = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True)
    except ValueError as error:
        return [f"no JSON: {error}"]
    return [_sentence(error.data) for error in errors or ()]


def is_spdx_id(text: str) -> bool:
    """Tell whether `text` is a licence identifier of the SPDX list."""
    return bool(is_supported_id(text))


def _sentence(error: object) -> str:
    path = "/".join(str(part) for part in getattr(error, "absolute_path", ()))
    return f"{path or 'document'}: {getattr(error, 'message', error)}"
