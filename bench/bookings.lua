-- Books every line of a file once, with two threads: wrk -t2 -c8 -d20s -s bench/bookings.lua URL -- FILE
-- Prints throughput, percentiles and how often each status came; a status other than 201 makes the figures worthless.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  requests, at, statuses = {}, 0, {}
  local line_number = 0
  for line in io.lines(args[1]) do
    if line_number % 2 == number % 2 then
      local token, body = line:match("^([^\t]+)\t(.+)$")
      local headers = {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = "bench-" .. line_number .. "-" .. os.time(),
      }
      table.insert(requests, wrk.format("POST", "/v1/appointments", headers, body))
    end
    line_number = line_number + 1
  end
end

function request()
  at = at + 1
  return requests[at] or requests[#requests]
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
  local seconds = summary.duration / 1e6
  io.write(string.format("%.0f requests/s, %d in %.1f s\n", summary.requests / seconds, summary.requests, seconds))
  for _, percent in ipairs({ 50, 95, 99 }) do
    io.write(string.format("p%d %.1f ms\n", percent, latency:percentile(percent) / 1000))
  end
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do
      io.write(string.format("status %d: %d\n", status, count))
    end
  end
end
