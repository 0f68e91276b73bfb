-- Returns what was announced after a position in the feed, at most 1000 entries.
--
-- KEYS[1]  feed (stream)
-- ARGV[1]  tag
-- ARGV[2]  position, or empty
-- Returns  {key, tag, position, user id, position, user id, ...}; for an empty position {key, tag, last position}
--
-- Only a master accepts a write: deleting an entry that cannot exist changes nothing and is not replicated, but fails on a
-- server that was demoted.
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
