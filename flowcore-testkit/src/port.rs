use std::net::TcpListener;
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below those that the system gives to the near end of connections: nobody takes one while its server is away.
/// Browsers refuse some, the last of them 10,080.
const PORTS: Range<u16> = 10_100..32_000;

/// How many were looked at here.
static LOOKED_AT: AtomicU16 = AtomicU16::new(0);

/// A port of this machine that nobody listened on a moment ago, for programs that cannot choose one. No port is
/// given twice in one process before all others were, and processes begin at different ones.
///
/// # Panics
/// When none is free.
#[expect(clippy::panic, reason = "a test cannot go on without it")]
pub fn free_port() -> u16 {
    let [.., high, low] = std::process::id().wrapping_mul(0x9E37_79B9).to_le_bytes();
    let first = u16::from_le_bytes([high, low]);
    for _ in PORTS {
        let turn = LOOKED_AT.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + first.wrapping_add(turn) % (PORTS.end - PORTS.start);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port in {PORTS:?} is free");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_are_none_that_connections_get() {
        let mut ports: Vec<u16> = (0..100).map(|_| free_port()).collect();
        assert!(ports.iter().all(|port| PORTS.contains(port)), "{ports:?}");
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 100);
    }
}
