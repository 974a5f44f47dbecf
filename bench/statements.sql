-- What a booking writes, as pgbench sends it: the log's head, the event, the visit and what it takes; nothing is read,
-- decided, checked for another chain or told to anybody.
\set partition random(0, 15)
BEGIN;
UPDATE bench.heads SET position = position + 1 WHERE partition = :partition;
INSERT INTO bench.events (partition, event_id, name, data, recorded_at) VALUES (:partition, gen_random_uuid(),
  'scheduling.appointment_booked.v1', jsonb_build_object('text', repeat('x', 1200)), now());
INSERT INTO bench.appointments (id, client_id, therapist_id, starts_at, ends_at, status)
  VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), now() + interval '30 minutes', 'booked');
INSERT INTO bench.claims (resource_id, starts_at, ends_at)
  SELECT gen_random_uuid(), now(), now() + interval '30 minutes' FROM generate_series(1, 3);
COMMIT;
