"""Field types of the practice side's requests. The core normalizes each value."""

from typing import Annotated

from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=80, examples=["Ada"])]
FamilyName = Annotated[str, Meta(min_length=1, max_length=80, examples=["Lovelace"])]
FullName = Annotated[str, Meta(min_length=1, max_length=120, examples=["Dr. Ruth Byrne"])]
Pronouns = Annotated[str, Meta(min_length=1, max_length=40, examples=["she/her"])]
Address = Annotated[str, Meta(min_length=1, max_length=400, examples=["12 Elm Street\nAlbany, NY 12207"])]
Language = Annotated[str, Meta(min_length=2, max_length=35, pattern=r"^\s*[A-Za-z0-9\-]+\s*$", examples=["en"])]
State = Annotated[str, Meta(min_length=2, max_length=8, pattern=r"^\s*[A-Za-z]{2}\s*$", examples=["NY"])]
ExternalId = Annotated[str, Meta(min_length=1, max_length=100, examples=["ehr-1001"])]
"""The EHR's id of the record."""

Npi = Annotated[str, Meta(min_length=1, max_length=20, examples=["1234567893"])]
"""A National Provider Identifier; the core validates its check digit."""

Url = Annotated[str, Meta(min_length=1, max_length=500, examples=["https://id.example.org"])]
