"""How `assay serve` ends while somebody waits for it: who was promised an answer gets it, who asks whether it
is ready hears that it is not."""
import threading

import pytest

from lib.patience import PATIENCE_S

LOCKS = {"sqlite": "DELETE FROM webhook_receipts", "postgres": "LOCK TABLE models IN EXCLUSIVE MODE"}


class Asking(threading.Thread):
    """One request, and in the end its reply."""

    def __init__(self, daemon, *args, **how):
        super().__init__()
        self.daemon_, self.args, self.how, self.reply = daemon, args, how, None
        self.start()

    def run(self):
        self.reply = self.daemon_.ask(*self.args, **self.how)

    def said(self):
        self.join(PATIENCE_S)
        return self.reply


def all_have_begun(service):
    """What was sent before has been handed to the store: one thread reads requests, one queue leads onwards."""
    for _ in range(3):
        service.get("/admin/jobs", key=True)


def begin_to_stop(service):
    service.process.terminate()
    service.until(lambda: service.said("stopping"))


@pytest.fixture
def edited(desk, serve):
    desk.sync()
    return serve(desk, ASSAY_HTTP_THREADS=1).wait_ready()


@pytest.mark.stores("sqlite", "postgres")
def test_an_edit_that_waits_for_the_database_is_answered(desk, edited):
    """The service is told to stop while somebody else has the tables: it ends when the answer is out."""
    model, = edited.get("/models?limit=1")
    with desk.database.changed() as db:
        db.execute(LOCKS[desk.database.kind])
        edit = Asking(edited, f"/admin/models/{model['id']}", "PATCH", body={"description": "late"}, key=True)
        all_have_begun(edited)
        begin_to_stop(edited)
        edit.join(0.5)  # long enough for a service that does not care to be gone
        assert edit.is_alive() and edited.process.poll() is None
    assert edit.said().status == 200, edit.reply
    assert edit.reply.json()["description"] == "late"
    assert edited.process.wait(PATIENCE_S) == 0
    assert desk.database.one("SELECT description FROM models WHERE id = ?", model["id"]) == "late"


def test_a_service_that_stops_is_not_ready(start_assay, gate, serve):
    """A balancer is to send nobody there any more, and nobody is to restart it either."""
    service = serve(start_assay(gate)).wait_ready()
    job = service.ask("/admin/model-sync/provider/openrouter?async=true", "POST", key=True).headers["Location"]
    service.until(lambda: service.get(job, key=True)["progress"]["running"])
    begin_to_stop(service)
    reply = service.ask("/readyz")
    assert (reply.status, reply.json()) == (503, {"detail": "the service is stopping"})
    assert service.get("/healthz") == {"status": "ok"}
    gate.opened.set()
    assert service.process.wait(PATIENCE_S) == 0
