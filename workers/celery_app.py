"""Celery as this project uses it: the broker carries ticks without content, so what it loses or repeats is harmless.

What is due lies in the database. No result is kept, no remote control is open, and every fault of the broker costs at
most the seconds until the next tick. A tick is acknowledged when a child takes it: whoever sends finishes its turn even
when the broker goes away meanwhile, as a turn cut short would leave leases behind, and messages in doubt.
"""

from celery import Celery

from shared.settings import Settings
from workers.broker import Transport

PREFIX = "workers:"
QUEUE = "send"
REPORT_QUEUE = "report"
"""What takes minutes is in nobody's way there."""

SEND_DUE = "workers.send_due"
ERASE_DUE = "workers.erase_due"
ESCALATE_DUE = "workers.escalate_due"
MAKE_REPORTS = "workers.make_reports"
CLOSE_PERIODS = "workers.close_periods"
RESTATE_REPORTS = "workers.restate_reports"

ERASE_SECONDS = 600.0
"""How often scheduling is asked to let go of what was kept until today."""

ESCALATE_SECONDS = 30.0
"""How often treatment is asked to escalate what nobody has acknowledged in time."""

REPORT_SECONDS = 10.0
"""How often it is looked whether somebody has asked for a report, or a period is to be closed."""

AT_ONCE = 4
"""Senders that each tick may wake; one that finds nothing to do ends at once."""

MOST_WAITING = 2 * AT_ONCE
"""No tick is added to as many that nobody has taken yet, so the broker stays empty while no worker runs."""

SHORTEST_LIFE_SECONDS = 2.0


def make_app(settings: Settings) -> Celery:
    """The Celery application, without tasks."""
    app = Celery("workers", broker=settings.redis.broker_url, set_as_current=False)
    app.conf.update(
        broker_transport=f"{Transport.__module__}:{Transport.__qualname__}",
        broker_transport_options={
            "visibility_timeout": 900,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "global_keyprefix": PREFIX,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        result_backend=None,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue=QUEUE,
        task_acks_late=False,
        task_time_limit=300,
        task_soft_time_limit=240,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=500,
        worker_max_memory_per_child=200_000,
        worker_soft_shutdown_timeout=20,
        worker_enable_soft_shutdown_on_idle=True,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        timezone="UTC",
        enable_utc=True,
        beat_schedule=ticks(settings.tick_seconds),
        beat_max_loop_interval=settings.tick_seconds,
    )
    return app


def ticks(seconds: float) -> dict[str, dict[str, object]]:
    """One entry for each sender that a tick wakes; what nobody took before the next tick is of no more use."""
    expires = max(seconds, SHORTEST_LIFE_SECONDS)
    entry = {"task": SEND_DUE, "schedule": seconds, "options": {"expires": expires}}
    erasing = {"task": ERASE_DUE, "schedule": ERASE_SECONDS, "options": {"expires": ERASE_SECONDS}}
    escalating = {"task": ESCALATE_DUE, "schedule": ESCALATE_SECONDS, "options": {"expires": ESCALATE_SECONDS}}
    apart = {"expires": REPORT_SECONDS, "queue": REPORT_QUEUE}
    reporting = {"task": MAKE_REPORTS, "schedule": REPORT_SECONDS, "options": apart}
    closing = {"task": CLOSE_PERIODS, "schedule": REPORT_SECONDS, "options": apart}
    restating = {"task": RESTATE_REPORTS, "schedule": REPORT_SECONDS, "options": apart}
    sending = {f"send-due-{number}": dict(entry) for number in range(1, AT_ONCE + 1)}
    of_reports = {"make-reports": reporting, "close-periods": closing, "restate-reports": restating}
    return sending | {"erase-due": erasing, "escalate-due": escalating} | of_reports
