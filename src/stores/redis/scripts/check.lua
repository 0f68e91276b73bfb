-- What sessions are worth now. Asked with every request, so it stands alone and is short.
--
-- KEYS     the accounts
-- ARGV[1]  tag   ARGV[2]  the session ids, one per account, 16 bytes each
-- returns  one text: KEYS[1], tag, and per account a word, with a space between. The word of a live session is
--          role ':' version of the account ':' milliseconds it has left, that of any other '-'
--
-- Deleting a field that cannot be there changes nothing and is not written down, but only a master does it: a server that
-- was demoted, or cut off from the replicas it is told to have, does not know what has been revoked since, and says so.
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
  if found[1] and found[2] then
    local left = struct.unpack('>I6', found[1], 45) - now
    local version, disabled, role = string.match(found[2], '^(%d+):([01]):(.*)$')
    if left > 0 and disabled == '0' then word = role .. ':' .. version .. ':' .. string.format('%.0f', left) end
  end
  answer[i + 2] = word
end
return table.concat(answer, ' ')
