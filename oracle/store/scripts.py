"""What must hold together in the store, as scripts that its server runs at one stroke. Pure.

Each begins by asking whether who calls still holds the feed lease, and touches only the keys that it is given: all
share the braces of one prefix, and so one slot of a Redis Cluster. None works on more than one part of a message, so
that a server that others use too is never held up.
"""

from __future__ import annotations

#: Histories that a script thins at most: each takes it some 0.1 ms.
MAX_THINNED = 8

#: Bytes of a history's limit x the share of a point's age that the next one follows it by. With 336 points a minute
#: apart those of the last half an hour stay as they are, a day ago they are an hour apart, and 30 days ago a day.
GAP_SHARE = 192

#: One part of a message.
#:
#: KEYS: lease, message.
#: ARGV: 1 lease, 2 channel, 3 number of the part, 4 the part, 5 its life in ms, 6 parts of the message if this is the
#: last one, else 0.
SAY = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
local parts = tonumber(ARGV[6])
if parts > 0 and redis.call('HLEN', KEYS[2]) ~= parts then
  for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
    local known = tonumber(field) or 0
    if known < 1 or known > parts then redis.call('HDEL', KEYS[2], field) end
  end
end
redis.call('PUBLISH', ARGV[2], ARGV[4])
return 1
"""

#: Points of histories of one origin.
#:
#: KEYS: lease, origins, the history of each point.
#: ARGV: 1 lease, 2 origin, 3 seconds now, 4 the most bytes of a history, 5 the oldest moment of one, 6 its life in s,
#: 7 the points.
#:
#: A history that has grown too long keeps points that are the farther apart the older they are. Not all are thinned at
#: once: those of one market grow together.
KEEP = f"""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end

-- Not every server has a library for this: a double of eight bytes, the last of them first.
local function read_moment(series, at)
  local b1, b2, b3, b4, b5, b6, b7, b8 = string.byte(series, at, at + 7)
  if b8 >= 128 then return 0 end
  local fraction = (((((((b7 % 16) * 256 + b6) * 256 + b5) * 256 + b4) * 256 + b3) * 256 + b2) * 256 + b1) / 2^52
  return (1 + fraction) * 2^(b8 * 16 + math.floor(b7 / 16) - 1023)
end

local function thin(key, limit)
  local series = redis.call('GETRANGE', key, 0, 2 * limit - 1)
  local newest = read_moment(series, #series - 15)
  local share = {GAP_SHARE} / limit
  local kept
  repeat
    local following = math.huge
    kept = {{}}
    for at = #series - 15, 1, -16 do
      local moment = read_moment(series, at)
      if moment < tonumber(ARGV[5]) then break end
      if following > moment and following - moment > share * (newest - moment) then
        kept[#kept + 1] = string.sub(series, at, at + 15)
        following = moment
      end
    end
    share = 1.5 * share
  until 64 * #kept <= 3 * limit
  local ordered = {{}}
  for place = #kept, 1, -1 do ordered[#ordered + 1] = kept[place] end
  redis.call('SET', key, table.concat(ordered), 'EX', ARGV[6])
end

redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[6])
local points, limit, thinned = ARGV[7], tonumber(ARGV[4]), 0
for i = 3, #KEYS do
  local at = 16 * (i - 3)
  local length = redis.call('APPEND', KEYS[i], string.sub(points, at + 1, at + 16))
  if length % 128 == 16 then redis.call('EXPIRE', KEYS[i], ARGV[6]) end
  if length > limit and thinned < {MAX_THINNED} then
    thin(KEYS[i], limit)
    thinned = thinned + 1
  end
end
return 1
"""

#: Give or renew the lease.
#:
#: KEYS: lease, last lease. ARGV: 1 holder, 2 life in ms, 3 milliseconds of the clock, 4 life of the last lease in s.
ACQUIRE = """
local lease = redis.call('GET', KEYS[1])
if lease and string.match(lease, '^%d+ (.*)$') ~= ARGV[1] then return string.sub(lease, 1, 1024) end
if not lease then
  local last = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) ')
  local term = math.max(tonumber(ARGV[3]), 1 + (tonumber(last or 0)))
  lease = string.format('%.0f ', term) .. ARGV[1]
end
redis.call('SET', KEYS[1], lease, 'PX', ARGV[2])
redis.call('SET', KEYS[2], lease, 'EX', ARGV[4])
return lease
"""

#: Give the lease back. KEYS: lease. ARGV: 1 holder.
RELEASE = """
local lease = redis.call('GET', KEYS[1])
if lease and string.match(lease, '^%d+ (.*)$') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
