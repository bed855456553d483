use std::net::TcpListener;

/// A port of this machine that nobody listened on a moment ago, for programs that cannot choose one.
///
/// # Panics
/// When the system has none.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("the address of a listener").port()
}
