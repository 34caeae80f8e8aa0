"""Settings of Celery. The broker is only a doorbell, so nothing here makes it more than that."""

from __future__ import annotations

import os

from celery.schedules import crontab

broker_url = os.environ.get("BROKER_URL", "memory://")
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # a worker waits for its broker for as long as it takes
broker_connection_timeout = 2
broker_transport_options = (
    {"visibility_timeout": 600, "socket_timeout": 5, "socket_connect_timeout": 2}
    if broker_url.startswith(("redis", "socket"))
    else {"confirm_publish": True}
    if broker_url.startswith("amqp")
    else {}
)
task_default_queue = "marketplace"
task_default_queue_type = "quorum" if broker_url.startswith("amqp") else "classic"
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
task_time_limit = 900
worker_prefetch_multiplier = 1
worker_cancel_long_running_tasks_on_connection_loss = True
worker_hijack_root_logger = False
timezone = "Europe/London"
beat_schedule = {
    "sweep": {"task": "jobs.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "keep_house": {"task": "config.keep_house", "schedule": crontab(hour="3", minute="17")},
}
