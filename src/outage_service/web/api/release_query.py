"""Forms for the time of an outage, filled in: open to everybody, and nothing of them is kept."""

from fastapi import APIRouter
from starlette.responses import Response

from outage_service.services.release_query import ReleaseQueryBody, is_doubtful_id, print_release_query
from outage_service.web.docs import Responses, problems
from outage_service.web.json_body import StrictRoute
from outage_service.web.security import PUBLIC
from outage_service.web.state import StateOfApp

router = APIRouter(prefix="/v1/forms", tags=["forms"], dependencies=[PUBLIC], route_class=StrictRoute)

PDF = "application/pdf"
RELEASE_QUERY_FILE = {"Content-Disposition": 'attachment; filename="release-query.pdf"'}
DOUBTFUL_ID = "client-id-check-digit"
_PDF_SHOWN: Responses = {
    200: {
        "description": "The form, whose every barcode was read back.",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            "Outage-Warning": {
                "description": f"`{DOUBTFUL_ID}`: the client's BN15 fails its check digit. Look at it again.",
                "schema": {"type": "string"},
            }
        },
    }
}


@router.post(
    "/release-query",
    operation_id="print_release_query",
    response_class=Response,
    responses=_PDF_SHOWN | problems(400, 413, 415, 422, 501),
)
async def post_release_query(body: ReleaseQueryBody, state: StateOfApp) -> Response:
    """Makes a Multiple Import Shipment Release Query form, with a barcode for each number (R91–R99).

    The barcode of a transaction number encodes its 14 digits, the text shows a hyphen. Each wrong line is
    named in `errors` by `line`, `value` and `reason`: `blank`, `inner_space`, `wrong_length`,
    `not_a_number` or `duplicate`.
    """
    query = body.query()
    made = await state.press.run(lambda: print_release_query(query))
    headers = RELEASE_QUERY_FILE | {"Content-Language": f"{query.language}-CA"}
    if is_doubtful_id(query.client_id):
        headers["Outage-Warning"] = DOUBTFUL_ID
    return Response(made, media_type=PDF, headers=headers)
