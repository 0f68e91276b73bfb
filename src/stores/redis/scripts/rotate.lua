-- Spends a refresh token.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  session id
-- ARGV[3]  family
-- ARGV[4]  token
-- ARGV[5]  successor
-- ARGV[6]  nonce of the successor
-- ARGV[7]  idle lifetime, ms
-- ARGV[8]  reuse window, ms
-- ARGV[9]  client
-- ARGV[10] version of the account
-- ARGV[11] role
-- ARGV[12] version from which sessions are live
-- Returns  {key, tag, 'rotated', created, seen, expires, authenticated}
--          {key, tag, 'replayed', created, seen, expires, authenticated, client, nonce}
--          {key, tag, 'reused'}: the session is removed
--          {key, tag, 'unknown'}
local id, token = ARGV[2], ARGV[4]
local known = account()
local version = tonumber(ARGV[10])
if known and version > known then redis.call('HSET', key, 'a', mark(version, false, ARGV[12], ARGV[11])) end

local at = now()
local session = live(id, at)
if not session then return { key, tag, 'unknown' } end
local state, nonce = recognize(session, id, ARGV[3], token, tonumber(ARGV[8]), at)

if state == 'current' then
  local expires = math.min(at + ARGV[7], session.absolute)
  redis.call('HSET', key,
    id, record(ARGV[3] .. ARGV[5], session.created, at, expires, session.absolute, session.authenticated, session.started),
    id .. 'p', token .. struct.pack('>I6', at) .. ARGV[6], id .. 'o', ARGV[9])
  settle(at, expires)
  return { key, tag, 'rotated', session.created, at, expires, session.authenticated }
elseif state == 'replayable' then
  local client = redis.call('HGET', key, id .. 'o')
  return { key, tag, 'replayed', session.created, session.seen, session.expires, session.authenticated, client, nonce }
elseif state == 'spent' then
  remove(id)
  settle(at, 0)
  return { key, tag, 'reused' }
end
return { key, tag, 'unknown' }
