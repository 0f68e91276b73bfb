-- Notes what an account may do, unless something newer is known. Notes it also where there is no session: a login may be
-- under way that was checked before the change.
--
-- KEYS[1]  the account
-- ARGV[1]  tag   ARGV[2]  version   ARGV[3]  '1' if disabled   ARGV[4]  role
-- returns  {key, tag}
local version = tonumber(ARGV[2])
local known = account()
if not known or version >= known then
  redis.call('HSET', key, 'a', mark(version, ARGV[3] == '1', ARGV[4]))
  settle(now(), 0)
end
return { key, tag }
