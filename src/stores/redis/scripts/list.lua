-- Returns the live sessions of an account, in no order.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  '1' to include those of a disabled account
-- Returns  {key, tag, {id, created, seen, expires, client}, ...}
local answer = { key, tag }
local version, disabled, _, from = account()
if not version or (disabled and ARGV[2] ~= '1') then return answer end

local at = now()
local found = redis.call('HGETALL', key)
local clients = {}
for i = 1, #found, 2 do
  if #found[i] == 17 and string.sub(found[i], 17) == 'o' then clients[string.sub(found[i], 1, 16)] = found[i + 1] end
end
for i = 1, #found, 2 do
  if #found[i] == 16 and expiry(found[i + 1]) > at and not ended(found[i + 1], from) then
    local created, seen, expires = struct.unpack('>I6I6I6', found[i + 1], 33)
    answer[#answer + 1] = { found[i], created, seen, expires, clients[found[i]] }
  end
end
return answer
