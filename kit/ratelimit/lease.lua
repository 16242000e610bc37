-- Takes up to a slice of calls out of a caller's bucket, which is one number: when it would be full again
-- (GCRA, see local.go), in microseconds of Redis's own clock, so that replicas' clocks need not agree.
--
-- KEYS[1] the bucket; ARGV rate a second, burst, slice. Answers how many were taken and, where none, the
-- microseconds until one can be.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local step = 1000000 / tonumber(ARGV[1])
local depth = step * tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local room = math.floor((now + depth - full) / step + 0.000001)
if room < 1 then
  return {0, math.ceil(full + step - depth - now)}
end
local taken = math.min(room, tonumber(ARGV[3]))
full = full + taken * step
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
return {taken, 0}
