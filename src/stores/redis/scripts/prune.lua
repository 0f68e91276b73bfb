-- Removes expired sessions of an account.
--
-- KEYS[1]  the account
-- ARGV[1]  tag   ARGV[2]  how many at most
-- returns  {key, tag, how many it removed}
return { key, tag, settle(now(), 0, tonumber(ARGV[2])) }
