-- Note what a relay answered, for all its workers. Times in milliseconds, by the clock of Redis.
--
-- KEYS[1] the relay's health   KEYS[2] the workers' claims   KEYS[3] who was refused of late
-- ARGV[1] reaction   ARGV[2] words   ARGV[3] shortest silence   ARGV[4] longest silence
-- ARGV[5] how long no connection is added   ARGV[6] how long one fall of the limit stands
-- ARGV[7] recipient, as a fingerprint   ARGV[8] how long refusals are counted together
-- returns silence left, most connections (0: no limit), recipients refused of late
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local heard = ARGV[1]
local most = tonumber(redis.call('HGET', KEYS[1], 'most') or 0)
local silent_until = tonumber(redis.call('HGET', KEYS[1], 'silent_until') or 0)
local refused = 0

if heard == 'well' then
  -- A silence is not ended by an answer that was under way when it began.
  if most > 0 and silent_until <= now then redis.call('HSET', KEYS[1], 'good', 1) end
elseif heard == 'stop' then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - tonumber(ARGV[8]))
  redis.call('ZADD', KEYS[3], now, ARGV[7])
  redis.call('PEXPIRE', KEYS[3], ARGV[8])
  refused = redis.call('ZCARD', KEYS[3])
elseif heard == 'slow_down' then
  if silent_until <= now then
    local fell_at = tonumber(redis.call('HGET', KEYS[1], 'fell_at') or 0)
    -- Many connections hear the same within a moment: that is one reason, not many.
    if now - fell_at >= tonumber(ARGV[6]) or now < fell_at then
      local open = 0
      for _, count in ipairs(redis.call('HVALS', KEYS[2])) do open = open + tonumber(count) end
      if most > 0 then open = math.min(open, most) end
      most = math.max(1, math.floor(open / 2))
      redis.call('HSET', KEYS[1], 'most', most, 'fell_at', now)
    end
    redis.call('HSET', KEYS[1], 'good', 0, 'grow_at', now + tonumber(ARGV[5]),
      'reaction', heard, 'words', ARGV[2])
  end
else -- silence or pause
  local from_now = now + tonumber(ARGV[3])
  if silent_until <= now then
    local silences = tonumber(redis.call('HGET', KEYS[1], 'silences') or 0)
    local lasts = math.min(tonumber(ARGV[3]) * 2 ^ math.min(silences, 10), tonumber(ARGV[4]))
    silent_until = now + math.max(lasts, tonumber(ARGV[3]))
    redis.call('HSET', KEYS[1], 'silences', silences + 1)
  elseif silent_until < from_now then
    -- It was on its way when the silence began: that is counted anew, and not doubled.
    silent_until = from_now
  end
  most = 1
  redis.call('HSET', KEYS[1], 'silent_until', silent_until, 'most', most, 'good', 0,
    'grow_at', silent_until + tonumber(ARGV[5]), 'reaction', heard, 'words', ARGV[2])
end
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('EXPIRE', KEYS[1], 86400) end
return {math.max(0, silent_until - now), most, refused}
