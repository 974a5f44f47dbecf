-- The numbers of all therapists of a chain for one period, as somebody would ask for them by one statement: counts,
-- shares and medians, Kaplan-Meier curves with their limits, case mix, kappa, and the series that figures are drawn
-- from. Left out are Wilson intervals, the regions that targets lie under, and the writing of documents.
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
), agreed_end AS (
  SELECT coalesce(alias.person_id, client_id) AS person_id, happened_at
  FROM report_episode_steps LEFT JOIN alias USING (client_id)
  WHERE chain_id = :chain_id AND position <= :treatment AND step = 'discharged' AND planned AND happened_at >= :starts_at
), ended AS (
  SELECT DISTINCT appointment_id FROM visit JOIN agreed_end USING (person_id)
  WHERE visit.starts_at >= :starts_at AND visit.starts_at < :ends_at
    AND happened_at BETWEEN visit.starts_at AND visit.ends_at + interval '72 hours'
), here AS (
  SELECT visit.*, at_chain, at_clinic, with_therapist, rebooked.appointment_id IS NOT NULL AS rebooked,
    ended.appointment_id IS NOT NULL AS is_last
  FROM visit LEFT JOIN before USING (appointment_id) LEFT JOIN rebooked USING (appointment_id)
    LEFT JOIN ended USING (appointment_id)
  WHERE visit.starts_at >= :starts_at AND visit.starts_at < :ends_at
), of_visits AS (
  SELECT therapist_id, count(*) FILTER (WHERE attended) AS attended, count(*) FILTER (WHERE status = 'booked') AS open,
    count(*) FILTER (WHERE status = 'noshow') AS missed, count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE status = 'cancelled' AND initiator = 'client') AS by_client,
    count(*) FILTER (WHERE status = 'cancelled' AND initiator = 'client' AND notice_minutes < 1440) AS late_by_client,
    count(*) FILTER (WHERE status = 'cancelled' AND initiator <> 'client') AS by_clinic,
    count(*) FILTER (WHERE status = 'cancelled' AND initiator <> 'client' AND notice_minutes < 1440) AS late_by_clinic,
    count(*) FILTER (WHERE attended AND rebooked AND NOT is_last AND ends_at + interval '72 hours' <= :known_at) AS rebooked,
    count(*) FILTER (WHERE attended AND is_last) AS last, count(DISTINCT person_id) FILTER (WHERE at_chain IS NULL) AS new,
    count(*) FILTER (WHERE attended AND NOT is_last AND ends_at + interval '72 hours' <= :known_at) AS could_rebook,
    sum(greatest(actual_ends_at - actual_starts_at - (ends_at - starts_at), '0')) FILTER (WHERE attended) AS overrun,
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
), calendar AS MATERIALIZED (
  SELECT kind, content FROM (
    SELECT DISTINCT ON (kind, key) kind, content FROM report_calendar
    WHERE chain_id = :chain_id AND position <= :scheduling ORDER BY kind, key, position DESC
  ) AS latest WHERE content IS NOT NULL
), day AS (
  SELECT CAST(:starts_at AS timestamptz)::date + n AS day FROM generate_series(-2, 34) AS n
), in_force AS MATERIALIZED (
  SELECT DISTINCT ON (clinic_id, day) (content ->> 'clinic_id')::uuid AS clinic_id, day,
    content ->> 'time_zone' AS zone, content -> 'hours' AS hours
  FROM calendar JOIN day ON (content ->> 'valid_from')::date <= day WHERE kind = 'terms'
  ORDER BY clinic_id, day, content ->> 'valid_from' DESC
), special AS (
  SELECT (content ->> 'clinic_id')::uuid AS clinic_id, (each ->> 'on')::date AS day, each -> 'hours' AS hours
  FROM calendar, jsonb_array_elements(content -> 'days') AS each WHERE kind = 'special_days'
), closed AS (
  SELECT (content ->> 'clinic_id')::uuid AS clinic_id,
    range_agg(tstzrange((content ->> 'starts_at')::timestamptz, (content ->> 'ends_at')::timestamptz)) AS shut
  FROM calendar WHERE kind = 'closure' GROUP BY 1
), opened AS (
  SELECT clinic_id, range_agg(tstzrange((day + (entry ->> 'opens')::interval) AT TIME ZONE zone,
    (day + (entry ->> 'closes')::interval) AT TIME ZONE zone)) AS hours
  FROM in_force LEFT JOIN special USING (clinic_id, day),
    jsonb_array_elements(coalesce(special.hours, in_force.hours)) AS entry
  WHERE special.hours IS NOT NULL OR entry ->> 'weekday' = lower(to_char(day, 'Dy')) GROUP BY clinic_id
), rostered AS (
  SELECT therapist_id, clinic_id,
    range_agg(during) * tstzmultirange(tstzrange(:starts_at, :ends_at)) AS works
  FROM (
    SELECT (content ->> 'therapist_id')::uuid AS therapist_id, clinic_id,
      tstzrange((day + (entry ->> 'starts')::interval) AT TIME ZONE zone,
        (day + (entry ->> 'ends')::interval) AT TIME ZONE zone) AS during
    FROM calendar, jsonb_array_elements(content -> 'entries') AS entry
      JOIN in_force ON clinic_id = (entry ->> 'clinic_id')::uuid AND lower(to_char(day, 'Dy')) = entry ->> 'weekday'
        AND day >= (entry ->> 'valid_from')::date AND day <= coalesce(entry ->> 'valid_to', 'infinity')::date
    WHERE kind = 'rota'
  ) AS shift GROUP BY therapist_id, clinic_id
), off AS (
  SELECT (content ->> 'therapist_id')::uuid AS therapist_id,
    range_agg(tstzrange((content ->> 'starts_at')::timestamptz, (content ->> 'ends_at')::timestamptz)) AS away
  FROM calendar WHERE kind = 'time_off' GROUP BY 1
), time AS (
  SELECT therapist_id, clinic_id, works, works * (coalesce(hours, '{}') - coalesce(shut, '{}')) AS usable,
    works * (coalesce(hours, '{}') - coalesce(shut, '{}')) - coalesce(away, '{}') AS kept
  FROM rostered LEFT JOIN opened USING (clinic_id) LEFT JOIN closed USING (clinic_id) LEFT JOIN off USING (therapist_id)
), of_rota AS (
  SELECT therapist_id, sum((SELECT sum(upper(span) - lower(span)) FROM unnest(works) AS span)) AS rostered,
    sum((SELECT sum(upper(span) - lower(span)) FROM unnest(usable) AS span)) AS usable,
    sum((SELECT sum(upper(span) - lower(span)) FROM unnest(kept) AS span)) AS available
  FROM time GROUP BY therapist_id
), of_days AS (
  SELECT therapist_id, array_agg((day, available, worked)::text ORDER BY day) AS days FROM (
    SELECT therapist_id, (lower(span) AT TIME ZONE zone)::date AS day, sum(upper(span) - lower(span)) AS available
    FROM time CROSS JOIN unnest(kept) AS span
      JOIN in_force ON in_force.clinic_id = time.clinic_id AND in_force.day = (lower(span) AT TIME ZONE 'UTC')::date
    GROUP BY 1, 2
  ) AS kept FULL JOIN (
    SELECT therapist_id, (starts_at AT TIME ZONE zone)::date AS day,
      sum(least(ends_at - starts_at, coalesce(actual_ends_at - actual_starts_at, ends_at - starts_at))) AS worked
    FROM here JOIN in_force ON in_force.clinic_id = here.clinic_id AND in_force.day = (starts_at AT TIME ZONE 'UTC')::date
    WHERE attended GROUP BY 1, 2
  ) AS worked USING (therapist_id, day) GROUP BY therapist_id
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
), rating AS (
  SELECT therapist_id, session_id, target, side, after, rater, response,
    first_value(rater) OVER ratings AS first_rater, first_value(response) OVER ratings AS first_response, sequence, entry_id
  FROM (
    SELECT *, count(*) FILTER (WHERE kind IN ('release', 'activation'))
      OVER (PARTITION BY session_id ORDER BY sequence, entry_id) AS after
    FROM entry WHERE started_at >= :year_from AND kind IN ('test', 'retest', 'release', 'activation')
  ) AS ordered
  WHERE blinded AND rater IS NOT NULL AND NOT provoked AND response <> 'not_tested' AND kind IN ('test', 'retest')
  WINDOW ratings AS (PARTITION BY session_id, target, side, after ORDER BY sequence, entry_id)
), pair AS (
  SELECT DISTINCT ON (session_id, target, side, after) therapist_id, first_response, response
  FROM rating WHERE rater <> first_rater ORDER BY session_id, target, side, after, sequence, entry_id
), said AS (
  SELECT therapist_id, code, count(*) FILTER (WHERE is_first) AS by_first, count(*) FILTER (WHERE NOT is_first) AS by_other
  FROM (
    SELECT therapist_id, first_response AS code, true AS is_first FROM pair
    UNION ALL SELECT therapist_id, response, false FROM pair
  ) AS each GROUP BY therapist_id, code
), of_ratings AS (
  SELECT therapist_id, n AS pairs, (observed - by_chance) / nullif(1 - by_chance, 0) AS kappa
  FROM (SELECT therapist_id, count(*) AS n, avg((first_response = response)::int) AS observed FROM pair GROUP BY 1) AS seen
  JOIN (SELECT therapist_id, sum(by_first * by_other) / (sum(by_first) * sum(by_other)) AS by_chance FROM said GROUP BY 1)
    AS chance USING (therapist_id)
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
    (array_agg(planned_on ORDER BY happened_at DESC, position DESC) FILTER (WHERE step = 'next_visit'))[1] AS planned_on,
    max(happened_at) FILTER (WHERE step = 'next_visit') AS planned_at
  FROM report_episode_steps LEFT JOIN alias USING (client_id)
  WHERE chain_id = :chain_id AND position <= :treatment AND happened_at < :shown_at GROUP BY episode_id
), check_in AS MATERIALIZED (
  SELECT check_in_id, coalesce((array_agg(person_id))[1], (array_agg(client_id))[1]) AS person_id,
    (array_agg(episode_id) FILTER (WHERE step = 'planned'))[1] AS episode_id, min(due_at) AS due_at,
    max(good_until) AS good_until, bool_or(step = 'sent') AND NOT bool_or(step = 'undeliverable') AS delivered,
    min(happened_at) FILTER (WHERE step = 'planned') AS planned_at,
    min(happened_at) FILTER (WHERE step = 'answered') AS answered_at,
    (array_agg(score ORDER BY position DESC) FILTER (WHERE score IS NOT NULL))[1] AS score,
    (array_agg(places ORDER BY position DESC) FILTER (WHERE places IS NOT NULL))[1] AS places,
    min(happened_at) FILTER (WHERE step = 'cancelled') AS cancelled_at,
    (array_agg(cause) FILTER (WHERE step = 'cancelled'))[1] AS cause
  FROM report_check_in_steps LEFT JOIN alias USING (client_id)
  WHERE chain_id = :chain_id AND position <= :treatment GROUP BY check_in_id HAVING min(due_at) >= :year_from
), of_check_ins AS (
  SELECT therapist_id, count(*) FILTER (WHERE delivered) AS delivered, count(*) FILTER (WHERE NOT delivered) AS others,
    count(*) FILTER (WHERE NOT delivered AND cause = 'opted_out') AS opted_out,
    count(*) FILTER (WHERE delivered AND answered_at <= due_at + interval '7 days') AS answered
  FROM check_in JOIN episode USING (episode_id) WHERE due_at >= :starts_at AND due_at < :ends_at GROUP BY therapist_id
), of_answers AS (
  SELECT therapist_id, jsonb_object_agg(place, n) AS complaints FROM (
    SELECT therapist_id, place, count(*) AS n
    FROM check_in JOIN episode USING (episode_id), jsonb_array_elements_text(places) AS place
    WHERE due_at >= :starts_at AND due_at < :ends_at GROUP BY therapist_id, place
  ) AS found GROUP BY therapist_id
), asked AS (
  SELECT DISTINCT person_id FROM check_in WHERE planned_at < :shown_at
    AND (answered_at IS NULL OR answered_at >= :shown_at) AND (cancelled_at IS NULL OR cancelled_at >= :shown_at)
    AND (good_until IS NULL OR good_until >= :shown_at)
), of_caseload AS (
  SELECT therapist_id, count(DISTINCT person_id) AS open_to,
    count(DISTINCT person_id) FILTER (
      WHERE expected OR seen_at >= :shown_at - interval '42 days' OR asked.person_id IS NOT NULL) AS caseload,
    array_agg(episode_id ORDER BY planned_on) FILTER (
      WHERE status <> 'held' AND planned_on + 7 < CAST(:shown_at AS date) AND NOT coalesce(expected, false)
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
  SELECT entry.episode_id, entry.happened_at, value, false AS is_answer FROM entry JOIN treated USING (episode_id)
  WHERE kind = 'pain' AND taken IN ('before', 'now') AND entry.session_id <> treated.session_id
    AND entry.happened_at > treated.happened_at AND entry.happened_at < :shown_at
  UNION ALL
  SELECT episode_id, answered_at, score, true FROM check_in JOIN treated USING (episode_id)
  WHERE answered_at > treated.happened_at AND answered_at < :shown_at
), latest AS (
  SELECT episode_id, (array_agg(value ORDER BY happened_at DESC))[1] AS value, bool_or(is_answer) AS has_check_in,
    array_agg((happened_at, value)::text ORDER BY happened_at) AS points
  FROM score GROUP BY episode_id
), attempted AS (
  SELECT DISTINCT coalesce(alias.person_id, client_id) AS person_id FROM (
    SELECT DISTINCT ON (attempt_id) client_id, stands FROM report_attempts
    WHERE chain_id = :chain_id AND position <= :treatment ORDER BY attempt_id, position DESC
  ) AS attempt LEFT JOIN alias USING (client_id) WHERE stands
), outcome AS MATERIALIZED (
  SELECT *, baseline >= 2 AS able, baseline >= 2 AND baseline - value >= 2 AND (baseline - value) * 10 >= baseline * 3
    AS responded, (baseline > 4)::int + (baseline > 7)::int AS band
  FROM (
    SELECT therapist_id, episode_id, opened_at, ended_at, status, value, coalesce(has_check_in, false) AS has_check_in,
      points, attempted.person_id IS NOT NULL AS tried,
      CASE WHEN treated.happened_at IS NULL
        OR treated.happened_at - baseline_at BETWEEN interval '0' AND interval '7 days' THEN baseline END AS baseline
    FROM episode LEFT JOIN treated USING (episode_id) LEFT JOIN latest USING (episode_id)
      LEFT JOIN attempted USING (person_id)
  ) AS found
), stratum AS (
  SELECT band, tried, avg(coalesce(responded, false)::int) AS expected FROM outcome
  WHERE able AND opened_at >= :year_from GROUP BY band, tried
), of_outcomes AS (
  SELECT therapist_id, count(*) AS begun, count(*) FILTER (WHERE baseline IS NULL) AS no_baseline,
    count(*) FILTER (WHERE baseline IS NOT NULL AND has_check_in) AS covered,
    count(*) FILTER (WHERE able) AS able, count(*) FILTER (WHERE able AND value IS NOT NULL) AS complete,
    count(*) FILTER (WHERE responded) AS responders, sum(expected) FILTER (WHERE able) AS expected,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY value - baseline)
      FILTER (WHERE able AND value IS NOT NULL) AS change,
    array_agg((baseline, value)::text ORDER BY opened_at) FILTER (WHERE able AND value IS NOT NULL) AS dumbbells
  FROM outcome LEFT JOIN stratum USING (band, tried) WHERE opened_at >= :year_from GROUP BY therapist_id
), visited AS (
  SELECT episode_id, array_agg(started_at ORDER BY started_at) AS visits FROM session
  WHERE started_at < :shown_at GROUP BY episode_id
), of_courses AS (
  SELECT therapist_id, array_agg((baseline, points, visits)::text ORDER BY opened_at) AS trajectories
  FROM outcome LEFT JOIN visited USING (episode_id)
  WHERE status <> 'discharged' OR ended_at >= :starts_at GROUP BY therapist_id
), step AS MATERIALIZED (
  SELECT pattern_id, step.step, step.happened_at, session.therapist_id, session.started_at,
    coalesce(alias.person_id, step.client_id) AS person_id,
    count(*) FILTER (WHERE step.step = 'corrected') OVER steps AS correction,
    count(*) FILTER (WHERE step.step = 'resolved') OVER steps AS resolution,
    max(session.therapist_id::text) OVER steps AS last_therapist
  FROM report_pattern_steps AS step LEFT JOIN session USING (session_id)
    LEFT JOIN alias ON alias.client_id = step.client_id
  WHERE chain_id = :chain_id AND position <= :treatment AND happened_at < :shown_at AND pattern_id NOT IN (
    SELECT pattern_id FROM report_pattern_steps
    WHERE chain_id = :chain_id AND position <= :treatment AND step = 'in_error'
  )
  WINDOW steps AS (PARTITION BY pattern_id ORDER BY happened_at, position)
), cycle AS MATERIALIZED (
  SELECT *, (SELECT max(at) FROM unnest(passed) AS at WHERE lost_at IS NULL OR at < lost_at) AS held_until FROM (
    SELECT pattern_id, person_id, correction,
      (array_agg(therapist_id) FILTER (WHERE step = 'corrected'))[1] AS therapist_id,
      min(happened_at) FILTER (WHERE step = 'corrected') AS corrected_at,
      (array_agg(step ORDER BY happened_at) FILTER (WHERE step IN ('held', 'cleared', 'relapsed', 'promoted')))[1] AS seen,
      min(happened_at) FILTER (WHERE step IN ('held', 'cleared', 'relapsed', 'promoted')) AS seen_at,
      min(happened_at) FILTER (WHERE step IN ('relapsed', 'promoted')) AS lost_at,
      array_agg(happened_at) FILTER (WHERE step IN ('held', 'cleared')) AS passed
    FROM step WHERE correction > 0 GROUP BY pattern_id, person_id, correction
  ) AS found
), last_session AS (
  SELECT person_id, max(started_at) AS started_at FROM session WHERE started_at < :shown_at GROUP BY person_id
), last_answer AS (
  SELECT person_id, max(answered_at) AS answered_at FROM check_in WHERE answered_at < :shown_at GROUP BY person_id
), of_holds AS (
  SELECT therapist_id, count(*) FILTER (WHERE seen_at >= :starts_at) AS retests,
    count(*) FILTER (WHERE seen_at >= :starts_at AND seen IN ('held', 'cleared')) AS held,
    count(*) FILTER (WHERE corrected_at >= :starts_at) AS corrected,
    count(*) FILTER (WHERE corrected_at >= :starts_at AND started_at > corrected_at) AS ready,
    count(*) FILTER (WHERE corrected_at >= :starts_at AND started_at > corrected_at AND seen_at IS NOT NULL) AS looked_at
  FROM cycle LEFT JOIN last_session USING (person_id) GROUP BY therapist_id
), confirmed AS (
  SELECT *, coalesce(resolved_at, unverified_at, :shown_at) AS until FROM (
    SELECT pattern_id, person_id,
      (array_agg(therapist_id ORDER BY happened_at) FILTER (WHERE step = 'confirmed'))[1] AS therapist_id,
      (array_agg(started_at ORDER BY happened_at) FILTER (WHERE step = 'confirmed'))[1] AS started_at,
      min(happened_at) FILTER (WHERE step = 'confirmed') AS since,
      min(happened_at) FILTER (WHERE step = 'resolved') AS resolved_at,
      min(happened_at) FILTER (WHERE step = 'unverified') AS unverified_at, bool_or(step = 'refuted') AS refuted
    FROM step GROUP BY pattern_id, person_id
  ) AS found WHERE since >= :year_from AND NOT refuted
), resolved AS (
  SELECT *, (SELECT max(at) FROM unnest(passed) AS at WHERE lost_at IS NULL OR at < lost_at) AS held_until FROM (
    SELECT pattern_id, person_id, resolution,
      (array_agg(last_therapist) FILTER (WHERE step = 'resolved'))[1]::uuid AS therapist_id,
      min(happened_at) FILTER (WHERE step = 'resolved') AS since,
      min(happened_at) FILTER (WHERE step IN ('relapsed', 'promoted')) AS lost_at,
      array_agg(happened_at) FILTER (WHERE step IN ('held', 'cleared')) AS passed
    FROM step WHERE resolution > 0 GROUP BY pattern_id, person_id, resolution
  ) AS found WHERE since >= :year_from
), watched AS (
  SELECT 'visits' AS curve, therapist_id, coalesce(n, 0)::float AS time, status = 'discharged' AS ended
  FROM episode LEFT JOIN taken USING (episode_id) WHERE status <> 'discharged' OR ended_at >= :starts_at
  UNION ALL
  SELECT 'holding', therapist_id, floor(extract(epoch FROM coalesce(lost_at, held_until) - corrected_at) / 86400),
    lost_at IS NOT NULL FROM cycle WHERE corrected_at >= :year_from AND coalesce(lost_at, held_until) IS NOT NULL
  UNION ALL
  SELECT 'resolution', therapist_id, floor(extract(epoch FROM until - since) / 86400), resolved_at IS NOT NULL FROM confirmed
  UNION ALL
  SELECT 'by_visit', confirmed.therapist_id, count(session.session_id), resolved_at IS NOT NULL
  FROM confirmed LEFT JOIN session ON session.person_id = confirmed.person_id
    AND session.started_at BETWEEN confirmed.started_at AND until AND session.started_at < :shown_at
  GROUP BY pattern_id, confirmed.therapist_id, resolved_at
  UNION ALL
  SELECT 'relapse', therapist_id, floor(extract(epoch FROM coalesce(lost_at, known_until) - since) / 86400),
    lost_at IS NOT NULL
  FROM (
    SELECT resolved.*, greatest(held_until, CASE WHEN answered_at > since THEN answered_at END) AS known_until
    FROM resolved LEFT JOIN last_answer USING (person_id)
  ) AS followed WHERE coalesce(lost_at, known_until) IS NOT NULL
), tally AS (
  SELECT curve, therapist_id, time, (count(*) FILTER (WHERE ended))::float AS ended,
    (sum(count(*)) OVER (PARTITION BY curve, therapist_id ORDER BY time DESC))::float AS at_risk
  FROM watched GROUP BY curve, therapist_id, time
), curve AS (
  SELECT curve, therapist_id, time, at_risk, ended,
    CASE WHEN bool_or(ended = at_risk) OVER times THEN 0
      ELSE exp(sum(CASE WHEN ended < at_risk THEN ln(1 - ended / at_risk) END) OVER times) END AS share,
    sum(ended / nullif(at_risk * (at_risk - ended), 0)) OVER times AS variance
  FROM tally WINDOW times AS (PARTITION BY curve, therapist_id ORDER BY time)
), bound AS (
  SELECT *, CASE WHEN share > 0 AND share < 1 THEN exp(1.959964 * sqrt(variance) / -ln(share)) END AS reach FROM curve
), of_curves AS (
  SELECT therapist_id, min(time) FILTER (WHERE curve = 'visits' AND share < 0.5) AS visits_to_half,
    array_agg((time, share, power(share, reach), power(share, 1 / reach), at_risk)::text ORDER BY time)
      FILTER (WHERE curve = 'holding' AND ended > 0) AS holding,
    (array_agg((share, power(share, reach), power(share, 1 / reach))::text ORDER BY time DESC)
      FILTER (WHERE curve = 'resolution' AND time <= 42))[1] AS resolved_by_day_42,
    (array_agg((share, power(share, reach), power(share, 1 / reach))::text ORDER BY time DESC)
      FILTER (WHERE curve = 'by_visit' AND time <= 3))[1] AS resolved_by_visit_3,
    (array_agg((share, power(share, reach), power(share, 1 / reach))::text ORDER BY time DESC)
      FILTER (WHERE curve = 'relapse' AND time <= 30))[1] AS relapsed_by_day_30,
    (array_agg((share, power(share, reach), power(share, 1 / reach))::text ORDER BY time DESC)
      FILTER (WHERE curve = 'relapse' AND time <= 90))[1] AS relapsed_by_day_90,
    (array_agg((share, power(share, reach), power(share, 1 / reach))::text ORDER BY time DESC)
      FILTER (WHERE curve = 'relapse' AND time <= 180))[1] AS relapsed_by_day_180
  FROM bound GROUP BY therapist_id
), alert AS (
  SELECT (array_agg(therapist_id) FILTER (WHERE step = 'raised'))[1] AS therapist_id, bool_or(red_flag) AS red_flag,
    min(happened_at) FILTER (WHERE step = 'raised') AS raised_at,
    min(happened_at) FILTER (WHERE step = 'acknowledged') AS acknowledged_at,
    min(happened_at) FILTER (WHERE step = 'closed') AS closed_at,
    (array_agg(outcome ORDER BY position DESC) FILTER (WHERE step = 'closed'))[1] AS outcome
  FROM report_alert_steps WHERE chain_id = :chain_id AND position <= :treatment GROUP BY alert_id
), of_alerts AS (
  SELECT therapist_id, count(*) FILTER (WHERE red_flag AND raised_at >= :starts_at) AS flags,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - raised_at))
      FILTER (WHERE red_flag AND raised_at >= :starts_at) AS waited,
    count(*) FILTER (WHERE outcome = 'overridden' AND closed_at >= :starts_at AND closed_at < :shown_at) AS overridden
  FROM alert WHERE raised_at < :shown_at GROUP BY therapist_id
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
LEFT JOIN of_holds USING (therapist_id) 
LEFT JOIN of_alerts USING (therapist_id)
LEFT JOIN of_days USING (therapist_id) LEFT JOIN of_ratings USING (therapist_id) LEFT JOIN of_answers USING (therapist_id)
LEFT JOIN of_courses USING (therapist_id) LEFT JOIN of_curves USING (therapist_id)
