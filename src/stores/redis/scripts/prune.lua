-- Removes expired sessions of an account. The key ends when it would have: who only tidies up keeps nothing alive.
--
-- KEYS[1]  the account
-- ARGV[1]  tag   ARGV[2]  how many at most
-- returns  {key, tag, how many it removed}
local removed = removeExpired(now(), tonumber(ARGV[2]))
return { key, tag, removed }
