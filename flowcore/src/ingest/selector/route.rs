/// The channels that an event goes to, as bits: cheap enough to make one for each event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Route {
    required: u64,
    /// None of the required ones.
    optional: u64,
}

impl Route {
    /// How many channels a source may have.
    pub const MAX_CHANNELS: usize = 64;

    /// To these channels, and the put fails if one of them refuses. Numbers from 64 are left out.
    #[must_use]
    pub fn required(channels: impl IntoIterator<Item = usize>) -> Self {
        Self { required: bits(channels), optional: 0 }
    }

    /// To these channels as far as they have room: one that refuses goes without the event. Numbers from
    /// 64 are left out.
    #[must_use]
    pub fn optional(channels: impl IntoIterator<Item = usize>) -> Self {
        Self { required: 0, optional: bits(channels) }
    }

    /// Also to these channels as far as they have room. A channel that is required stays required.
    #[must_use]
    pub fn and_optional(self, channels: impl IntoIterator<Item = usize>) -> Self {
        self.and(Self::optional(channels))
    }

    /// Whether the channel must take the event.
    pub fn requires(self, channel: usize) -> bool {
        self.required & bit(channel) != 0
    }

    /// Whether the channel gets the event if it has room.
    pub fn offers(self, channel: usize) -> bool {
        self.optional & bit(channel) != 0
    }

    /// The channels of both: one that either requires is required.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let required = self.required | other.required;
        Self { required, optional: (self.optional | other.optional) & !required }
    }

    /// Whether it leads nowhere.
    pub fn is_empty(self) -> bool {
        self.required | self.optional == 0
    }

    /// Whether it offers the event to any channel.
    pub(crate) fn has_optional(self) -> bool {
        self.optional != 0
    }

    /// The last channel that must take the event.
    pub(crate) fn last_required(self) -> Option<usize> {
        self.required.checked_ilog2().map(|bit| bit as usize)
    }

    /// Only those of the first `channels` channels.
    pub(crate) fn within(self, channels: usize) -> Self {
        let known = bits(0..channels);
        Self { required: self.required & known, optional: self.optional & known }
    }
}

fn bits(channels: impl IntoIterator<Item = usize>) -> u64 {
    channels.into_iter().fold(0, |bits, channel| bits | bit(channel))
}

fn bit(channel: usize) -> u64 {
    u32::try_from(channel).ok().and_then(|shift| 1u64.checked_shl(shift)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn a_required_channel_is_not_offered_as_well() {
        let route = Route::required([0, 63]).and_optional([0, 1, 64, 1_000]);
        let required: Vec<usize> = (0..100).filter(|&channel| route.requires(channel)).collect();
        let offered: Vec<usize> = (0..100).filter(|&channel| route.offers(channel)).collect();
        assert_eq!((required, offered), (vec![0, 63], vec![1]));
        assert_eq!(route.last_required(), Some(63));
    }

    #[test]
    fn a_route_is_cut_to_the_channels_that_there_are() {
        let route = Route::required([1, 5]).and_optional([2]).within(2);
        assert_eq!(route, Route::required([1]));
        assert_eq!(Route::default().last_required(), None);
        assert!(Route::default().is_empty() && !route.is_empty());
    }
}
