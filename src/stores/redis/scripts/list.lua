-- The live sessions of an account, in no order.
--
-- KEYS[1]  the account
-- ARGV[1]  tag   ARGV[2]  '1': also if the account is disabled
-- returns  {key, tag, {id, created, seen, expires, origin}, ...}
local answer = { key, tag }
local version, disabled = account()
if not version or (disabled and ARGV[2] ~= '1') then return answer end

local at = now()
local found = redis.call('HGETALL', key)
local origins = {}
for i = 1, #found, 2 do
  if #found[i] == 17 and string.sub(found[i], 17) == 'o' then origins[string.sub(found[i], 1, 16)] = found[i + 1] end
end
for i = 1, #found, 2 do
  if #found[i] == 16 and expiry(found[i + 1]) > at then
    local created, seen, expires = struct.unpack('>I6I6I6', found[i + 1], 33)
    answer[#answer + 1] = { found[i], created, seen, expires, origins[found[i]] or '' }
  end
end
return answer
