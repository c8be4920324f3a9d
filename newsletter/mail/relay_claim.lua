-- Claim connections to a relay for one worker, and tell how the relay is. Times in milliseconds,
-- by the clock of Redis.
--
-- KEYS[1] the relay's health   KEYS[2] workers by the end of their claims   KEYS[3] their claims
-- KEYS[4] why staff must release the relay; "" if it is not stopped, absent if nobody looked
-- ARGV[1] worker   ARGV[2] connections wanted   ARGV[3] how long a claim lasts
-- ARGV[4] how long until the next growth   ARGV[5] connections that count as recovered
-- ARGV[6..9] what the worker remembers, should Redis have been emptied: how long the silence
--            still lasts, most connections (0: no limit), reaction, words
-- ARGV[10] the longest silence
-- returns connections, workers, silence left, most connections (0: no limit), reaction, words,
--         stop (false: look into the database), whether a success would be news
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local worker, wanted = ARGV[1], tonumber(ARGV[2])

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[2], gone)
  redis.call('HDEL', KEYS[3], gone)
end

if redis.call('EXISTS', KEYS[1]) == 0 and (tonumber(ARGV[6]) > 0 or tonumber(ARGV[7]) > 0) then
  redis.call('HSET', KEYS[1], 'silent_until', now + tonumber(ARGV[6]), 'most', ARGV[7],
    'good', 0, 'grow_at', now, 'reaction', ARGV[8], 'words', ARGV[9], 'silences', 1)
  redis.call('EXPIRE', KEYS[1], 86400)
end

local health = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do health[flat[i]] = flat[i + 1] end
local silence = math.max(0, (tonumber(health.silent_until) or 0) - now)
if silence > tonumber(ARGV[10]) then
  -- The clock has been set back since.
  silence = 0
  redis.call('HSET', KEYS[1], 'silent_until', 0, 'grow_at', now)
end
local most = tonumber(health.most) or 0
local good = health.good == '1'

if most > 0 and silence == 0 and good and now >= (tonumber(health.grow_at) or 0) then
  most = most * 2
  if most >= tonumber(ARGV[5]) then
    -- Well again. The key stays, so that no worker takes it for one that was emptied.
    most = 0
    redis.call('HSET', KEYS[1], 'most', 0, 'silences', 0, 'words', '', 'reaction', 'none')
  else
    redis.call('HSET', KEYS[1], 'most', most, 'grow_at', now + tonumber(ARGV[4]))
  end
end

local own = tonumber(redis.call('HGET', KEYS[3], worker) or 0)
local others, holders, before = 0, 0, 0
local held = redis.call('HGETALL', KEYS[3])
for i = 1, #held, 2 do
  local count = tonumber(held[i + 1])
  if count > 0 then
    holders = holders + 1
    if held[i] < worker then before = before + 1 end
    if held[i] ~= worker then others = others + count end
  end
end

local granted = wanted
if silence > 0 or (redis.call('GET', KEYS[4]) or '') ~= '' then
  granted = 0
elseif most > 0 then
  local room = most - others
  if own > 0 and own > room then
    -- Too many are open since the limit fell: each worker goes down to its share.
    local share = math.floor(most / holders)
    if before < most % holders then share = share + 1 end
    room = math.max(room, share)
  end
  granted = math.max(0, math.min(wanted, room))
end

redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), worker)
redis.call('HSET', KEYS[3], worker, granted)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
local news = 0
if most > 0 and not good then news = 1 end
return {granted, redis.call('ZCARD', KEYS[2]), silence, most, health.reaction or 'none',
  health.words or '', redis.call('GET', KEYS[4]), news}
