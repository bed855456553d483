use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};
use tokio::net::UdpSocket;

use super::SyslogUdpConfig;
use super::frame::Framer;
use super::message::MessageParser;
use super::peer::address_text;
use crate::listening::{Announce, bind_udp};
use crate::udp::{Datagram, LostEvents, Server};
use crate::{ListenAddresses, NetError};

/// Puts messages of syslog that come over UDP into channels. See the [module](super) for its guarantees.
///
/// A datagram is one message, to its first newline; one that is longer than
/// [`SyslogUdpConfig::event_size`] is cut there. Headers and body are those of
/// [`SyslogTcpSource`](super::SyslogTcpSource).
///
/// ```
/// use flowcore_net::{SyslogUdpConfig, SyslogUdpSource};
///
/// let source = SyslogUdpSource::new(SyslogUdpConfig::new(5140));
/// assert_eq!(source.lost().count(), 0);
/// ```
#[derive(Debug)]
pub struct SyslogUdpSource {
    config: SyslogUdpConfig,
    announce: Announce,
    lost: LostEvents,
    socket: Option<UdpSocket>,
}

impl SyslogUdpSource {
    /// Listens when it starts.
    pub fn new(config: SyslogUdpConfig) -> Self {
        Self { config, announce: Announce::new(), lost: LostEvents::default(), socket: None }
    }

    /// Says where it listens.
    pub fn addresses(&self) -> ListenAddresses {
        self.announce.addresses()
    }

    /// Counts the events that found no room.
    pub fn lost(&self) -> LostEvents {
        self.lost.clone()
    }

    async fn open(&mut self, name: &str) -> Result<UdpSocket, NetError> {
        if let Some(socket) = self.socket.take() {
            return Ok(socket);
        }
        let socket = bind_udp(&self.config.host, self.config.port).await?;
        self.announce.tell(name, socket.local_addr().into_iter().collect());
        Ok(socket)
    }

    fn parse(&self) -> impl FnMut(Datagram<'_>) -> Option<Event> + Send + 'static {
        let parser = MessageParser::new(self.config.keep_fields, self.config.timezone.0.clone());
        let mut framer = Framer::new(self.config.event_size);
        let header = self.config.client_ip_header.clone();
        move |Datagram { bytes, peer, now }| {
            let mut event = None;
            framer.datagram(bytes, |message, status| event = Some(parser.event(message, status, now)));
            let (event, name) = (event?, header.as_ref());
            Some(match name {
                Some(name) => event.with_header(name.clone(), address_text(peer.ip())),
                None => event,
            })
        }
    }
}

#[async_trait]
impl Source<Event> for SyslogUdpSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.socket = Some(self.open(&context.name).await?);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let socket = self.open(&out.context().name.clone()).await?;
        let server = Server { socket, size: self.config.event_size, lost: self.lost() };
        server.serve(out, self.parse()).await
    }
}
