-- Returns live sessions of an account, newest first, then by descending id.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  '1' to include those of a disabled account
-- ARGV[3]  the most to return; '' for all
-- ARGV[4]  the time of the session to continue after; '' from the beginning
-- ARGV[5]  the id of that session
-- Returns  {key, tag, {id, created, seen, expires, authenticated, client}, ...}
local answer = { key, tag }
local version, disabled, _, from = account()
if not version or (disabled and ARGV[2] ~= '1') then return answer end

-- Byte by byte: `<` on strings goes by the locale of the server.
local function isHigher(one, other)
  for i = 1, 16 do
    local a, b = string.byte(one, i), string.byte(other, i)
    if a ~= b then return a > b end
  end
  return false
end

local function isFirst(one, other)
  if one.created ~= other.created then return one.created > other.created end
  return isHigher(one.id, other.id)
end

local at = now()
local after = ARGV[4] ~= '' and { created = tonumber(ARGV[4]), id = ARGV[5] } or nil
local found = redis.call('HGETALL', key)
local sessions = {}
for i = 1, #found, 2 do
  if #found[i] == 16 and expiry(found[i + 1]) > at and not ended(found[i + 1], from) then
    local created, seen, expires, _, authenticated = times(found[i + 1])
    local session = { id = found[i], created = created, seen = seen, expires = expires, authenticated = authenticated }
    if not after or isFirst(after, session) then sessions[#sessions + 1] = session end
  end
end
table.sort(sessions, isFirst)
local most = ARGV[3] == '' and #sessions or math.min(#sessions, tonumber(ARGV[3]))
for i = 1, most do
  local session = sessions[i]
  local client = redis.call('HGET', key, session.id .. 'o')
  answer[#answer + 1] = { session.id, session.created, session.seen, session.expires, session.authenticated, client }
end
return answer
