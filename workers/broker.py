"""Celery's transport to Redis with one repair: an acknowledgement that Redis did not take frees its place all the same.

kombu 5.7.0 counts a message as in work until Redis has taken its acknowledgement. When Redis goes away just then,
Celery logs the failure, goes on, and nobody acknowledges again. Once as many are lost as the worker may hold, it never
reads the queue any more, nor notices that its connection is gone. What Redis still holds of such a message comes back
after the visibility timeout.
"""

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """What a channel has received and not yet acknowledged."""

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge. Raises what redis-py raises; the place is free either way."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        finally:
            virtual.QoS.ack(self, delivery_tag)


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    """The transport to name in `broker_transport`."""

    Channel = Channel
