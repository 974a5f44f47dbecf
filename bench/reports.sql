-- The numbers of all therapists of a chain for one period, as somebody would ask for them by one statement: counts,
-- shares and medians. Kaplan-Meier, intervals, case mix, kappa, the chain's and clinics' reports and the series of
-- the figures are not in it, and hours of a rota are taken as they are written, on one clock.
WITH RECURSIVE link AS (
  SELECT DISTINCT ON (client_id) client_id, into_id FROM report_aliases
  WHERE chain_id = :chain_id AND position <= :scheduling ORDER BY client_id, position DESC
), way AS (
  SELECT client_id, into_id AS person_id FROM link WHERE into_id IS NOT NULL
  UNION ALL
  SELECT way.client_id, link.into_id FROM way JOIN link ON link.client_id = way.person_id
  WHERE link.into_id IS NOT NULL
), alias AS (
  SELECT client_id, person_id FROM way
  WHERE NOT EXISTS (SELECT FROM link WHERE link.client_id = way.person_id AND link.into_id IS NOT NULL)
), gone AS (
  SELECT coalesce(alias.person_id, client_id) AS person_id FROM report_erasures LEFT JOIN alias USING (client_id)
  WHERE chain_id = :chain_id AND position <= :scheduling AND happened_at < :shown_at
), place AS (
  SELECT DISTINCT ON (appointment_id) appointment_id, client_id, therapist_id, clinic_id, starts_at, ends_at
  FROM report_visit_places WHERE chain_id = :chain_id AND position <= :scheduling
  ORDER BY appointment_id, position DESC
), made AS (
  SELECT appointment_id, made_at FROM report_visit_places
  WHERE chain_id = :chain_id AND position <= :scheduling AND made_at IS NOT NULL
), state AS (
  SELECT DISTINCT ON (appointment_id) appointment_id, status, initiator, notice_minutes, actual_starts_at,
    actual_ends_at
  FROM report_visit_states WHERE chain_id = :chain_id AND position <= :scheduling
  ORDER BY appointment_id, position DESC
), visit AS MATERIALIZED (
  SELECT place.*, made_at, status, initiator, notice_minutes, actual_starts_at, actual_ends_at,
    coalesce(alias.person_id, place.client_id) AS person_id, status IN ('arrived', 'fulfilled') AS attended,
    CASE status WHEN 'cancelled' THEN coalesce(starts_at - make_interval(mins => notice_minutes), '-infinity') END
      AS cancelled_at
  FROM place JOIN made USING (appointment_id) JOIN state USING (appointment_id) LEFT JOIN alias USING (client_id)
), before AS (
  SELECT appointment_id, lag(starts_at) OVER everywhere AS at_chain, lag(starts_at) OVER there AS at_clinic,
    lag(starts_at) OVER with_them AS with_therapist
  FROM visit WHERE attended
  WINDOW everywhere AS (PARTITION BY person_id ORDER BY starts_at, appointment_id),
    there AS (PARTITION BY person_id, clinic_id ORDER BY starts_at, appointment_id),
    with_them AS (PARTITION BY person_id, therapist_id ORDER BY starts_at, appointment_id)
), rebooked AS (
  SELECT DISTINCT visit.appointment_id
  FROM visit JOIN visit AS later ON later.person_id = visit.person_id AND later.starts_at > visit.starts_at
    AND later.made_at <= visit.ends_at + interval '72 hours'
    AND (later.cancelled_at IS NULL OR later.cancelled_at > visit.ends_at + interval '72 hours')
  WHERE visit.attended AND visit.starts_at >= :starts_at AND visit.starts_at < :ends_at
), here AS (
  SELECT visit.*, at_chain, at_clinic, with_therapist, rebooked.appointment_id IS NOT NULL AS rebooked
  FROM visit LEFT JOIN before USING (appointment_id) LEFT JOIN rebooked USING (appointment_id)
  WHERE visit.starts_at >= :starts_at AND visit.starts_at < :ends_at
), of_visits AS (
  SELECT therapist_id, count(*) FILTER (WHERE attended) AS attended, count(*) FILTER (WHERE status = 'booked') AS open,
    count(*) FILTER (WHERE status = 'noshow') AS missed, count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE status = 'cancelled' AND initiator = 'client') AS by_client,
    count(*) FILTER (WHERE status = 'cancelled' AND initiator = 'client' AND notice_minutes < 1440) AS late_by_client,
    count(*) FILTER (WHERE status = 'cancelled' AND initiator <> 'client') AS by_clinic,
    count(*) FILTER (WHERE status = 'cancelled' AND initiator <> 'client' AND notice_minutes < 1440) AS late_by_clinic,
    count(*) FILTER (WHERE attended AND rebooked) AS rebooked,
    sum(least(ends_at - starts_at, coalesce(actual_ends_at - actual_starts_at, ends_at - starts_at)))
      FILTER (WHERE attended) AS worked
  FROM here GROUP BY therapist_id
), first AS (
  SELECT DISTINCT ON (therapist_id, person_id) * FROM here WHERE attended
  ORDER BY therapist_id, person_id, starts_at, appointment_id
), of_clients AS (
  SELECT therapist_id, count(*) AS clients, count(*) FILTER (WHERE at_chain IS NULL) AS new_to_chain,
    count(*) FILTER (WHERE starts_at - at_chain <= interval '365 days') AS returning_to_chain,
    count(*) FILTER (WHERE at_clinic IS NULL) AS new_to_clinic,
    count(*) FILTER (WHERE starts_at - at_clinic <= interval '365 days') AS returning_to_clinic,
    count(*) FILTER (WHERE with_therapist IS NULL) AS new_to_therapist,
    count(*) FILTER (WHERE starts_at - with_therapist <= interval '365 days') AS returning_to_therapist
  FROM first GROUP BY therapist_id
), presence AS (
  SELECT person_id, max(starts_at) FILTER (WHERE attended AND starts_at < :shown_at) AS seen_at,
    coalesce(bool_or(starts_at >= :shown_at AND made_at < :shown_at
      AND (cancelled_at IS NULL OR cancelled_at >= :shown_at)), false) AS expected
  FROM visit GROUP BY person_id
), rota AS (
  SELECT DISTINCT ON (key) content FROM report_calendar
  WHERE chain_id = :chain_id AND position <= :scheduling AND kind = 'rota' ORDER BY key, position DESC
), shift AS (
  SELECT (content ->> 'therapist_id')::uuid AS therapist_id,
    tstzrange(day + (entry ->> 'starts')::interval, day + (entry ->> 'ends')::interval) AS during
  FROM rota, jsonb_array_elements(content -> 'entries') AS entry,
    generate_series(CAST(:starts_at AS timestamptz), CAST(:ends_at AS timestamptz) - interval '1 day', '1 day') AS day
  WHERE lower(to_char(day, 'Dy')) = entry ->> 'weekday' AND day >= (entry ->> 'valid_from')::date
    AND (entry ->> 'valid_to' IS NULL OR day <= (entry ->> 'valid_to')::date)
), off AS (
  SELECT (content ->> 'therapist_id')::uuid AS therapist_id,
    range_agg(tstzrange((content ->> 'starts_at')::timestamptz, (content ->> 'ends_at')::timestamptz)) AS away
  FROM (
    SELECT DISTINCT ON (key) content FROM report_calendar
    WHERE chain_id = :chain_id AND position <= :scheduling AND kind = 'time_off' ORDER BY key, position DESC
  ) AS latest WHERE content IS NOT NULL GROUP BY 1
), of_rota AS (
  SELECT therapist_id, sum(upper(span) - lower(span)) AS available
  FROM (SELECT therapist_id, range_agg(during) AS works FROM shift GROUP BY therapist_id) AS working
    LEFT JOIN off USING (therapist_id), unnest(works - coalesce(away, '{}')) AS span
  GROUP BY therapist_id
), session AS MATERIALIZED (
  SELECT session_id, coalesce((array_agg(person_id))[1], (array_agg(client_id))[1]) AS person_id,
    (array_agg(therapist_id) FILTER (WHERE step = 'started'))[1] AS therapist_id,
    (array_agg(episode_id ORDER BY position DESC) FILTER (WHERE step IN ('started', 'linked')))[1] AS episode_id,
    min(happened_at) FILTER (WHERE step = 'started') AS started_at,
    min(happened_at) FILTER (WHERE step = 'signed') AS signed_at,
    count(*) FILTER (WHERE step = 'addendum' AND happened_at >= :starts_at AND happened_at < :ends_at) AS addenda
  FROM report_session_steps LEFT JOIN alias USING (client_id) WHERE chain_id = :chain_id AND position <= :treatment
  GROUP BY session_id HAVING NOT bool_or(step = 'in_error') AND bool_or(step = 'started')
), of_notes AS (
  SELECT therapist_id,
    count(*) FILTER (WHERE started_at < :shown_at - interval '48 hours' AND (signed_at IS NULL OR signed_at >= :shown_at))
      AS unsigned,
    sum(addenda) AS addenda, count(*) FILTER (WHERE signed_at >= :starts_at AND signed_at < :shown_at) AS signed,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY extract(epoch FROM signed_at - started_at))
      FILTER (WHERE signed_at >= :starts_at AND signed_at < :shown_at) AS to_sign
  FROM session GROUP BY therapist_id
), entry AS MATERIALIZED (
  SELECT * FROM (
    SELECT DISTINCT ON (session_id, entry_id) session.therapist_id, session.episode_id, session.started_at, fact.*
    FROM session JOIN report_entries AS fact USING (session_id)
    WHERE chain_id = :chain_id AND position <= :treatment AND started_at < :shown_at
    ORDER BY session_id, entry_id, position DESC
  ) AS latest WHERE NOT in_error
), released AS (
  SELECT therapist_id, session_id, loop_id, min(sequence) AS sequence FROM entry
  WHERE kind = 'release' AND loop_id IS NOT NULL AND started_at >= :starts_at
  GROUP BY therapist_id, session_id, loop_id
), retested AS (
  SELECT session_id, loop_id, max(sequence) AS sequence FROM entry
  WHERE kind = 'retest' AND response <> 'not_tested' AND started_at >= :starts_at GROUP BY session_id, loop_id
), of_loops AS (
  SELECT therapist_id, count(*) AS loops, count(*) FILTER (WHERE retested.sequence > released.sequence) AS complete
  FROM released LEFT JOIN retested USING (session_id, loop_id) GROUP BY therapist_id
), of_places AS (
  SELECT therapist_id, jsonb_object_agg(coalesce(region, target) || side, n) AS places FROM (
    SELECT therapist_id, region, target, side, count(*) AS n FROM entry
    WHERE kind IN ('release', 'mark') AND started_at >= :starts_at GROUP BY therapist_id, region, target, side
  ) AS found GROUP BY therapist_id
), guarded AS (
  SELECT therapist_id, count(*) AS guards FROM entry WHERE overridden AND started_at >= :starts_at
  GROUP BY therapist_id
), episode AS MATERIALIZED (
  SELECT episode_id, coalesce((array_agg(person_id))[1], (array_agg(client_id))[1]) AS person_id,
    min(happened_at) FILTER (WHERE step = 'opened') AS opened_at,
    (array_agg(lead_therapist_id ORDER BY happened_at DESC, position DESC) FILTER (WHERE lead_therapist_id IS NOT NULL))[1]
      AS therapist_id,
    (array_agg(step ORDER BY happened_at DESC, position DESC)
      FILTER (WHERE step IN ('opened', 'discharged', 'reopened', 'held', 'resumed')))[1] AS status,
    max(happened_at) FILTER (WHERE step = 'discharged') AS ended_at,
    (array_agg(nrs ORDER BY happened_at DESC, position DESC) FILTER (WHERE nrs IS NOT NULL))[1] AS baseline,
    max(happened_at) FILTER (WHERE nrs IS NOT NULL) AS baseline_at,
    (array_agg(planned_on ORDER BY happened_at DESC, position DESC) FILTER (WHERE step = 'planned'))[1] AS planned_on,
    max(happened_at) FILTER (WHERE step = 'planned') AS planned_at
  FROM report_episode_steps LEFT JOIN alias USING (client_id)
  WHERE chain_id = :chain_id AND position <= :treatment AND happened_at < :shown_at GROUP BY episode_id
), check_in AS MATERIALIZED (
  SELECT check_in_id, coalesce((array_agg(person_id))[1], (array_agg(client_id))[1]) AS person_id,
    (array_agg(episode_id) FILTER (WHERE step = 'planned'))[1] AS episode_id, min(due_at) AS due_at,
    max(good_until) AS good_until, bool_or(step = 'sent') AND NOT bool_or(step = 'undeliverable') AS delivered,
    min(happened_at) FILTER (WHERE step = 'planned') AS planned_at,
    min(happened_at) FILTER (WHERE step = 'answered') AS answered_at,
    (array_agg(score ORDER BY position DESC) FILTER (WHERE score IS NOT NULL))[1] AS score,
    min(happened_at) FILTER (WHERE step = 'cancelled') AS cancelled_at
  FROM report_check_in_steps LEFT JOIN alias USING (client_id)
  WHERE chain_id = :chain_id AND position <= :treatment GROUP BY check_in_id HAVING min(due_at) >= :year_from
), of_check_ins AS (
  SELECT therapist_id, count(*) FILTER (WHERE delivered) AS delivered, count(*) FILTER (WHERE NOT delivered) AS others,
    count(*) FILTER (WHERE delivered AND answered_at <= due_at + interval '7 days') AS answered
  FROM check_in JOIN episode USING (episode_id) WHERE due_at >= :starts_at AND due_at < :ends_at GROUP BY therapist_id
), asked AS (
  SELECT DISTINCT person_id FROM check_in WHERE planned_at < :shown_at
    AND (answered_at IS NULL OR answered_at >= :shown_at) AND (cancelled_at IS NULL OR cancelled_at >= :shown_at)
    AND (good_until IS NULL OR good_until >= :shown_at)
), of_caseload AS (
  SELECT therapist_id, count(DISTINCT person_id) AS open_to,
    count(DISTINCT person_id) FILTER (
      WHERE expected OR seen_at >= :shown_at - interval '42 days' OR asked.person_id IS NOT NULL) AS caseload,
    count(*) FILTER (WHERE status <> 'held' AND planned_on + 7 < CAST(:shown_at AS date) AND NOT coalesce(expected, false)
      AND (seen_at IS NULL OR seen_at <= planned_at)) AS overdue
  FROM episode LEFT JOIN presence USING (person_id) LEFT JOIN asked USING (person_id)
  WHERE status <> 'discharged' AND person_id NOT IN (SELECT person_id FROM gone) GROUP BY therapist_id
), taken AS (
  SELECT episode_id, count(*) AS n FROM session WHERE started_at < :shown_at GROUP BY episode_id
), of_closed AS (
  SELECT therapist_id, count(*) AS closed,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY coalesce(n, 0)) AS visits
  FROM episode LEFT JOIN taken USING (episode_id)
  WHERE status = 'discharged' AND ended_at >= :starts_at GROUP BY therapist_id
), treated AS (
  SELECT DISTINCT ON (episode_id) episode_id, session_id, happened_at FROM entry
  WHERE kind IN ('release', 'activation') AND happened_at < :shown_at AND episode_id IS NOT NULL
  ORDER BY episode_id, happened_at
), score AS (
  SELECT entry.episode_id, entry.happened_at, value FROM entry JOIN treated USING (episode_id)
  WHERE kind = 'pain' AND taken IN ('before', 'now') AND entry.session_id <> treated.session_id
    AND entry.happened_at > treated.happened_at AND entry.happened_at < :shown_at
  UNION ALL
  SELECT episode_id, answered_at, score FROM check_in JOIN treated USING (episode_id)
  WHERE answered_at > treated.happened_at AND answered_at < :shown_at
), latest AS (
  SELECT DISTINCT ON (episode_id) episode_id, value FROM score ORDER BY episode_id, happened_at DESC
), outcome AS (
  SELECT therapist_id, value,
    CASE WHEN treated.happened_at IS NULL
      OR treated.happened_at - baseline_at BETWEEN interval '0' AND interval '7 days' THEN baseline END AS baseline
  FROM episode LEFT JOIN treated USING (episode_id) LEFT JOIN latest USING (episode_id) WHERE opened_at >= :year_from
), of_outcomes AS (
  SELECT therapist_id, count(*) AS begun, count(*) FILTER (WHERE baseline IS NULL) AS no_baseline,
    count(*) FILTER (WHERE baseline >= 2) AS able, count(*) FILTER (WHERE baseline >= 2 AND value IS NOT NULL) AS complete,
    count(*) FILTER (WHERE baseline >= 2 AND baseline - value >= 2 AND (baseline - value) * 10 >= baseline * 3)
      AS responders,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY value - baseline)
      FILTER (WHERE baseline >= 2 AND value IS NOT NULL) AS change
  FROM outcome GROUP BY therapist_id
), step AS (
  SELECT pattern_id, step.step, step.happened_at, session.therapist_id,
    count(*) FILTER (WHERE step.step = 'corrected') OVER steps AS cycle
  FROM report_pattern_steps AS step LEFT JOIN session USING (session_id)
  WHERE chain_id = :chain_id AND position <= :treatment AND happened_at < :shown_at
  WINDOW steps AS (PARTITION BY pattern_id ORDER BY happened_at, position)
), cycle AS (
  SELECT pattern_id, cycle, (array_agg(therapist_id) FILTER (WHERE step = 'corrected'))[1] AS therapist_id,
    min(happened_at) FILTER (WHERE step = 'corrected') AS corrected_at,
    (array_agg(step ORDER BY happened_at) FILTER (WHERE step IN ('held', 'cleared', 'relapsed', 'promoted')))[1] AS seen,
    min(happened_at) FILTER (WHERE step IN ('held', 'cleared', 'relapsed', 'promoted')) AS seen_at
  FROM step WHERE cycle > 0 GROUP BY pattern_id, cycle
), of_holds AS (
  SELECT therapist_id, count(*) FILTER (WHERE seen_at >= :starts_at) AS retests,
    count(*) FILTER (WHERE seen_at >= :starts_at AND seen IN ('held', 'cleared')) AS held,
    count(*) FILTER (WHERE corrected_at >= :starts_at) AS corrected,
    count(*) FILTER (WHERE corrected_at >= :starts_at AND seen_at IS NOT NULL) AS looked_at
  FROM cycle GROUP BY therapist_id
), confirmed AS (
  SELECT pattern_id, (array_agg(therapist_id ORDER BY happened_at) FILTER (WHERE step = 'confirmed'))[1] AS therapist_id,
    min(happened_at) FILTER (WHERE step = 'confirmed') AS since, min(happened_at) FILTER (WHERE step = 'resolved') AS resolved_at
  FROM step GROUP BY pattern_id
), of_patterns AS (
  SELECT therapist_id, count(*) AS confirmed, count(*) FILTER (WHERE resolved_at < since + interval '43 days') AS resolved
  FROM confirmed WHERE since >= :year_from GROUP BY therapist_id
), alert AS (
  SELECT (array_agg(therapist_id) FILTER (WHERE step = 'raised'))[1] AS therapist_id, bool_or(red_flag) AS red_flag,
    min(happened_at) FILTER (WHERE step = 'raised') AS raised_at,
    min(happened_at) FILTER (WHERE step = 'acknowledged') AS acknowledged_at
  FROM report_alert_steps WHERE chain_id = :chain_id AND position <= :treatment GROUP BY alert_id
), of_alerts AS (
  SELECT therapist_id, count(*) AS flags,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - raised_at)) AS waited
  FROM alert WHERE red_flag AND raised_at >= :starts_at AND raised_at < :shown_at GROUP BY therapist_id
)
SELECT * FROM (
  SELECT DISTINCT (content ->> 'therapist_id')::uuid AS therapist_id FROM report_calendar
  WHERE chain_id = :chain_id AND kind = 'therapist'
) AS therapist
LEFT JOIN of_visits USING (therapist_id) LEFT JOIN of_clients USING (therapist_id)
LEFT JOIN of_rota USING (therapist_id) LEFT JOIN of_notes USING (therapist_id) LEFT JOIN of_loops USING (therapist_id)
LEFT JOIN of_places USING (therapist_id) LEFT JOIN guarded USING (therapist_id)
LEFT JOIN of_check_ins USING (therapist_id) LEFT JOIN of_caseload USING (therapist_id)
LEFT JOIN of_closed USING (therapist_id) LEFT JOIN of_outcomes USING (therapist_id)
LEFT JOIN of_holds USING (therapist_id) LEFT JOIN of_patterns USING (therapist_id)
LEFT JOIN of_alerts USING (therapist_id)
