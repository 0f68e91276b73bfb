-- Ends one session, whatever the state of its account.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  session id
-- ARGV[3]  a token family: the session stays if it has this one; or empty
-- Returns  {key, tag, 1 if it was live, else 0}
local id = ARGV[2]
local found = redis.call('HGET', key, id)
if not found or string.sub(found, 1, 16) == ARGV[3] then return { key, tag, 0 } end

local at = now()
local _, _, _, from = account()
local wasLive = expiry(found) > at and not ended(found, from) and 1 or 0
remove(id)
settle(at, 0)
return { key, tag, wasLive }
