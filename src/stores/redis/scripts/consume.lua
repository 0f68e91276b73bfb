-- Adds to a counter, which begins with the first addition and ends one window later, whatever is added meanwhile.
--
-- KEYS[1]  the counter
-- ARGV[1]  tag   ARGV[2]  points   ARGV[3]  window ms
-- returns  {key, tag, the sum, ms until the counter ends}
local sum = redis.call('INCRBY', KEYS[1], ARGV[2])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  left = tonumber(ARGV[3])
end
return { KEYS[1], ARGV[1], sum, left }
