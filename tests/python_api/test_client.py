"""The client against a real server."""

import socket
import threading

import pytest

import pharos
from tests.serving.world import toy, war


def test_an_item_is_written_read_found_and_deleted(client: pharos.Client):
    written = client.items.put("new/1", "Toy Trains", {"year": 2020, "genres": ["Animation"]})
    assert written["indexed"]
    assert client.items.get("new/1")["features"] == {"year": 2020, "genres": ["Animation"]}
    assert client.search("toy trains", k=1)["item_id"].tolist() == ["new/1"]
    client.items.delete("new/1")
    with pytest.raises(pharos.ServerError, match="there is no item 'new/1'") as refused:
        client.items.get("new/1")
    assert refused.value.status == 404


def test_events_are_told_and_known_the_second_time(client: pharos.Client):
    event = {"user_id": "new/user", "item_id": war(1), "type": "view", "timestamp": 1_700_000_000}
    assert client.events([event]) == {"added": 1, "known": 0}
    assert client.events([event]) == {"added": 0, "known": 1}
    assert war(1) not in client.recommend("new/user", k=50)["item_id"].tolist()
    client.request("DELETE", "/v1/users/new%2Fuser")


def test_a_reindex_is_waited_for(client: pharos.Client):
    job = client.reindex(wait=True)
    assert job["finished_at"] and not job["error"]
    assert len(client.recommend("w3", k=5)) == 5


def test_several_users_and_an_expression_for_a_history(client: pharos.Client):
    lists = client.recommend(["w3", "t5"], k=3)
    assert lists["user_id"].tolist() == ["w3"] * 3 + ["t5"] * 3
    old = client.recommend(history=[toy(1)], filter=["year<1985", "genres!=War"])
    assert set(old["item_id"]) <= {"lone", *(toy(number) for number in range(5))}


def test_what_the_server_refuses_is_said_with_what_is_allowed(client: pharos.Client):
    with pytest.raises(pharos.ServerError, match="one of the fields") as refused:
        client.recommend("w3", filter="yaer>1")
    assert refused.value.status == 422
    assert refused.value.problem["errors"][0]["field"] == "filter.yaer"


def test_an_unknown_bundle_is_refused(client: pharos.Client):
    with pytest.raises(pharos.ServerError, match="there is no bundle 'none'"):
        client.reindex("none")


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://", "http://x/?q=1"])
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(pharos.RequestError, match="allowed is an address such as"):
        pharos.Client(url)


def test_a_key_cannot_smuggle_a_header():
    with pytest.raises(pharos.RequestError, match="printable ASCII"):
        pharos.Client("http://127.0.0.1:1", key="a\r\nX: b")


def test_a_server_that_is_not_there_is_an_error_that_says_so():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(pharos.ServerError, match=f"no answer from 127.0.0.1:{port}") as refused:
        pharos.Client(f"http://127.0.0.1:{port}").search("x")
    assert refused.value.status == 0


def _answer_once(content: bytes) -> tuple[str, list[bytes]]:
    """The address of something that answers one request with these bytes, and what it was sent."""
    listening, heard = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def answer() -> None:
        with listening, listening.accept()[0] as connection:
            heard.append(connection.recv(65536))
            connection.sendall(content)

    threading.Thread(target=answer, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}", heard


def test_the_key_is_sent_and_no_redirect_carries_it_elsewhere():
    url, heard = _answer_once(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(pharos.ServerError, match="302: Found"):
        pharos.Client(url, key="secret").search("x")
    assert b"Authorization: Bearer secret" in heard[0]


def test_an_answer_of_something_else_is_no_trace():
    url, _ = _answer_once(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    with pytest.raises(pharos.ServerError, match="is this a Pharos server"):
        pharos.Client(url).search("x")


def test_all_is_read_page_by_page(client: pharos.Client):
    assert len(list(client.items.all())) == 41
    assert {item["item_id"] for item in client.items.all(filter="genres=War")} == {war(number) for number in range(20)}
    users = list(client.users.all())
    assert sum(user["events"] for user in users) == len(list(client.all_events())) > 200


def test_one_event_is_deleted_and_a_visitor_is_merged(client: pharos.Client):
    client.events([{"user_id": "new/visitor", "item_id": war(number), "type": "view"} for number in (1, 2)])
    first, second = client.users.events("new/visitor")
    client.users.delete_event("new/visitor", first["event_id"])
    assert client.users.merge("new/visitor", "new/user")["moved"] == 1
    assert [event["item_id"] for event in client.users.export("new/user")["events"]] == [second["item_id"]]
    client.request("DELETE", "/v1/users/new%2Fuser")
