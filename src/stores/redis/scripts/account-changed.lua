-- Stores what an account may do now, unless a newer version is known; also for an account without sessions, because a
-- login whose credential was checked before the change may be under way.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  version
-- ARGV[3]  '1' if disabled
-- ARGV[4]  role
-- Returns  {key, tag}
local version = tonumber(ARGV[2])
local known = account()
if not known or version >= known then
  redis.call('HSET', key, 'a', mark(version, ARGV[3] == '1', ARGV[4]))
  settle(now(), 0)
end
return { key, tag }
