"""Celery's transport as the workers use it: what a broker that goes away leaves behind in the worker."""

import pytest
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.message import Message
from kombu.messaging import Consumer, Producer
from redis.exceptions import ConnectionError as Away

from tests.support.servers import PrivateRedis
from workers.broker import Transport

TICKS = Queue("ticks")


def test_an_acknowledgement_that_the_broker_did_not_take_frees_its_place(private_redis: PrivateRedis) -> None:
    assert private_redis.server is not None
    with Connection(private_redis.server.database(1), transport=Transport) as connection:
        received: list[Message] = []
        channel = connection.channel()
        Producer(channel, routing_key=TICKS.name).publish({}, declare=[TICKS])
        with Consumer(channel, [TICKS], on_message=received.append, prefetch_count=1):
            connection.drain_events(timeout=10)
            assert not channel.qos.can_consume()
            private_redis.kill()
            with pytest.raises(Away):
                received[0].ack()
            assert channel.qos.can_consume()
            private_redis.start()
