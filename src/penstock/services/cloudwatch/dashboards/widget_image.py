"""GetMetricWidgetImage.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricWidgetImage.html
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.cloudwatch.arns import place
from penstock.services.cloudwatch.dashboards.chart import Drawn, NoCharts, NotDrawn, draw
from penstock.services.cloudwatch.dashboards.widget import Widget, read_widget
from penstock.services.cloudwatch.errors import not_implemented, validation
from penstock.services.cloudwatch.math.labels import shown_label
from penstock.services.cloudwatch.queries.query import read_queries
from penstock.services.cloudwatch.queries.results import Asked, read_all
from penstock.services.cloudwatch.queries.shown import shown_as
from penstock.services.cloudwatch.state import CloudWatchState


@operation("GetMetricWidgetImage", action="cloudwatch:GetMetricWidgetImage")
async def get_metric_widget_image(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns the widget as a picture, PNG."""
    if (form := params.get("OutputFormat") or "png") != "png":
        if form == "image/png":
            raise not_implemented("Pictures without an answer around them (image/png) are")
        raise validation(f"The value {form} for parameter OutputFormat is not supported.")
    now_s = call.now_ms // 1000
    widget = read_widget(params["MetricWidget"], now_s)
    series = await _series(cloudwatch, call, widget, now_s)
    try:
        async with cloudwatch.drawing:
            return {"MetricWidgetImage": await draw(widget, series)}
    except NoCharts:
        text = "Pictures of widgets need matplotlib (pip install 'penstock[charts]'), and are without it"
        raise not_implemented(text) from None
    except NotDrawn:
        raise AwsError("InternalServiceError", "The widget could not be drawn.", status=500) from None


async def _series(cloudwatch: CloudWatchState, call: Call, widget: Widget, now_s: int) -> list[Drawn]:
    queries = read_queries(place(call), widget.queries, "metrics")
    asked = Asked(place(call), widget.begin_s, widget.end_s, now_s)
    values = await read_all(cloudwatch.store, queries, asked)
    found = []
    for query in queries:
        look = widget.lines[query.id]
        for _, label, series in shown_as(query, values[query.id]) if query.is_returned else ():
            name = shown_label(label, series, now_s, "")
            found.append(Drawn(name, series.points, look.color, look.is_right))
    return found
