-- Stores what an account may do now, unless a newer version is known; also for an account without sessions, because a
-- login whose credential was checked before the change may be under way. Removes the sessions that the change ends. The owner
-- of a kept session has just proved who they are.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  version
-- ARGV[3]  '1' if disabled
-- ARGV[4]  role
-- ARGV[5]  version from which sessions are live
-- ARGV[6]  id of a session to keep   ARGV[7]  its new digests (family, token)   ARGV[8]  idle lifetime, ms; or all three absent
-- Returns  {key, tag}; for a kept session that is live {key, tag, created, seen, expires, authenticated, client}
local version, from, id = tonumber(ARGV[2]), tonumber(ARGV[5]), ARGV[6]
local at = now()
local kept = id and live(id, at)
local known, _, _, knownFrom = account()
if not known or version >= known then
  redis.call('HSET', key, 'a', mark(version, ARGV[3] == '1', from, ARGV[4]))
end

local expires = 0
if kept and version >= (known or 0) and ARGV[3] ~= '1' then
  expires = math.min(at + ARGV[8], kept.absolute)
  redis.call('HSET', key, id, record(ARGV[7], kept.created, at, expires, kept.absolute, at, version))
  redis.call('HDEL', key, id .. 'p')
end
if from > (knownFrom or 0) then removeEnded() end
settle(at, expires)
if expires == 0 then return { key, tag } end
return { key, tag, kept.created, at, expires, math.max(at, kept.created), redis.call('HGET', key, id .. 'o') }
