-- Returns how long ago the owner of a live session last proved who they are. Changes nothing.
--
-- KEYS[1]  account
-- ARGV[1]  tag
-- ARGV[2]  session id
-- Returns  {key, tag, ms}; {key, tag} if the session has ended
local at = now()
local session = live(ARGV[2], at)
if not session then return { key, tag } end
return { key, tag, at - session.authenticated }
