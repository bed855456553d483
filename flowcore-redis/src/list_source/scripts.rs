//! The steps that must not be torn, as the server runs them.
//!
//! Keys of all of them: 1 queue, 2 pending, 3 lease, 4 owner, 5 taken, 6 commit, 7 consumers. A script stops
//! at its first error, and what it wrote before stays: so each checks types and ownership first.

use bytes::Bytes;
use redis::Pipeline;

use super::keys::Keys;

/// Arguments: consumer, token, lease in ms. Answers how many entries went back to the queue, or -1 when the
/// token is the owner already: then a repetition, early or late, changes nothing.
pub(super) const ACQUIRE: &str = "
if redis.call('GET', KEYS[4]) == ARGV[2] then return -1 end
redis.call('LLEN', KEYS[1]) redis.call('LLEN', KEYS[2])
redis.call('SADD', KEYS[7], ARGV[1])
redis.call('SET', KEYS[4], ARGV[2])
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
redis.call('SET', KEYS[5], '0')
local back = 0
while redis.call('LMOVE', KEYS[2], KEYS[1], 'RIGHT', 'LEFT') do back = back + 1 end
return back";

/// Arguments: token, how many at most, how many were received so far, consumer, lease in ms. When the last
/// answer was lost, answers what it said; otherwise moves entries. An owner that is missing says that the
/// server has lost what it had: then the consumer begins anew.
pub(super) const TAKE: &str = "
local owner = redis.call('GET', KEYS[4])
if not owner then
  redis.call('SADD', KEYS[7], ARGV[4])
  redis.call('SET', KEYS[4], ARGV[1])
  redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[5])
elseif owner ~= ARGV[1] then
  return redis.error_reply('FENCED not the owner')
end
local lost = tonumber(redis.call('GET', KEYS[5]) or '0') - tonumber(ARGV[3])
if lost > 0 then return redis.call('LRANGE', KEYS[2], -lost, -1) end
if lost < 0 then redis.call('SET', KEYS[5], ARGV[3]) end
local entries = {}
for i = 1, tonumber(ARGV[2]) do
  local entry = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
  if not entry then break end
  entries[i] = entry
end
if #entries > 0 then redis.call('INCRBY', KEYS[5], #entries) end
return entries";

/// Arguments: token, lease in ms.
pub(super) const RENEW: &str = "
local owner = redis.call('GET', KEYS[4])
if owner and owner ~= ARGV[1] then return redis.error_reply('FENCED not the owner') end
if owner then redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2]) end
return 1";

/// Arguments: token, number of the commit, entries. Removes them. A commit that is not newer than the last one
/// changes nothing: it is a repetition, or one that was given up comes late over a connection of the past.
pub(super) const REMOVE: &str = "
local owner = redis.call('GET', KEYS[4])
if owner and owner ~= ARGV[1] then return redis.error_reply('FENCED not the owner') end
if tonumber(string.match(redis.call('GET', KEYS[6]) or '', ARGV[1] .. '/(%d+)$') or '0') >= tonumber(ARGV[2]) then return 0 end
for i = 3, #ARGV do redis.call('LREM', KEYS[2], 1, ARGV[i]) end
redis.call('SET', KEYS[6], ARGV[1] .. '/' .. ARGV[2])
return 1";

/// Arguments: token, number of the commit, entries. Puts them back to the head of the queue, in their order.
pub(super) const GIVE_BACK: &str = "
local owner = redis.call('GET', KEYS[4])
if owner and owner ~= ARGV[1] then return redis.error_reply('FENCED not the owner') end
if tonumber(string.match(redis.call('GET', KEYS[6]) or '', ARGV[1] .. '/(%d+)$') or '0') >= tonumber(ARGV[2]) then return 0 end
for i = #ARGV, 3, -1 do
  if redis.call('LREM', KEYS[2], 1, ARGV[i]) > 0 or not owner then redis.call('LPUSH', KEYS[1], ARGV[i]) end
end
redis.call('SET', KEYS[6], ARGV[1] .. '/' .. ARGV[2])
return 1";

/// Arguments: consumer, token. Gives back everything and forgets the consumer. The owner says so for a week,
/// so that a zombie does not take the name for its own.
pub(super) const RELEASE: &str = "
local owner = redis.call('GET', KEYS[4])
if not owner or owner == 'released' then return 0 end
if owner ~= ARGV[2] then return redis.error_reply('FENCED not the owner') end
local back = 0
while redis.call('LMOVE', KEYS[2], KEYS[1], 'RIGHT', 'LEFT') do back = back + 1 end
redis.call('DEL', KEYS[3], KEYS[5], KEYS[6])
redis.call('SET', KEYS[4], 'released', 'EX', 604800)
redis.call('SREM', KEYS[7], ARGV[1])
return back";

/// The same for a consumer that is dead. Argument: consumer. Answers -1 when it lives after all.
pub(super) const RESCUE: &str = "
if redis.call('EXISTS', KEYS[3]) == 1 then return -1 end
local back = 0
while redis.call('LMOVE', KEYS[2], KEYS[1], 'RIGHT', 'LEFT') do back = back + 1 end
redis.call('DEL', KEYS[5], KEYS[6])
redis.call('SET', KEYS[4], 'taken back', 'EX', 604800)
redis.call('SREM', KEYS[7], ARGV[1])
return back";

/// A call of `script` for `keys`. The text goes with every call: it is short, and a server that was
/// restarted has forgotten all scripts.
pub(super) fn call(script: &str, keys: &Keys, arguments: &[&str], entries: &[Bytes]) -> Pipeline {
    let mut pipe = Pipeline::new();
    pipe.cmd("EVAL").arg(script).arg(7).arg(&keys.all()[..]).arg(arguments);
    for entry in entries {
        pipe.arg(&entry[..]);
    }
    pipe
}
