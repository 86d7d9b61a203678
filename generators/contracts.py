"""The data contracts, version 2.0.0: what a sale, a click and a startup hold.

Everything else (column lists, table schemas, the rows that are made) derives from the three models here.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

SCHEMA_VERSION = "2.0.0"

Status = Literal["completed", "pending", "refunded", "cancelled"]
Currency = Literal["EUR", "USD", "GBP"]
PaymentMethod = Literal["card", "paypal", "bank_transfer", "gift_card", "unknown"]
Channel = Literal["web", "app", "store", "marketplace", "unknown"]
EventType = Literal["page_view", "product_view", "add_to_cart", "checkout", "purchase"]
DeviceType = Literal["mobile", "desktop", "tablet"]
FundingStage = Literal["pre_seed", "seed", "series_a", "series_b", "series_c", "public"]
ValuationBucket = Literal["under_1m", "1m_10m", "10m_100m", "100m_1b", "over_1b"]

STATUSES: tuple[str, ...] = get_args(Status)
CURRENCIES: tuple[str, ...] = get_args(Currency)


def _is_iso_timestamp(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("an ISO-8601 timestamp with its offset from UTC is expected")
    return text


IsoTimestamp = Annotated[str, AfterValidator(_is_iso_timestamp)]


class Record(BaseModel):
    """A row of one of the contracts: frozen, and refusing fields that the contract does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SalesDocument(Record):
    """A Firestore document of the collection winter_sales; its document id is sale_id."""

    sale_id: str = Field(min_length=1, description="Identifier of the sale, and of its document")
    customer_id: str = Field(min_length=1, description="Who bought, as the shop knows them")
    sale_timestamp: AwareDatetime | IsoTimestamp = Field(
        description="When, in UTC: an ISO-8601 string; older documents hold a native timestamp"
    )
    product_id: str = Field(description="What was bought")
    product_category: str = Field(description="The category the product stands in")
    quantity: int = Field(ge=1, description="Pieces")
    unit_price: float = Field(ge=0, description="Price of one piece, in the sale's currency")
    total_amount: float = Field(ge=0, description="quantity * unit_price, rounded to cents")
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217 code; the generators use EUR, USD, GBP")
    status: Status = Field(description="completed, pending, refunded or cancelled; only completed is revenue")
    payment_method: PaymentMethod = Field(description="card, paypal, bank_transfer, gift_card or unknown")
    channel: Channel = Field(description="web, app, store, marketplace or unknown")
    contact_email_hashed: str | None = Field(description="SHA-256 of the address, in hexadecimal")
    credit_card_last4: str | None = Field(pattern="^[0-9]{4}$", description="Only when paid by card")
    schema_version: str = Field(default=SCHEMA_VERSION, description="Version of this contract")


class ClickEvent(Record):
    """A line of gs://BUCKET/clickstream/load_date=D/*.jsonl."""

    event_id: str = Field(min_length=1, description="Identifier of the event")
    session_id: str = Field(min_length=1, description="Events of one visit share it")
    customer_id: str | None = Field(description="Null when the visitor is anonymous")
    event_timestamp: AwareDatetime = Field(description="When, in UTC")
    event_type: EventType = Field(description="page_view, product_view, add_to_cart, checkout or purchase")
    page_url: str = Field(description="The page that was seen")
    referrer_domain: str | None = Field(description="Where the visit came from; null when typed in")
    device_type_category: DeviceType = Field(description="mobile, desktop or tablet")
    is_bounce: bool = Field(description="True when the visit has this one event")
    load_timestamp: AwareDatetime = Field(description="When the event was loaded, in UTC")
    schema_version: str = Field(default=SCHEMA_VERSION, description="Version of this contract")


class StartupRecord(Record):
    """A line of gs://BUCKET/startups/load_date=D/*.jsonl: a startup as it stood on that Monday."""

    startup_id: str = Field(min_length=1, description="Identifier of the startup")
    name: str = Field(description="Its name")
    sector: str = Field(description="Its line of business")
    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166 code")
    founded_date: date = Field(description="When it was founded")
    funding_stage: FundingStage = Field(description="pre_seed, seed, series_a, series_b, series_c or public")
    funding_stage_score: int = Field(ge=0, le=5, description="The stage as a number, 0 for pre_seed")
    valuation_usd: int = Field(ge=0, description="Valuation in US dollars")
    valuation_bucket: ValuationBucket = Field(description="The valuation's order of magnitude")
    contact_email_cleaned: str | None = Field(description="SHA-256 of the lower-cased address, hexadecimal")
    is_active: bool = Field(description="False once it has closed")
    updated_at: AwareDatetime = Field(description="When anything here last changed, in UTC")
    schema_version: str = Field(default=SCHEMA_VERSION, description="Version of this contract")


@dataclass(frozen=True)
class FieldSpec:
    """A column of a contract, with its BigQuery type."""

    name: str
    type: Literal["STRING", "INT64", "FLOAT64", "BOOL", "DATE", "TIMESTAMP"]
    nullable: bool
    description: str


def _bigquery_type(annotation: Any) -> Literal["STRING", "INT64", "FLOAT64", "BOOL", "DATE", "TIMESTAMP"]:
    parts = {annotation, *get_args(annotation)}
    if parts & {AwareDatetime, datetime}:
        return "TIMESTAMP"
    if date in parts:
        return "DATE"
    if bool in parts:
        return "BOOL"
    if int in parts:
        return "INT64"
    return "FLOAT64" if float in parts else "STRING"


def fields_of(model: type[Record]) -> tuple[FieldSpec, ...]:
    """Return a contract's columns in their order."""
    return tuple(
        FieldSpec(
            name,
            _bigquery_type(info.annotation),
            type(None) in get_args(info.annotation),
            info.description or "",
        )
        for name, info in model.model_fields.items()
    )


SALES_FIELDS = fields_of(SalesDocument)
CLICKSTREAM_FIELDS = fields_of(ClickEvent)
STARTUP_FIELDS = fields_of(StartupRecord)
