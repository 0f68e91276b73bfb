-- Returns what using a refresh token would find now. Changes nothing.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  session id
-- ARGV[3]  family
-- ARGV[4]  token
-- ARGV[5]  reuse window, ms
-- Returns  {key, tag, 'current', 'replayable', 'spent' or 'unknown'}
local at = now()
local session = live(ARGV[2], at)
if not session then return { key, tag, 'unknown' } end
local state = recognize(session, ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), at)
return { key, tag, state }
