-- What a session is worth now. Asked with every request, so it stands alone and is short.
--
-- KEYS[1]  the account
-- ARGV[1]  tag   ARGV[2]  session id
-- returns  one text: key, tag, and if the session is live the role and how many milliseconds it has left; a space between
--
-- Deleting a field that cannot be there changes nothing and is not written down, but only a master does it: a server that
-- was demoted, or cut off from the replicas it is told to have, does not know what has been revoked since, and says so.
local write = redis.pcall('HDEL', KEYS[1], '')
if type(write) == 'table' and (string.find(write.err, 'READONLY', 1, true) or string.find(write.err, 'NOREPLICAS', 1, true)) then
  return redis.error_reply('READONLY this server may not know what has been revoked')
end
local found = redis.call('HMGET', KEYS[1], ARGV[2], 'a')
local echo = KEYS[1] .. ' ' .. ARGV[1]
if not found[1] or not found[2] then return echo end
local time = redis.call('TIME')
local left = struct.unpack('>I6', found[1], 45) - time[1] * 1000 - math.floor(time[2] / 1000)
local disabled, role = string.match(found[2], '^%d+:([01]):(.*)$')
if left <= 0 or disabled ~= '0' then return echo end
return echo .. ' ' .. role .. ' ' .. string.format('%.0f', left)
