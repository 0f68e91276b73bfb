-- The smallest possible rotation: changes the token of a session if the presented one is current.
-- KEYS[1] the session's hash. ARGV: presented token, next token, lifetime in ms. Returns 1 if it was changed.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'token', ARGV[2], 'previous', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
