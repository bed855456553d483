/// Decides, twice in the time of a keep alive, whether to ping and whether the other side is gone.
#[derive(Debug, Default)]
pub(super) struct KeepAlive {
    has_sent: bool,
    has_received: bool,
    waits_for_pong: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    Nothing,
    Ping,
    Gone,
}

impl KeepAlive {
    pub(super) fn sent(&mut self) {
        self.has_sent = true;
    }

    pub(super) fn received(&mut self) {
        self.has_received = true;
        self.waits_for_pong = false;
    }

    /// Half of the time is over. Without `reading`, an answer may lie unread: then nobody counts as gone.
    pub(super) fn beat(&mut self, reading: bool) -> Beat {
        let (has_sent, has_received) =
            (std::mem::take(&mut self.has_sent), std::mem::take(&mut self.has_received));
        if self.waits_for_pong && reading {
            return Beat::Gone;
        }
        if has_sent && has_received {
            return Beat::Nothing;
        }
        self.waits_for_pong = reading;
        Beat::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_on_either_side_is_met_with_a_ping() {
        let mut alive = KeepAlive::default();
        alive.sent();
        alive.received();
        assert_eq!(alive.beat(true), Beat::Nothing);
        alive.sent();
        assert_eq!(alive.beat(true), Beat::Ping, "nothing came");
        alive.received();
        assert_eq!(alive.beat(true), Beat::Ping, "nothing was sent");
    }

    #[test]
    fn who_does_not_answer_a_ping_is_gone() {
        let mut alive = KeepAlive::default();
        assert_eq!(alive.beat(true), Beat::Ping);
        alive.sent();
        assert_eq!(alive.beat(true), Beat::Gone);
    }

    #[test]
    fn who_is_not_read_is_pinged_but_never_gone() {
        let mut alive = KeepAlive::default();
        for _ in 0..5 {
            assert_eq!(alive.beat(false), Beat::Ping);
            alive.sent();
        }
        assert_eq!(alive.beat(true), Beat::Ping, "now there is time to answer");
        assert_eq!(alive.beat(true), Beat::Gone);
    }
}
