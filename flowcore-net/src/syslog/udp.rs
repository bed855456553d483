use std::net::IpAddr;

use async_trait::async_trait;
use flowcore::base::TaskSet;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::SyslogUdpConfig;
use super::frame::Framer;
use super::message::MessageParser;
use super::peer::address_text;
use crate::listening::{Announce, bind_udp};
use crate::peer::HostNames;
use crate::udp::{Datagram, LostEvents, Server};
use crate::{ListenAddresses, NetError};

/// Addresses whose names wait to be looked up.
const ASKED: usize = 64;

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
    names: HostNames,
}

impl SyslogUdpSource {
    /// Listens when it starts.
    pub fn new(config: SyslogUdpConfig) -> Self {
        let (announce, lost, names) = (Announce::new(), LostEvents::default(), HostNames::new());
        Self { config, announce, lost, socket: None, names }
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

    /// `ask` takes addresses whose names are to be looked up.
    fn parse(&self, ask: mpsc::Sender<IpAddr>) -> impl FnMut(Datagram<'_>) -> Option<Event> + Send + 'static {
        let parser = MessageParser::new(self.config.keep_fields, self.config.timezone.0.clone())
            .own_format(self.config.own_format.clone());
        let mut framer = Framer::new(self.config.event_size);
        let (header, names) = (self.config.client_ip_header.clone(), self.names.clone());
        let hostname_header = self.config.client_hostname_header.clone();
        move |Datagram { bytes, peer, now }| {
            let mut event = None;
            framer.datagram(bytes, |message, status| event = Some(parser.event(message, status, now)));
            let (mut event, address) = (event?, peer.ip());
            if let Some(header) = &header {
                event.headers.insert(header.clone(), address_text(address));
            }
            if let Some(header) = &hostname_header {
                let name = names.known(address);
                if name.is_none() {
                    // When many are asked for already, a later datagram asks.
                    let _ = ask.try_send(address);
                }
                event.headers.insert(header.clone(), name.unwrap_or_else(|| address_text(address)));
            }
            Some(event)
        }
    }
}

/// Looks up what is asked for, one after the other, so that it is known then.
async fn look_up(names: HostNames, mut asked: mpsc::Receiver<IpAddr>) {
    while let Some(address) = asked.recv().await {
        names.name_of(address).await;
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
        let (ask, asked) = mpsc::channel(ASKED);
        let mut tasks = TaskSet::new();
        tasks.spawn("host names", look_up(self.names.clone(), asked));
        server.serve(out, self.parse(ask)).await
    }
}
