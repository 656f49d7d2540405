// The texts of the scripts.
#include "runtime/connector/redis/scripts.h"

namespace flow::redis {

namespace {

const std::string kNames = R"lua(
local marker, index, before, staged = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
)lua";

// Is the caller still the one?
const std::string kCheck = kNames + R"lua(
local holder = redis.call('HGET', marker, 'incarnation')
if not holder then return 'gone' end
if holder ~= ARGV[1] then return 'fenced' end
)lua";

// write(texts) writes packed rows. Every call costs, so rows are written a thousand at a time where
// a command can; Lua passes about 8,000 values to a call at most.
const std::string kWrite = R"lua(
local expires = 'inf'
if ttl > 0 then
  local now = redis.call('TIME')
  expires = now[1] * 1000 + math.floor(now[2] / 1000) + ttl
  redis.call('ZREMRANGEBYSCORE', index, '-inf', expires - ttl)
  expires = string.format('%.0f', expires)
end
local gone, strings, hashes, cleared, indexed, added = {}, {}, {}, {}, {}, {}
local function flush()
  if #gone > 0 then
    redis.call('DEL', unpack(gone))
    redis.call('ZREM', index, unpack(gone))
  end
  if #strings > 0 then redis.call('MSET', unpack(strings)) end
  if #cleared > 0 then
    redis.call('DEL', unpack(cleared))
    for i = 1, #hashes do redis.call('HSET', unpack(hashes[i])) end
  end
  if #added > 0 then
    redis.call('ZADD', index, unpack(indexed))
    if resync then redis.call('ZREM', before, unpack(added)) end
    if ttl > 0 then
      for i = 1, #added do redis.call('PEXPIRE', added[i], ttl) end
    end
  end
  gone, strings, hashes, cleared, indexed, added = {}, {}, {}, {}, {}, {}
end
local function write(rows)
  local unpack_value, at, size, n = struct.unpack, 1, #rows, 0
  local op, key, value, count
  while at <= size do
    op, key, at = unpack_value('>BI4c0', rows, at)
    n = n + 1
    if op == 0 then
      gone[#gone + 1] = key
    else
      if op == 1 then
        value, at = unpack_value('>I4c0', rows, at)
        strings[#strings + 1] = key
        strings[#strings + 1] = value
      else
        count, at = unpack_value('>I2', rows, at)
        local hash = {key}
        cleared[#cleared + 1] = key
        for i = 1, count do
          value, at = unpack_value('>I4c0', rows, at)
          hash[#hash + 1] = value
          if #hash == 4001 and i < count then
            hashes[#hashes + 1] = hash
            hash = {key}
          end
        end
        hashes[#hashes + 1] = hash
      end
      indexed[#indexed + 1] = expires
      indexed[#indexed + 1] = key
      added[#added + 1] = key
    end
    if n == 1000 then
      flush()
      n = 0
    end
  end
  flush()
end
)lua";

}  // namespace

const std::string kAttachScript = kNames + R"lua(
local old = redis.call('HGET', marker, 'incarnation')
redis.call('HSET', marker, 'incarnation', ARGV[1])
if old then redis.call('DEL', staged .. old) end
return {redis.call('HGET', marker, 'epoch'), redis.call('HGET', marker, 'manifest')}
)lua";

const std::string kCreateScript = kCheck + R"lua(
local epoch = redis.call('HGET', marker, 'epoch')
local manifest = redis.call('HGET', marker, 'manifest')
if epoch and (epoch ~= ARGV[2] or manifest ~= ARGV[3]) then return epoch .. ' of ' .. (manifest or '') end
redis.call('HSET', marker, 'epoch', ARGV[2], 'manifest', ARGV[3])
return 'ok'
)lua";

// The marker is the first thing written: a server without memory refuses that, and a script that it
// has let begin is not stopped half way.
const std::string kApplyScript = kCheck + R"lua(
local epoch = redis.call('HGET', marker, 'epoch')
local manifest = redis.call('HGET', marker, 'manifest')
if not epoch then return 'gone' end
if epoch ~= ARGV[2] or manifest ~= ARGV[3] then return epoch .. ' of ' .. (manifest or '') end
local count = tonumber(ARGV[7])
if count > 0 and redis.call('LLEN', staged .. ARGV[1]) ~= count then return 'unstaged' end
redis.call('HSET', marker, 'epoch', ARGV[4], 'manifest', ARGV[5])
local ttl, resync = tonumber(ARGV[6]), false
)lua" + kWrite + R"lua(
for i = 1, count do write(redis.call('LPOP', staged .. ARGV[1])) end
for i = 8, #ARGV do write(ARGV[i]) end
return 'ok'
)lua";

// A resync that was cut short has left both: keys of the old content and of the new.
const std::string kResyncBeginScript = kCheck + R"lua(
redis.call('HDEL', marker, 'epoch', 'manifest')
if redis.call('EXISTS', index) == 1 then
  if redis.call('EXISTS', before) == 1 then
    redis.call('ZUNIONSTORE', before, 2, before, index, 'AGGREGATE', 'MAX')
    redis.call('DEL', index)
  else
    redis.call('RENAME', index, before)
  end
end
return 'ok'
)lua";

const std::string kResyncRowsScript = kCheck + R"lua(
local ttl, resync = tonumber(ARGV[2]), true
)lua" + kWrite + R"lua(
write(ARGV[3])
return 'ok'
)lua";

const std::string kResyncSweepScript = kCheck + R"lua(
local keys = redis.call('ZRANGE', before, 0, 999)
if #keys == 0 then return 'ok' end
redis.call('DEL', unpack(keys))
redis.call('ZREM', before, unpack(keys))
return 'more'
)lua";

const std::string kResyncEndScript = kCheck + R"lua(
redis.call('HSET', marker, 'epoch', ARGV[2], 'manifest', ARGV[3])
return 'ok'
)lua";

}  // namespace flow::redis
