use flowcore::event::Event;
use flowcore::ingest::{MemoryChannel, MemoryChannelBuilder};

use crate::components::memory_budget;
use crate::registry::{SettingError, Settings};

/// Bytes of a slot: a body takes whole ones.
const SLOT: usize = 100;

pub(super) fn memory(settings: &Settings<'_>) -> Result<MemoryChannelBuilder, SettingError> {
    let channel = MemoryChannel::<Event>::builder().capacity(settings.number("capacity")?);
    let channel = channel.transaction(settings.number("transactionCapacity")?);
    let channel = in_slots(channel, settings, SLOT)?;
    Ok(channel.keep_alive(settings.seconds("keep-alive")?))
}

pub(super) fn pseudo(settings: &Settings<'_>) -> Result<MemoryChannelBuilder, SettingError> {
    let capacity = settings.number("capacity")?;
    let channel = MemoryChannel::<Event>::builder().capacity(capacity).transaction(capacity);
    let channel = channel.weigh_by(SLOT, slots).bytes(usize::MAX).budget(memory_budget());
    Ok(channel.keep_alive(settings.seconds("keep-alive")?))
}

/// Counts bodies in slots, and keeps a share of the bytes for headers. What is not said is shared.
pub(super) fn in_slots(
    channel: MemoryChannelBuilder,
    settings: &Settings<'_>,
    slot: usize,
) -> Result<MemoryChannelBuilder, SettingError> {
    let channel = channel.weigh_by(slot, slots);
    let (channel, bytes) = match settings.optional("byteCapacity", Settings::number::<u64>)? {
        None => (channel.budget(memory_budget()), memory_budget().limit() as u64),
        Some(0) => return Ok(channel.bytes(usize::MAX)),
        Some(bytes) => (channel, bytes),
    };
    let headers: u64 = settings.number("byteCapacityBufferPercentage")?;
    let bodies = u128::from(bytes) * u128::from(100 - headers.min(100)) / 100;
    let bodies = usize::try_from(bodies).unwrap_or(usize::MAX);
    Ok(channel.bytes((bodies / slot).max(1).saturating_mul(slot)))
}

/// An empty body is one slot. Most bodies are: they are not divided.
fn slots(event: &Event, slot: usize) -> usize {
    let length = event.body.len();
    if length <= slot { slot } else { length.div_ceil(slot).saturating_mul(slot) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use flowcore::base::Token;
    use flowcore::event::Event;
    use flowcore::ingest::{Channel, MemoryChannel};

    use super::super::tests::with_settings;
    use super::{SLOT, memory, memory_budget};

    const BODY: usize = 256 << 20;

    /// How many bodies fit in.
    async fn filled(channel: &MemoryChannel) -> usize {
        // Never written to: it takes no memory.
        let body = Bytes::from(vec![0; BODY]);
        let mut count = 0;
        loop {
            let mut put = channel.begin_put().await.unwrap();
            if put.put(vec![Event::new(body.clone())]).await.is_err() {
                return count;
            }
            put.commit(Token::untracked()).await.unwrap();
            count += 1;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn channels_that_say_nothing_of_bytes_share_the_memory_of_the_process() {
        let build = |keys: &str| {
            let keys = format!("type = memory\ncapacity = 1000000\nkeep-alive = 0\n{keys}");
            with_settings(&keys, |settings| memory(settings).unwrap().build("c1"))
        };
        let (first, second) = (build(""), build("byteCapacityBufferPercentage = 0"));
        let all = memory_budget().limit() / BODY;
        let most = all * 8 / 10;
        let filled_first = filled(&first).await;
        assert!((most - 1..=most).contains(&filled_first), "{filled_first} of {all}");
        let filled_second = filled(&second).await;
        assert!((all - 1..=all).contains(&(filled_first + filled_second)), "{filled_second} more of {all}");
        drop(first);
        assert!(filled(&second).await >= filled_first - 1);
        let own = build(&format!("byteCapacity = {}\nbyteCapacityBufferPercentage = 0", BODY + SLOT));
        assert_eq!(filled(&own).await, 1);
    }
}
