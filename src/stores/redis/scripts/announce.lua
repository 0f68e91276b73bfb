-- Tells whoever keeps copies that an account, or a session of it, is not what it was.
--
-- KEYS[1]  the feed: a stream
-- ARGV[1]  tag   ARGV[2]  user id
-- returns  {key, tag}
--
-- Readers are a tenth of a second behind or start anew, so little has to be kept, and that not for long.
-- Full, a server refuses the first command of a script that needs room, and none after one that needs none: trimming first lets
-- sessions be ended there too.
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', '4096')
redis.call('XADD', KEYS[1], '*', 'user', ARGV[2])
redis.call('PEXPIRE', KEYS[1], '3600000')
return { KEYS[1], ARGV[1] }
