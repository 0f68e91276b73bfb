-- Returns the state of sessions. Runs with every request, so it stands alone and is short.
--
-- KEYS     accounts
-- ARGV[1]  tag
-- ARGV[2]  session ids, one per account, 16 bytes each
-- Returns  one text: KEYS[1], tag and one word per account, separated by spaces. For a live session the word is
--          role ':' version of the account ':' milliseconds left; for any other it is '-'.
--
-- Only a master accepts a write. Deleting a field that cannot exist changes nothing and is not replicated, but fails on a
-- server that was demoted, or has fewer replicas than min-replicas-to-write: it may lack the latest revocations.
local write = redis.pcall('HDEL', KEYS[1], '')
if type(write) == 'table' and (string.find(write.err, 'READONLY', 1, true) or string.find(write.err, 'NOREPLICAS', 1, true)) then
  return redis.error_reply('READONLY this server may not know what has been revoked')
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = { KEYS[1], ARGV[1] }
for i = 1, #KEYS do
  local found = redis.call('HMGET', KEYS[i], string.sub(ARGV[2], 16 * i - 15, 16 * i), 'a')
  local word = '-'
  -- A record of an earlier version of this server is shorter: its session has ended.
  if found[1] and #found[1] == 66 and found[2] then
    local expires, _, _, started = struct.unpack('>I6I5I5I6', found[1], 45)
    local left = expires - now
    local version, disabled, from, role = string.match(found[2], '^(%d+):([01]):(%d+):(.*)$')
    if left > 0 and disabled == '0' and started >= tonumber(from) then word = role .. ':' .. version .. ':' .. string.format('%.0f', left) end
  end
  answer[i + 2] = word
end
return table.concat(answer, ' ')
