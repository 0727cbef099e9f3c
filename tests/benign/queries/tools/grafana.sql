-- name: time_group
SELECT floor(extract(epoch from at)/300)*300 AS "time", path AS metric, count(*) AS value FROM web.access_log WHERE at BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-02T00:00:00Z' GROUP BY 1, 2 ORDER BY 1, 2
-- name: time_group_alias
SELECT (extract(epoch from occurred_at)/3600)::bigint*3600 AS time, count(distinct session_id) AS sessions FROM web.page_event WHERE occurred_at >= '2025-11-01T00:00:00Z' AND occurred_at < '2025-11-08T00:00:00Z' GROUP BY 1 ORDER BY 1
-- name: unix_epoch_filter
SELECT at AS "time", ms AS value FROM web.access_log WHERE extract(epoch from at) >= 1767193200 AND extract(epoch from at) <= 1767200000 AND status = 500 ORDER BY 1
-- name: variable_query
SELECT DISTINCT path AS __text, path AS __value FROM web.access_log WHERE path LIKE '/api/%' AND path !~ '\d{2,}$' ORDER BY 1
-- name: latency_percentiles
SELECT date_bin('1 hour', at, timestamptz '2026-01-01 00:00+00') AS time, percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS p50, percentile_disc(0.95) WITHIN GROUP (ORDER BY ms) AS p95, percentile_disc(ARRAY[0.9, 0.99]) WITHIN GROUP (ORDER BY ms) AS many FROM web.access_log GROUP BY 1 ORDER BY 1
-- name: error_rate
SELECT date_trunc('hour', at) AS time, count(*) FILTER (WHERE status >= 500)::float8 / nullif(count(*), 0) AS value FROM web.access_log GROUP BY 1 ORDER BY 1
-- name: gap_fill
SELECT g.t AS time, coalesce(v.n, 0) AS value FROM generate_series(timestamptz '2026-01-01 00:00+00', timestamptz '2026-01-02 00:00+00', interval '15 minutes') AS g(t) LEFT JOIN (SELECT to_timestamp(floor(extract(epoch FROM at) / 900) * 900) AS t, count(*) AS n FROM web.access_log GROUP BY 1) AS v ON v.t = g.t ORDER BY g.t
-- name: table_panel
SELECT at, method, path, status, ms, client_ip, user_agent, payload->>'level' AS level FROM web.access_log WHERE at > '2026-01-01T10:00:00Z' AND status IN (404,500) ORDER BY at DESC LIMIT 50
-- name: stat_panel | database=mart ignore=time
SELECT now() AS time, sum(revenue) AS value FROM sales.monthly_revenue WHERE month = (SELECT max(month) FROM sales.monthly_revenue)
-- name: heatmap
SELECT extract(isodow FROM created_at AT TIME ZONE 'Asia/Tokyo') AS dow, extract(hour FROM created_at AT TIME ZONE 'Asia/Tokyo') AS hour, count(*) FROM crm.fact_ticket GROUP BY 1, 2 ORDER BY 1, 2
