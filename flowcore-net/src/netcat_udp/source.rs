use async_trait::async_trait;
use bytes::Bytes;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};
use memchr::memchr;
use tokio::net::UdpSocket;

use super::NetcatUdpConfig;
use crate::listening::{Announce, bind_udp};
use crate::udp::{Datagram, LostEvents, Server};
use crate::{ListenAddresses, NetError};

/// The longest datagram there is.
const LONGEST: usize = 65_535;

/// Puts the first lines of datagrams into channels. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_net::{NetcatUdpConfig, NetcatUdpSource};
///
/// let source = NetcatUdpSource::new(NetcatUdpConfig::new("localhost", 44444));
/// assert_eq!((source.lost().count(), source.cut().count()), (0, 0));
/// ```
#[derive(Debug)]
pub struct NetcatUdpSource {
    config: NetcatUdpConfig,
    announce: Announce,
    lost: LostEvents,
    cut: LostEvents,
    socket: Option<UdpSocket>,
}

impl NetcatUdpSource {
    /// Listens when it starts.
    pub fn new(config: NetcatUdpConfig) -> Self {
        let (lost, cut) = (LostEvents::default(), LostEvents::default());
        Self { config, announce: Announce::new(), lost, cut, socket: None }
    }

    /// Says where it listens.
    pub fn addresses(&self) -> ListenAddresses {
        self.announce.addresses()
    }

    /// Counts the events that found no room.
    pub fn lost(&self) -> LostEvents {
        self.lost.clone()
    }

    /// Counts the datagrams that had more than a line.
    pub fn cut(&self) -> LostEvents {
        self.cut.clone()
    }

    async fn open(&mut self, name: &str) -> Result<UdpSocket, NetError> {
        if let Some(socket) = self.socket.take() {
            return Ok(socket);
        }
        let socket = bind_udp(&self.config.bind, self.config.port).await?;
        self.announce.tell(name, socket.local_addr().into_iter().collect());
        Ok(socket)
    }

    fn parse(&self) -> impl FnMut(Datagram<'_>) -> Option<Event> + Send + 'static {
        let (cut, header) = (self.cut(), self.config.remote_address_header.clone());
        move |Datagram { bytes, peer, .. }| {
            let end = memchr(b'\n', bytes).unwrap_or(bytes.len());
            if end + 1 < bytes.len() {
                cut.count_one();
            }
            let event = Event::new(Bytes::copy_from_slice(&bytes[..end]));
            Some(match &header {
                Some(name) => event.with_header(name.clone(), peer.to_string()),
                None => event,
            })
        }
    }
}

#[async_trait]
impl Source<Event> for NetcatUdpSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.socket = Some(self.open(&context.name).await?);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let socket = self.open(&out.context().name.clone()).await?;
        let server = Server { socket, size: LONGEST, lost: self.lost() };
        server.serve(out, self.parse()).await
    }
}
