-- Announces in the feed that an account changed, or one of its sessions.
--
-- KEYS[1]  feed (stream)
-- ARGV[1]  tag
-- ARGV[2]  user id
-- Returns  {key, tag}
--
-- Readers are at most 100 ms behind or start anew, so a short stream is enough.
-- XTRIM comes first: a server that is out of memory refuses a script at its first command that needs memory, unless one
-- that needs none ran before. So sessions can be ended there too.
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', '4096')
redis.call('XADD', KEYS[1], '*', 'user', ARGV[2])
redis.call('PEXPIRE', KEYS[1], '3600000')
return { KEYS[1], ARGV[1] }
