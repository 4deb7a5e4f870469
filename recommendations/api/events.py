"""API endpoint that records impressions and clicks of lists shown elsewhere."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED
from rest_framework.views import APIView

from movies.requests import member
from recommendations.feedback import listed, recorder
from recommendations.models import Event, Place
from recommendations.serving.recommend import Source
from recsite.api import examples
from recsite.api.fields import LARGEST_ID, IntegerField, ManyField, TextField
from recsite.api.permissions import MayRecord, service_of

MOST_EVENTS = 1_000
KINDS = {"impression": Event.Kind.IMPRESSION, "click": Event.Kind.CLICK}


class EventSerializer(serializers.Serializer[Any]):
    """A movie that a user was shown in a list, or clicked there."""

    kind = serializers.ChoiceField(list(KINDS))
    movie = IntegerField(min_value=1, max_value=LARGEST_ID, help_text="The movie's id.")
    user = IntegerField(required=False, min_value=1, max_value=LARGEST_ID, help_text="For services: the user's id.")
    version = TextField(
        required=False,
        max_length=60,
        allow_null=True,
        trim_whitespace=False,
        help_text="`version` of the response with the list.",
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field; the metaclass takes it away
        [source.value for source in Source], help_text="`source` of that response."
    )
    rank = IntegerField(min_value=1, max_value=32_767, help_text="The movie's `rank` in that response.")


@extend_schema_serializer(
    examples=[
        examples.request(
            {
                "events": [
                    {"kind": "click", "movie": 260, "version": "20261124-031500-42", "source": "folded_in", "rank": 1}
                ]
            }
        )
    ]
)
class EventsSerializer(serializers.Serializer[Any]):
    events = ManyField(child=EventSerializer(), min_length=1, max_length=MOST_EVENTS)


class AcceptedSerializer(serializers.Serializer[Any]):
    accepted = serializers.IntegerField()


@extend_schema(tags=["recommendations"])
class Events(APIView):
    """Impressions and clicks."""

    permission_classes = (MayRecord,)

    @extend_schema(request=EventsSerializer, responses={202: AcceptedSerializer})
    def post(self, request: Request) -> Response:
        """Record impressions and clicks: a member their own, a service with the scope `events` those of any user.

        Events of a member about movies that the API has not listed for them within a day are ignored; `accepted` counts
        the others. A user's events beyond 5,000 on one day are not stored.
        """
        body = EventsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        events = body.validated_data["events"]
        by_service = service_of(request) is not None
        if any(("user" in event) != by_service for event in events):
            raise PermissionDenied("A service must give each event a user; a member must not, and records their own.")
        if not by_service:
            movies = listed.movies(member(request).pk)
            events = [event for event in events if event["movie"] in movies]
        recorder.recorder.put([_pending(event, event.get("user", member(request).pk)) for event in events])
        return Response(AcceptedSerializer({"accepted": len(events)}).data, status=HTTP_202_ACCEPTED)


def _pending(event: dict[str, Any], user_id: int) -> recorder.PendingEvent:
    return recorder.PendingEvent(
        KINDS[event["kind"]],
        user_id,
        event["movie"],
        Place.API,
        version=event.get("version"),
        arm_id=recorder.arm_id_of(user_id),
        source=event["source"],
        position=event["rank"],
    )
