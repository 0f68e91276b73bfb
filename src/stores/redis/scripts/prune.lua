-- Removes expired sessions of an account. Leaves the TTL of the key, so that sweeping never keeps one alive.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  the most to remove
-- Returns  {key, tag, number removed}
local removed = removeExpired(now(), tonumber(ARGV[2]))
return { key, tag, removed }
