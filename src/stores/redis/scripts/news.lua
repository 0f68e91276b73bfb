-- What was announced after a place in the feed, at most a thousand at once.
--
-- KEYS[1]  the feed
-- ARGV[1]  tag   ARGV[2]  the place, or empty
-- returns  {key, tag, place, user id, place, user id, ...}; without a place {key, tag, the last place there is}
--
-- Deleting what cannot be there changes nothing and is not written down, but only a master does it: nobody listens to a replica
-- that has lost its own.
redis.call('XDEL', KEYS[1], '0-0')
local answer = { KEYS[1], ARGV[1] }
if ARGV[2] == '' then
  local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
  answer[3] = last[1] and last[1][1] or '0-0'
  return answer
end
local found = redis.call('XREAD', 'COUNT', 1000, 'STREAMS', KEYS[1], ARGV[2])
if not found then return answer end
for _, entry in ipairs(found[1][2]) do
  answer[#answer + 1] = entry[1]
  answer[#answer + 1] = entry[2][2]
end
return answer
