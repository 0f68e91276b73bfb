-- Gives a live session a new token of a new family.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  session id
-- ARGV[3]  digests (family, token)
-- ARGV[4]  idle lifetime, ms
-- ARGV[5]  '1' if the owner has just proved who they are
-- Returns  {key, tag, created, seen, expires, authenticated, client}; {key, tag} if the session has ended
local id = ARGV[2]
local at = now()
local session = live(id, at)
if not session then return { key, tag } end

local expires = math.min(at + ARGV[4], session.absolute)
local authenticated = ARGV[5] == '1' and at or session.authenticated
redis.call('HSET', key, id, record(ARGV[3], session.created, at, expires, session.absolute, authenticated))
redis.call('HDEL', key, id .. 'p')
settle(at, expires)
return { key, tag, session.created, at, expires, authenticated, redis.call('HGET', key, id .. 'o') }
