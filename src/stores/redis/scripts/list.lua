-- Returns the live sessions of an account, in no order.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  '1' to include those of a disabled account
-- Returns  {key, tag, {id, created, seen, expires, authenticated, client}, ...}
local answer = { key, tag }
local version, disabled = account()
if not version or (disabled and ARGV[2] ~= '1') then return answer end

local at = now()
local found = redis.call('HGETALL', key)
local clients = {}
for i = 1, #found, 2 do
  if #found[i] == 17 and string.sub(found[i], 17) == 'o' then clients[string.sub(found[i], 1, 16)] = found[i + 1] end
end
for i = 1, #found, 2 do
  if #found[i] == 16 and expiry(found[i + 1]) > at then
    local created, seen, expires, _, authenticated = times(found[i + 1])
    answer[#answer + 1] = { found[i], created, seen, expires, authenticated, clients[found[i]] }
  end
end
return answer
