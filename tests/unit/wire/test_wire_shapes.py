"""Every kind of shape in every place where a protocol may put it, on a small model of our own.

Written from the Smithy specifications of restXml, restJson1, awsJson, awsQuery and rpcv2Cbor.
"""

import math
from datetime import UTC, datetime
from typing import Any

import cbor2
import orjson
import pytest

from penstock.errors import AwsError
from penstock.wire import Codec, ServiceModel, WireRequest, WireResponse, codec

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MILLIS = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)

BODY: dict[str, Any] = {
    "Text": {"shape": "String"},
    "Renamed": {"shape": "String", "locationName": "other"},
    "Flag": {"shape": "Boolean"},
    "Count": {"shape": "Integer"},
    "Big": {"shape": "Long"},
    "Ratio": {"shape": "Double"},
    "Data": {"shape": "Blob"},
    "At": {"shape": "Timestamp"},
    "Iso": {"shape": "IsoTimestamp"},
    "Http": {"shape": "HttpTimestamp"},
    "Unix": {"shape": "UnixTimestamp"},
    "List": {"shape": "Strings"},
    "NamedList": {"shape": "NamedStrings"},
    "FlatList": {"shape": "FlatStrings"},
    "FlatMember": {"shape": "Strings", "flattened": True},
    "Map": {"shape": "StringMap"},
    "NamedMap": {"shape": "NamedMap"},
    "FlatMap": {"shape": "FlatMap"},
    "Choice": {"shape": "Choice"},
    "Node": {"shape": "Node"},
    "Nodes": {"shape": "Nodes"},
}

SHAPES: dict[str, Any] = {
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "Integer": {"type": "integer"},
    "Long": {"type": "long"},
    "Double": {"type": "double"},
    "Blob": {"type": "blob"},
    "Stream": {"type": "blob", "streaming": True},
    "Timestamp": {"type": "timestamp"},
    "IsoTimestamp": {"type": "timestamp", "timestampFormat": "iso8601"},
    "HttpTimestamp": {"type": "timestamp", "timestampFormat": "rfc822"},
    "UnixTimestamp": {"type": "timestamp", "timestampFormat": "unixTimestamp"},
    "Strings": {"type": "list", "member": {"shape": "String"}},
    "Timestamps": {"type": "list", "member": {"shape": "Timestamp"}},
    "Integers": {"type": "list", "member": {"shape": "Integer"}},
    "NamedStrings": {"type": "list", "member": {"shape": "String", "locationName": "item"}},
    "FlatStrings": {"type": "list", "member": {"shape": "String", "locationName": "Flat"}, "flattened": True},
    "StringMap": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}},
    "NamedMap": {
        "type": "map",
        "key": {"shape": "String", "locationName": "Name"},
        "value": {"shape": "Node", "locationName": "Value"},
    },
    "FlatMap": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Integer"}, "flattened": True},
    "Choice": {
        "type": "structure",
        "union": True,
        "members": {"A": {"shape": "String"}, "B": {"shape": "Integer"}},
    },
    "Node": {
        "type": "structure",
        "members": {
            "Kind": {"shape": "String", "locationName": "xsi:type", "xmlAttribute": True},
            "Name": {"shape": "String"},
            "Below": {"shape": "Node"},
        },
        "xmlNamespace": {"prefix": "xsi", "uri": "http://www.w3.org/2001/XMLSchema-instance"},
    },
    "Nodes": {"type": "list", "member": {"shape": "Node"}},
    "Places": {
        "type": "structure",
        "required": ["Label"],
        "members": {
            "Label": {"shape": "String", "location": "uri", "locationName": "Label"},
            "Rest": {"shape": "String", "location": "uri", "locationName": "Rest"},
            "Query": {"shape": "String", "location": "querystring", "locationName": "q"},
            "QueryList": {"shape": "Integers", "location": "querystring", "locationName": "n"},
            "QueryAt": {"shape": "Timestamp", "location": "querystring", "locationName": "at"},
            "QueryRest": {"shape": "StringMap", "location": "querystring"},
            "Header": {"shape": "String", "location": "header", "locationName": "X-Text"},
            "HeaderFlag": {"shape": "Boolean", "location": "header", "locationName": "X-Flag"},
            "HeaderCount": {"shape": "Integer", "location": "header", "locationName": "X-Count"},
            "HeaderAt": {"shape": "Timestamp", "location": "header", "locationName": "X-At"},
            "HeaderIso": {"shape": "IsoTimestamp", "location": "header", "locationName": "X-Iso"},
            "HeaderUnix": {"shape": "UnixTimestamp", "location": "header", "locationName": "X-Unix"},
            "HeaderData": {"shape": "Blob", "location": "header", "locationName": "X-Data"},
            "HeaderList": {"shape": "Strings", "location": "header", "locationName": "X-List"},
            "HeaderDates": {"shape": "Timestamps", "location": "header", "locationName": "X-Dates"},
            "HeaderJson": {
                "shape": "String",
                "jsonvalue": True,
                "location": "header",
                "locationName": "X-Json",
            },
            "Modified": {"shape": "Timestamp", "location": "header", "locationName": "If-Modified-Since"},
            "Meta": {"shape": "StringMap", "location": "headers", "locationName": "x-meta-"},
            **BODY,
        },
    },
    "Answer": {
        "type": "structure",
        "members": {
            "Status": {"shape": "Integer", "location": "statusCode"},
            "Header": {"shape": "String", "location": "header", "locationName": "X-Text"},
            "HeaderAt": {"shape": "Timestamp", "location": "header", "locationName": "X-At"},
            "HeaderList": {"shape": "Strings", "location": "header", "locationName": "X-List"},
            "HeaderFlag": {"shape": "Boolean", "location": "header", "locationName": "X-Flag"},
            "HeaderJson": {
                "shape": "String",
                "jsonvalue": True,
                "location": "header",
                "locationName": "X-Json",
            },
            "Meta": {"shape": "StringMap", "location": "headers", "locationName": "x-meta-"},
            **BODY,
        },
    },
    "Plain": {"type": "structure", "members": BODY},
    "Raw": {"type": "structure", "payload": "Data", "members": {"Data": {"shape": "Blob"}}},
    "RawText": {"type": "structure", "payload": "Text", "members": {"Text": {"shape": "String"}}},
    "Streamed": {"type": "structure", "payload": "Data", "members": {"Data": {"shape": "Stream"}}},
    "Wrapped": {
        "type": "structure",
        "payload": "Node",
        "members": {
            "Node": {"shape": "Node", "locationName": "TheNode"},
            "Header": {"shape": "String", "location": "header", "locationName": "X-Text"},
        },
    },
}


def operation(name: str, uri: str, shape_in: str, shape_out: str) -> dict[str, Any]:
    return {
        "name": name,
        "http": {"method": "POST", "requestUri": uri, "responseCode": 201},
        "input": {"shape": shape_in},
        "output": {"shape": shape_out, "resultWrapper": f"{name}Result"},
    }


MODEL = ServiceModel(
    "toy",
    {
        "apiVersion": "2026-01-01",
        "protocol": "rest-json",
        "targetPrefix": "Toy",
        "jsonVersion": "1.1",
        "xmlNamespace": "https://toy/",
    },
    lambda: {
        "operations": {
            "Place": operation("Place", "/places/{Label}/{Rest+}", "Places", "Answer"),
            "Plain": operation("Plain", "/plain", "Plain", "Plain"),
            "Raw": operation("Raw", "/raw", "Raw", "Raw"),
            "RawText": operation("RawText", "/text", "RawText", "RawText"),
            "Streamed": operation("Streamed", "/stream", "Streamed", "Streamed"),
            "Wrapped": operation("Wrapped", "/wrapped", "Wrapped", "Wrapped"),
        },
        "shapes": SHAPES,
    },
)

JSON, XML, REST_JSON, QUERY, CBOR = (
    codec(MODEL, name) for name in ("json", "rest-xml", "rest-json", "query", "smithy-rpc-v2-cbor")
)

VALUES: dict[str, Any] = {
    "Text": 'a<b>&"é\r\n\t',
    "Renamed": "r",
    "Flag": False,
    "Count": -3,
    "Big": 2**53,
    "Ratio": 0.5,
    "Data": b"\x00\xff",
    "At": AT,
    "Iso": MILLIS,
    "Http": AT,
    "Unix": MILLIS,
    "List": ["a", "b"],
    "NamedList": ["a", "b"],
    "FlatList": ["a", "b"],
    "FlatMember": ["a"],
    "Map": {"k": "v", "l": ""},
    "NamedMap": {"k": {"Name": "n"}},
    "FlatMap": {"a": 1, "b": 2},
    "Choice": {"B": 7},
    "Node": {"Name": "1", "Below": {"Name": "2", "Below": {"Name": "3"}}},
    "Nodes": [{"Name": "x"}, {"Name": "y"}],
}


def parse(wire: Codec, request: WireRequest) -> dict[str, Any]:
    return wire.parse(wire.route(request), request)


def answer(wire: Codec, name: str, result: dict[str, Any] | None) -> WireResponse:
    return wire.serialize(MODEL.operations[name], result, "r-1")


def body(response: WireResponse) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


def headers(response: WireResponse) -> dict[str, str]:
    return {name.decode().lower(): value.decode("latin-1") for name, value in response.headers}


def test_json_writes_every_shape() -> None:
    expected = {name: value for name, value in VALUES.items() if name != "Renamed"} | {
        "other": "r",
        "Data": "AP8=",
        "At": 1767323045,
        "Iso": "2026-01-02T03:04:05.678Z",
        "Http": "Fri, 02 Jan 2026 03:04:05 GMT",
        "Unix": 1767323045.678,
    }
    assert orjson.loads(body(answer(JSON, "Plain", VALUES))) == expected


def test_json_reads_what_it_writes() -> None:
    written = body(answer(JSON, "Plain", VALUES))
    assert parse(JSON, WireRequest("POST", "/", "", {"x-amz-target": "Toy.Plain"}, written)) == VALUES


def test_cbor_reads_what_it_writes() -> None:
    written = body(answer(CBOR, "Plain", VALUES))
    request = WireRequest("POST", "/service/Toy/operation/Plain", "", {}, written)
    assert parse(CBOR, request) == VALUES


def test_cbor_writes_timestamps_as_tagged_seconds_and_blobs_as_bytes() -> None:
    written = body(answer(CBOR, "Plain", {"At": MILLIS, "Data": b"\x00", "Ratio": 1}))
    assert written == cbor2.dumps({"At": cbor2.CBORTag(1, 1767323045.678), "Data": b"\x00", "Ratio": 1.0})


def test_rest_xml_reads_what_it_writes() -> None:
    values = {**VALUES, "Node": {**VALUES["Node"], "Kind": "Group"}}
    written = body(answer(XML, "Plain", values))
    assert parse(XML, WireRequest("POST", "/plain", "", {}, written)) == values


def test_rest_json_reads_what_it_writes() -> None:
    written = body(answer(REST_JSON, "Plain", VALUES))
    assert parse(REST_JSON, WireRequest("POST", "/plain", "", {}, written)) == VALUES


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Text", 'a<b>&"\r\x01', "<Text>a&lt;b&gt;&amp;&quot;&#13;&#1;</Text>"),
        ("Text", "", "<Text></Text>"),
        ("Renamed", "r", "<other>r</other>"),
        ("Flag", True, "<Flag>true</Flag>"),
        ("Ratio", math.inf, "<Ratio>Infinity</Ratio>"),
        ("Data", b"\x00\xff", "<Data>AP8=</Data>"),
        ("At", AT, "<At>2026-01-02T03:04:05.000Z</At>"),
        ("Http", AT, "<Http>Fri, 02 Jan 2026 03:04:05 GMT</Http>"),
        ("Unix", AT, "<Unix>1767323045</Unix>"),
        ("List", ["a"], "<List><member>a</member></List>"),
        ("List", [], "<List></List>"),
        ("NamedList", ["a"], "<NamedList><item>a</item></NamedList>"),
        ("FlatList", ["a", "b"], "<Flat>a</Flat><Flat>b</Flat>"),
        ("FlatList", [], ""),
        ("FlatMember", ["a"], "<FlatMember>a</FlatMember>"),
        ("Map", {"k": "v"}, "<Map><entry><key>k</key><value>v</value></entry></Map>"),
        ("FlatMap", {"a": 1}, "<FlatMap><key>a</key><value>1</value></FlatMap>"),
        ("Choice", {"A": "x"}, "<Choice><A>x</A></Choice>"),
    ],
)
def test_xml_spells_each_shape(name: str, value: Any, text: str) -> None:
    written = body(answer(XML, "Plain", {name: value})).decode()
    start = '<?xml version="1.0" encoding="UTF-8"?>\n<Plain xmlns="https://toy/">'
    assert written == f"{start}{text}</Plain>"


def test_xml_attributes_are_read_whatever_their_prefix() -> None:
    text = b'<TheNode xmlns:q="http://www.w3.org/2001/XMLSchema-instance" q:type="Group"><Name>n</Name></TheNode>'
    request = WireRequest("POST", "/wrapped", "", {}, text)
    assert parse(XML, request) == {"Node": {"Kind": "Group", "Name": "n"}}


def test_xml_attributes_are_written_with_their_namespace() -> None:
    written = body(answer(XML, "Plain", {"Node": {"Kind": "a\tb", "Name": "n"}})).decode()
    namespace = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    assert f'<Node {namespace} xsi:type="a&#9;b"><Name>n</Name></Node>' in written


@pytest.mark.parametrize("namespace", ["", ' xmlns="https://toy/"', ' xmlns="x"'])
def test_xml_comes_with_or_without_a_namespace(namespace: str) -> None:
    text = f"<TheNode{namespace}> <!-- no --> <Name><![CDATA[<&>]]></Name></TheNode>".encode()
    assert parse(XML, WireRequest("POST", "/wrapped", "", {}, text)) == {"Node": {"Name": "<&>"}}


def test_members_are_read_from_uri_query_and_headers() -> None:
    request = WireRequest(
        "POST",
        "/places/a%2Fb/c//d/",
        "q=x+y%26&n=1&n=2&at=2026-01-02T03%3A04%3A05Z&unknown=u",
        {
            "x-text": "text",
            "x-flag": "True",
            "x-count": " 5",
            "x-at": "Fri, 02 Jan 2026 03:04:05 GMT",
            "x-iso": "2026-01-02T03:04:05.678Z",
            "x-unix": "1767323045",
            "x-data": "AP8=",
            "x-list": 'a, "b,c", "d\\"e"',
            "x-dates": "Fri, 02 Jan 2026 03:04:05 GMT, Fri, 02 Jan 2026 03:04:05 GMT",
            "x-json": "eyJhIjoxfQ==",
            "x-meta-a": "1",
            "x-meta-b": "2",
            "other": "ignored",
        },
    )
    assert parse(REST_JSON, request) == {
        "Label": "a/b",
        "Rest": "c//d/",
        "Query": "x y&",
        "QueryList": [1, 2],
        "QueryAt": AT,
        "QueryRest": {"unknown": "u"},
        "Header": "text",
        "HeaderFlag": True,
        "HeaderCount": 5,
        "HeaderAt": AT,
        "HeaderIso": MILLIS,
        "HeaderUnix": AT,
        "HeaderData": b"\x00\xff",
        "HeaderList": ["a", "b,c", 'd"e'],
        "HeaderDates": [AT, AT],
        "HeaderJson": {"a": 1},
        "Meta": {"a": "1", "b": "2"},
    }


def test_a_body_cannot_say_what_belongs_in_the_uri_or_a_header() -> None:
    request = WireRequest(
        "POST", "/places/a/b", "", {}, b'{"Label":"c","Header":"h","X-Text":"h","Text":"t"}'
    )
    assert parse(REST_JSON, request) == {"Label": "a", "Rest": "b", "Meta": {}, "Text": "t"}


def test_a_condition_with_no_date_in_it_is_ignored() -> None:
    request = WireRequest("POST", "/places/a/b", "", {"if-modified-since": "yesterday"})
    assert "Modified" not in parse(XML, request)


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-count", "many"), ("x-count", "2147483648"), ("x-flag", "1"), ("x-at", "now"), ("x-data", "?")],
)
def test_a_header_of_the_wrong_type_is_refused(name: str, value: str) -> None:
    request = WireRequest("POST", "/places/a/b", "", {name: value})
    with pytest.raises(AwsError) as caught:
        parse(XML, request)
    assert caught.value.code == "InvalidArgument"
    assert caught.value.fields == {"ArgumentName": name, "ArgumentValue": value}
    with pytest.raises(AwsError, match="SerializationException"):
        parse(REST_JSON, request)


def test_results_go_to_status_headers_and_body() -> None:
    result = {
        "Status": 202,
        "Header": "text",
        "HeaderAt": AT,
        "HeaderList": ["a", "b,c"],
        "HeaderFlag": True,
        "HeaderJson": {"a": 1},
        "Meta": {"k": "v"},
        "Text": "in the body",
        "Count": None,
        "Stranger": "not in the model",
    }
    response = answer(REST_JSON, "Place", result)
    assert response.status == 202
    assert body(response) == b'{"Text":"in the body"}'
    assert headers(response) == {
        "x-amzn-requestid": "r-1",
        "x-text": "text",
        "x-at": "Fri, 02 Jan 2026 03:04:05 GMT",
        "x-list": 'a, "b,c"',
        "x-flag": "true",
        "x-json": "eyJhIjoxfQ==",
        "x-meta-k": "v",
        "content-type": "application/json",
        "content-length": "22",
    }


def test_without_a_status_member_the_model_gives_the_status() -> None:
    assert answer(REST_JSON, "Place", {}).status == 201


def test_a_line_break_never_gets_into_a_header() -> None:
    response = answer(XML, "Place", {"Header": "a\r\nSet-Cookie: b", "Meta": {"k": "\x00v"}})
    assert headers(response)["x-text"] == "a  Set-Cookie: b"
    assert headers(response)["x-meta-k"] == " v"


def test_header_bytes_beyond_ascii_go_out_as_they_came_in() -> None:
    came_in = "é".encode().decode("latin-1")
    response = answer(XML, "Place", {"Header": came_in, "Meta": {"k": "日"}})
    assert (b"x-text", "é".encode()) in response.headers
    assert (b"x-meta-k", "日".encode()) in response.headers


def test_raw_payloads_pass_as_they_are() -> None:
    assert parse(REST_JSON, WireRequest("POST", "/raw", "", {}, b"\xff{")) == {"Data": b"\xff{"}
    assert parse(REST_JSON, WireRequest("POST", "/raw", "", {}, b"")) == {}
    assert parse(REST_JSON, WireRequest("POST", "/text", "", {}, "é".encode())) == {"Text": "é"}
    with pytest.raises(AwsError, match="SerializationException"):
        parse(REST_JSON, WireRequest("POST", "/text", "", {}, b"\xff"))
    assert body(answer(REST_JSON, "Raw", {"Data": b"\xff"})) == b"\xff"
    assert body(answer(REST_JSON, "RawText", {"Text": "é"})) == "é".encode()
    assert body(answer(REST_JSON, "Raw", None)) == b""


def test_a_streamed_payload_is_left_to_the_handler_and_passed_through() -> None:
    assert MODEL.operations["Streamed"].streaming_input
    assert parse(XML, WireRequest("POST", "/stream", "", {}, b"")) == {}

    async def chunks() -> Any:
        yield b"chunk"

    stream = chunks()
    response = answer(XML, "Streamed", {"Data": stream})
    assert response.body is stream
    assert "content-length" not in headers(response)
    assert headers(response)["content-type"] == "binary/octet-stream"


def test_a_structured_payload_is_the_whole_document() -> None:
    written = body(answer(XML, "Wrapped", {"Node": {"Name": "n"}}))
    assert parse(XML, WireRequest("POST", "/wrapped", "", {}, written)) == {"Node": {"Name": "n"}}
    assert parse(XML, WireRequest("POST", "/wrapped", "", {"x-text": "t"}, b"")) == {"Header": "t"}
    assert body(answer(REST_JSON, "Wrapped", {"Node": {"Name": "n"}})) == b'{"Name":"n"}'
    assert body(answer(XML, "Wrapped", {})) == b""


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b'{"Ratio":"NaN"}', "nan"),
        (b'{"Ratio":"-Infinity"}', "-inf"),
        (b'{"Ratio":3}', "3.0"),
    ],
)
def test_json_spells_what_is_not_a_finite_number(sent: bytes, read: str) -> None:
    request = WireRequest("POST", "/", "", {"x-amz-target": "Toy.Plain"}, sent)
    assert str(parse(JSON, request)["Ratio"]) == read


def test_json_leaves_out_nulls_and_strangers() -> None:
    sent = b'{"Text":null,"Nodes":[null,{"Name":null}],"Map":{"k":null},"Stranger":{"a":[1]}}'
    request = WireRequest("POST", "/", "", {"x-amz-target": "Toy.Plain"}, sent)
    assert parse(JSON, request) == {"Nodes": [{}], "Map": {}}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b'{"Text":1}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Text":["a"]}', "START_ARRAY can not be converted to a String"),
        (b'{"Count":"1"}', "STRING_VALUE can not be converted to an Integer"),
        (b'{"Count":true}', "TRUE_VALUE can not be converted to an Integer"),
        (b'{"Count":1.5}', "DECIMAL_VALUE can not be converted to an Integer"),
        (b'{"Count":2147483648}', "Number out of range for integer"),
        (b'{"Flag":"true"}', "STRING_VALUE can not be converted to a Boolean"),
        (b'{"List":{}}', "START_OBJECT found where a list was expected"),
        (b'{"Map":[]}', "START_ARRAY found where a structure or map was expected"),
        (b'{"Data":"?"}', "Invalid base64 data"),
        (b'{"At":1e300}', "Timestamp out of range"),
        (b"[]", "START_ARRAY found where a structure or map was expected"),
        (b"{", "Unable to parse the request as JSON"),
    ],
)
def test_json_of_the_wrong_type_is_a_serialization_exception(sent: bytes, message: str) -> None:
    request = WireRequest("POST", "/", "", {"x-amz-target": "Toy.Plain"}, sent)
    with pytest.raises(AwsError) as caught:
        parse(JSON, request)
    error = caught.value
    assert (error.code, error.message, error.status) == ("SerializationException", message, 400)


def test_query_reads_every_shape() -> None:
    sent = (
        b"Action=Plain&Text=a+b%2B&other=r&Flag=true&Count=3&Ratio=1e-3&Data=AP8%3D&At=2026-01-02T03:04:05Z"
        b"&Unix=1767323045.678&List.member.2=b&List.member.1=a&List.member.10=c&NamedList.item.1=a"
        b"&Flat.1=a&Flat.2=b&FlatMember.1=a&Map.entry.1.key=k&Map.entry.1.value=v"
        b"&NamedMap.entry.1.Name=k&NamedMap.entry.1.Value.Name=n&FlatMap.1.key=a&FlatMap.1.value=1"
        b"&Choice.B=7&Node.Name=1&Node.Below.Name=2&Nodes.member.1.Name=x&Nodes.member.3.Name=y&Version=v"
    )
    assert parse(QUERY, WireRequest("POST", "/", "", {}, sent)) == {
        "Text": "a b+",
        "Renamed": "r",
        "Flag": True,
        "Count": 3,
        "Ratio": 0.001,
        "Data": b"\x00\xff",
        "At": AT,
        "Unix": MILLIS,
        "List": ["a", "b", "c"],
        "NamedList": ["a"],
        "FlatList": ["a", "b"],
        "FlatMember": ["a"],
        "Map": {"k": "v"},
        "NamedMap": {"k": {"Name": "n"}},
        "FlatMap": {"a": 1},
        "Choice": {"B": 7},
        "Node": {"Name": "1", "Below": {"Name": "2"}},
        "Nodes": [{"Name": "x"}, {"Name": "y"}],
    }


def test_query_shows_an_empty_list_as_a_name_without_a_value() -> None:
    sent = b"Action=Plain&List=&FlatMember=&Map="
    assert parse(QUERY, WireRequest("POST", "/", "", {}, sent)) == {"List": [], "FlatMember": [], "Map": {}}


@pytest.mark.parametrize(
    "sent", [b"Count=x", b"Flag=maybe", b"List.member.x=1", b"Text.a=1", b"Map.entry.1.key=k"]
)
def test_query_of_the_wrong_type_is_malformed_input(sent: bytes) -> None:
    with pytest.raises(AwsError, match="MalformedInput"):
        parse(QUERY, WireRequest("POST", "/", "", {}, b"Action=Plain&" + sent))


def test_query_answers_with_result_and_metadata() -> None:
    response = answer(QUERY, "Plain", {"At": AT, "Iso": MILLIS, "List": ["a"]})
    assert headers(response)["content-type"] == "text/xml"
    assert body(response) == (
        b'<PlainResponse xmlns="https://toy/"><PlainResult><At>2026-01-02T03:04:05Z</At>'
        b"<Iso>2026-01-02T03:04:05.678Z</Iso><List><member>a</member></List></PlainResult>"
        b"<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PlainResponse>"
    )
