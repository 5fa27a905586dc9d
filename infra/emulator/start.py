"""Starts the emulator, with what its function URLs leave out.

AWS hands a function the cookies of a request as the list `cookies` of the event; the emulator only as a header:
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""

from ministack import app
from ministack.services import lambda_svc

build_event = lambda_svc._build_function_url_event


def build_event_with_cookies(*arguments, **named) -> dict:
    event = build_event(*arguments, **named)
    if cookies := event["headers"].pop("cookie", None):
        event["cookies"] = cookies.split("; ")
    return event


lambda_svc._build_function_url_event = build_event_with_cookies
app.main()
