"""What the model publishes (docs/verdict-json.md), served as it is: `covgov.model.codec` spells it here too."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from covgov.model import codec
from covgov.model.change import Delta, Part
from covgov.model.ratio import Ratio
from covgov.model.snapshot import TestRun
from covgov.model.verdict import ExceptionLine, Finding, Row, Verdict

PART = "x-covgov-part"
"""Marks a schema of which OpenAPI shows the codec's (`parts`)."""


class WireModel(BaseModel):
    """Base of the answers: every field is always present, null where there is nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelPassthrough:
    """Makes pydantic pass a value of the model through, spelled by the codec."""

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        spelled = core_schema.plain_serializer_function_ser_schema(codec.builtins)
        return core_schema.is_instance_schema(source, serialization=spelled)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return {PART: codec.name_of(schema["cls"])}


PublishedVerdict = Annotated[Verdict, ModelPassthrough()]
PublishedException = Annotated[ExceptionLine, ModelPassthrough()]
PublishedFinding = Annotated[Finding, ModelPassthrough()]
PublishedTests = Annotated[TestRun, ModelPassthrough()]
PublishedRow = Annotated[Row, ModelPassthrough()]
Change = Annotated[Delta, ModelPassthrough()]
Figure = Annotated[Ratio, ModelPassthrough()]
Points = Annotated[Fraction, ModelPassthrough()]
Share = Annotated[Part, ModelPassthrough()]


def parts(ref: str) -> Mapping[str, object]:
    """JSON Schema of all that is `ModelPassthrough`, by name."""
    return codec.schemas([Verdict], ref)[1]


def bar(value: Decimal | None) -> str | None:
    """Decimal text as a person wrote it."""
    return None if value is None else f"{value:f}"
