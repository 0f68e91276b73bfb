-- Starts a session, unless the account is known to have changed since the credential was checked.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  session id
-- ARGV[3]  digests (family, token)
-- ARGV[4]  version of the account
-- ARGV[5]  role
-- ARGV[6]  idle lifetime, ms
-- ARGV[7]  absolute lifetime, ms
-- ARGV[8]  client
-- ARGV[9]  version from which sessions are live
-- Returns  {key, tag, created, expires}; {key, tag} if superseded
local id, version = ARGV[2], tonumber(ARGV[4])
local known, disabled = account()
if known and (known > version or (known == version and disabled)) then return { key, tag } end

local at = now()
local absolute = at + ARGV[7]
local expires = math.min(at + ARGV[6], absolute)
redis.call('HSET', key, 'a', mark(version, false, ARGV[9], ARGV[5]),
  id, record(ARGV[3], at, at, expires, absolute, at, version), id .. 'o', ARGV[8])
settle(at, expires)
return { key, tag, at, expires }
