-- Reserve the next n moments of a relay: the generic cell rate algorithm (ITU-T I.371), by the
-- clock of Redis, so that workers on hosts whose clocks differ share one rate.
--
-- KEYS[1] the next free moment, in microseconds
-- ARGV[1] microseconds between two mails   ARGV[2] how many moments
-- ARGV[3] microseconds that may be caught up with   ARGV[4] the furthest a moment may be ahead
-- ARGV[5] microseconds until the worker's own last moment has passed; negative if it has
-- returns microseconds from now until the first of them; it may lie in the past
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local free = tonumber(redis.call('GET', KEYS[1]) or 0)
-- A moment this far ahead was given out by a clock that has since been set back.
if free > now + tonumber(ARGV[4]) then free = now end
local first = math.max(free, now - tonumber(ARGV[3]), now + tonumber(ARGV[5]))
local last = first + count * step
-- Once the moment has passed by what may be caught up with, the key says nothing any more.
local lasts = math.ceil((last - now) / 1000) + 60000
redis.call('SET', KEYS[1], string.format('%.0f', last), 'PX', lasts)
return math.floor(first - now)
