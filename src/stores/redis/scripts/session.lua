-- Precedes every script that changes sessions or reads more of them than whether one is live. Not a script by itself.
--
-- KEYS[1]  the account: one hash with everything about it, so that each script is atomic and in one cluster slot
-- ARGV[1]  the tag of this call
-- Returns  {KEYS[1], ARGV[1], ...} from every script, so that an answer can be matched to its call
--
-- Fields of the hash (integers big-endian, times in ms):
--   a           version ':' disabled (0 or 1) ':' from ':' role    what the account may do, as far as Redis knows
--   <id 16>     family 16 | token 16 | created 6 | seen 6 | expires 6 | absolute expiry 5 | authenticated 5 |
--               version of the account 6
--               (absolute expiry and authenticated as ms since created)
--   <id 16> p   last spent token 16 | spent at 6 | nonce of its successor; absent before the first rotation
--   <id 16> o   the client that used it last; opaque here
--
-- A session is live only if its version is at least `from`: it then was started, or kept, after the last change that ends
-- sessions.
--
-- All times are the server's. Every script that writes ends with settle(), which leaves no key without a TTL.

local key, tag = KEYS[1], ARGV[1]

-- Up to this many fields a writing script reads all of them, beyond it a sample, so that its time does not grow with the
-- number of sessions. Only scripts that return or end all sessions read all.
local few = 128
local sample = 30

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Returns version, whether disabled, role, from; nil if Redis does not know the account.
local function account()
  local mark = redis.call('HGET', key, 'a')
  if not mark then return nil end
  local version, disabled, from, role = string.match(mark, '^(%d+):([01]):(%d+):(.*)$')
  return tonumber(version), disabled == '1', role, tonumber(from)
end

local function mark(version, disabled, from, role)
  return string.format('%.0f:%s:%.0f:%s', version, disabled and '1' or '0', from, role)
end

local function expiry(record)
  return (struct.unpack('>I6', record, 45))
end

-- Returns created, seen, expires, absolute, authenticated, version of the account.
local function times(record)
  local created, seen, expires, absolute, authenticated, started = struct.unpack('>I6I6I6I5I5I6', record, 33)
  return created, seen, expires, created + absolute, created + authenticated, started
end

-- A clock that was set back must not have anyone authenticated before the session was created: that is no number to store.
local function record(tokens, created, seen, expires, absolute, authenticated, version)
  local sinceCreated = math.max(authenticated - created, 0)
  return tokens .. struct.pack('>I6I6I6I5I5I6', created, seen, expires, absolute - created, sinceCreated, version)
end

-- Whether the account has ended the sessions of this one's time. A record of an earlier version of this server is shorter.
local function ended(record, from)
  return #record < 66 or struct.unpack('>I6', record, 61) < (from or 0)
end

-- Returns the session if it is live: not expired, its account known, not disabled, and it has not ended the sessions of its time.
local function live(id, at)
  local found = redis.call('HGET', key, id)
  local version, disabled, _, from = account()
  if not found or not version or disabled or ended(found, from) then return nil end
  local created, seen, expires, absolute, authenticated, started = times(found)
  if expires <= at then return nil end
  return {
    family = string.sub(found, 1, 16),
    token = string.sub(found, 17, 32),
    created = created,
    seen = seen,
    expires = expires,
    absolute = absolute,
    authenticated = authenticated,
    started = started,
  }
end

-- Returns the state of a token of a live session: 'current', 'replayable' (and the nonce of its successor), 'spent', or
-- 'unknown' if it is of another family.
local function recognize(session, id, family, token, window, at)
  if session.family ~= family then return 'unknown' end
  if session.token == token then return 'current' end
  local previous = redis.call('HGET', key, id .. 'p')
  if previous and string.sub(previous, 1, 16) == token then
    local spent = struct.unpack('>I6', previous, 17)
    -- A clock that was set back must not prolong the window by as much.
    if window > 0 and math.abs(at - spent) < window then return 'replayable', string.sub(previous, 23) end
  end
  return 'spent'
end

local function remove(id)
  redis.call('HDEL', key, id, id .. 'p', id .. 'o')
end

-- Removes every session that the account has ended.
local function removeEnded()
  local _, _, _, from = account()
  local found = redis.call('HGETALL', key)
  for i = 1, #found, 2 do
    if #found[i] == 16 and ended(found[i + 1], from) then remove(found[i]) end
  end
end

-- Removes at most `limit` expired sessions and leaves the TTL of the key. Returns their number, and the latest expiry of the
-- others it read, or 0.
local function removeExpired(at, limit)
  local latest, removed = 0, 0
  local found
  if redis.call('HLEN', key) <= few then
    found = redis.call('HGETALL', key)
  else
    found = redis.call('HRANDFIELD', key, sample, 'WITHVALUES')
  end
  for i = 1, #found, 2 do
    if #found[i] == 16 then
      local expires = expiry(found[i + 1])
      if expires > at then
        latest = math.max(latest, expires)
      elseif removed < limit then
        remove(found[i])
        removed = removed + 1
      end
    end
  end
  return removed, latest
end

-- Removes expired sessions and sets the TTL of the key: it expires with its last session, but not within 10 minutes, when
-- a login that was under way at this write may still end. Every script that writes calls it.
-- `written`: the expiry of a session just written, or 0.
local function settle(at, written)
  local fields = redis.call('HLEN', key)
  if fields == 0 then return end
  -- Of many fields only a sample is read: the present TTL may be that of a session outside it.
  local known = fields > few and redis.call('PTTL', key) + at or 0
  local _, latest = removeExpired(at, math.huge)
  redis.call('PEXPIREAT', key, string.format('%.0f', math.max(written, at + 600000, known, latest)))
end
