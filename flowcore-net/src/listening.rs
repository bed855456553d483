use std::net::SocketAddr;

use flowcore_tls::{ServerTls, TlsAcceptor};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;

use crate::NetError;

/// Where a source listens, told as soon as it does: port 0 is any free one.
#[derive(Debug, Clone)]
pub struct ListenAddresses(watch::Receiver<Vec<SocketAddr>>);

impl ListenAddresses {
    /// Waits until the source has started. `None` when it is gone before. Safe to cancel.
    pub async fn wait(&mut self) -> Option<Vec<SocketAddr>> {
        Some(self.0.wait_for(|addresses| !addresses.is_empty()).await.ok()?.clone())
    }
}

/// The source's side of [`ListenAddresses`].
#[derive(Debug)]
pub(crate) struct Announce(watch::Sender<Vec<SocketAddr>>);

impl Announce {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }

    pub(crate) fn addresses(&self) -> ListenAddresses {
        ListenAddresses(self.0.subscribe())
    }

    pub(crate) fn tell(&self, source: &str, addresses: Vec<SocketAddr>) {
        for address in &addresses {
            tracing::info!(%source, %address, "listening");
        }
        self.0.send_replace(addresses);
    }
}

/// A port, and how its connections begin.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
}

pub(crate) async fn listen(host: &str, port: u16, tls: Option<TlsAcceptor>) -> Result<Listener, NetError> {
    let bound = TcpListener::bind((bare(host), port)).await;
    let socket = bound.map_err(|cause| NetError::Listen { host: host.to_owned(), port, cause })?;
    Ok(Listener { socket, tls })
}

pub(crate) fn acceptor(tls: Option<&ServerTls>) -> Result<Option<TlsAcceptor>, NetError> {
    tls.map(ServerTls::acceptor).transpose().map_err(NetError::Tls)
}

pub(crate) async fn bind_udp(host: &str, port: u16) -> Result<UdpSocket, NetError> {
    let bound = UdpSocket::bind((bare(host), port)).await;
    bound.map_err(|cause| NetError::Listen { host: host.to_owned(), port, cause })
}

/// An address of IPv6 may stand in brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
