-- Ends all sessions of an account but one, whatever the state of the account.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  id of the session to keep, or empty
-- Returns  {key, tag, id, ...} with the ids of those that were live
local answer = { key, tag }
local at = now()
local _, _, _, from = account()
local found = redis.call('HGETALL', key)
for i = 1, #found, 2 do
  local id = found[i]
  if #id == 16 and id ~= ARGV[2] then
    if expiry(found[i + 1]) > at and not ended(found[i + 1], from) then answer[#answer + 1] = id end
    remove(id)
  end
end
settle(at, 0)
return answer
