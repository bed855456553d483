use flowcore::event::Event;
use flowcore_net::syslog::Zone;
use flowcore_net::{
    Charset, MultiportSyslogConfig, MultiportSyslogSource, SyslogTcpConfig, SyslogTcpSource, SyslogUdpConfig,
    SyslogUdpSource,
};
use flowcore_testkit::{Random, free_port, pause, until, within};
use tokio::net::{TcpStream, UdpSocket};

use crate::drive::{Driven, rest, send};

fn tcp_config() -> SyslogTcpConfig {
    SyslogTcpConfig::new(0).host("127.0.0.1").timezone(Zone::UTC)
}

fn udp_config() -> SyslogUdpConfig {
    SyslogUdpConfig::new(0).host("127.0.0.1").timezone(Zone::UTC)
}

async fn tcp(config: SyslogTcpConfig) -> Driven {
    let source = SyslogTcpSource::new(config);
    let addresses = source.addresses();
    Driven::new(source, addresses).await
}

async fn multiport(config: MultiportSyslogConfig) -> Driven {
    let source = MultiportSyslogSource::new(config.host("127.0.0.1"));
    let addresses = source.addresses();
    Driven::new(source, addresses).await
}

async fn udp_sender(driven: &Driven) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(driven.addresses[0]).await.unwrap();
    socket
}

fn header<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    event.headers.get(name)
}

fn number_of(event: &Event) -> usize {
    str::from_utf8(&event.body).unwrap().parse().unwrap()
}

#[tokio::test]
async fn messages_over_tcp_become_events_with_the_headers_of_their_form() {
    let driven = tcp(tcp_config().client_ip_header("peer").keep_fields("hostname".parse().unwrap())).await;
    let mut stream = driven.connect().await;
    send(&mut stream, b"<165>1 2003-10-11T22:14:15.003Z web1 body\nno syslog\n<13>half a").await;
    drop(stream);
    let events = driven.events(2).await;
    assert_eq!(events[0].body, "web1 body");
    assert_eq!(header(&events[0], "timestamp"), Some("1065910455003"));
    assert_eq!(header(&events[0], "peer"), Some("127.0.0.1"));
    assert_eq!(events[1].body, "no syslog");
    assert_eq!(header(&events[1], "flume.syslog.status"), Some("Invalid"));
    driven.stop().await;
}

#[tokio::test]
async fn a_message_over_tcp_that_is_too_long_is_given_out_and_goes_on() {
    let driven = tcp(tcp_config().event_size(20)).await;
    let mut stream = driven.connect().await;
    send(&mut stream, b"<13>1 - - long body and its rest\n<13>1 - - b\n").await;
    let events = driven.events(3).await;
    let seen: Vec<_> =
        events.iter().map(|event| (&event.body[..], header(event, "flume.syslog.status"))).collect();
    assert_eq!(
        seen,
        [(&b"long body "[..], Some("Incomplete")), (b"and its rest", Some("Invalid")), (b"b", None)]
    );
    driven.stop().await;
}

#[tokio::test]
async fn messages_in_random_pieces_lose_nothing_and_keep_their_order() {
    let seed = 41;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let driven = tcp(tcp_config()).await;
    let mut stream = driven.connect().await;
    let text: String = (0..500).fold(String::new(), |text, number| format!("{text}<13>1 - - {number}\n"));
    let mut left = text.as_bytes();
    while !left.is_empty() {
        let (piece, after) = left.split_at(random.index(200).min(left.len()));
        send(&mut stream, piece).await;
        left = after;
    }
    let numbers: Vec<_> = driven.events(500).await.iter().map(number_of).collect();
    assert_eq!(numbers, (0..500).collect::<Vec<_>>());
    driven.stop().await;
}

/// More than the sockets hold waits at the sender until the channel has room.
#[tokio::test]
async fn a_full_channel_stops_the_sender_and_loses_nothing() {
    let source = SyslogTcpSource::new(tcp_config());
    let addresses = source.addresses();
    let driven = Driven::with_room(source, addresses, 10).await;
    let mut stream = driven.connect().await;
    let text: String = (0..2000).fold(String::new(), |text, number| format!("{text}<13>1 - - {number}\n"));
    send(&mut stream, text.as_bytes()).await;
    until(async || driven.waiting() >= 6).await;
    let numbers: Vec<_> = driven.events(2000).await.iter().map(number_of).collect();
    assert_eq!(numbers, (0..2000).collect::<Vec<_>>());
    driven.stop().await;
}

#[tokio::test]
async fn bytes_at_random_end_nothing() {
    let seed = 43;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let driven = tcp(tcp_config().event_size(50)).await;
    for _ in 0..20 {
        let mut stream = driven.connect().await;
        let bytes: Vec<u8> = (0..400).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        send(&mut stream, &bytes).await;
    }
    let mut stream = driven.connect().await;
    send(&mut stream, b"<13>1 - - still here\n").await;
    within(async { while driven.events(1).await[0].body != "still here" {} }).await;
    driven.stop().await;
}

#[tokio::test]
async fn each_port_has_its_charset_and_says_which_it_is() {
    let driven =
        multiport(MultiportSyslogConfig::new([0, 0]).port_header("port").client_ip_header("ip")).await;
    let ports: Vec<_> = driven.addresses.iter().map(std::net::SocketAddr::port).collect();
    assert_ne!(ports[0], ports[1]);
    for address in &driven.addresses {
        let mut stream = TcpStream::connect(*address).await.unwrap();
        send(&mut stream, "<34>1 2003-08-24T05:14:15Z höst body\n".as_bytes()).await;
        let event = driven.events(1).await.remove(0);
        assert_eq!(header(&event, "port"), Some(address.port().to_string().as_str()));
        assert_eq!(header(&event, "ip"), Some("127.0.0.1"));
        assert_eq!((header(&event, "host"), header(&event, "Priority")), (Some("höst"), Some("34")));
    }
    driven.stop().await;
    let free = free_port();
    let latin = Charset::named("ISO-8859-1").unwrap();
    let driven = multiport(MultiportSyslogConfig::new([free]).charset_port(free, latin)).await;
    let mut stream = driven.connect().await;
    send(&mut stream, b"<34>1 2003-08-24T05:14:15Z h\xF6st body\n").await;
    assert_eq!(header(&driven.events(1).await[0], "host"), Some("höst"));
    driven.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_leaves_the_others_serving() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let driven = multiport(MultiportSyslogConfig::new([port, 0])).await;
    assert_eq!(driven.addresses.len(), 1);
    let mut stream = driven.connect().await;
    send(&mut stream, b"<34>- h b\n\nlost").await;
    let events = driven.events(2).await;
    assert_eq!(events[0].body, "b");
    assert_eq!((events[1].body.len(), header(&events[1], "flume.syslog.status")), (0, Some("Invalid")));
    driven.stop().await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_datagram_is_one_message_to_its_newline() {
    let source = SyslogUdpSource::new(udp_config().event_size(30).client_ip_header("peer"));
    let (addresses, lost) = (source.addresses(), source.lost());
    let driven = Driven::new(source, addresses).await;
    let socket = udp_sender(&driven).await;
    for datagram in
        ["<13>1 - h one\nrest", "<13>1 - - two", "\n", "bad", "<13>1 - - 3 and more than there may be"]
    {
        socket.send(datagram.as_bytes()).await.unwrap();
    }
    let events = driven.events(4).await;
    let seen: Vec<_> =
        events.iter().map(|event| (&event.body[..], header(event, "flume.syslog.status"))).collect();
    let cut = (&b"3 and more than ther"[..], Some("Incomplete"));
    assert_eq!(seen, [(&b"one"[..], None), (b"two", None), (b"bad", Some("Invalid")), cut]);
    assert_eq!(header(&events[0], "peer"), Some("127.0.0.1"));
    assert_eq!(lost.count(), 0);
    driven.stop().await;
}

#[tokio::test]
async fn datagrams_that_find_no_room_are_counted_and_reading_goes_on() {
    let source = SyslogUdpSource::new(udp_config());
    let (addresses, lost) = (source.addresses(), source.lost());
    let driven = Driven::with_room(source, addresses, 5).await;
    let socket = udp_sender(&driven).await;
    let mut sent = 0_u64;
    within(async {
        while lost.count() == 0 {
            socket.send(format!("<13>1 - - {sent}").as_bytes()).await.unwrap();
            sent += 1;
            pause(1).await;
        }
    })
    .await;
    let numbers: Vec<_> = driven.events(5).await.iter().map(number_of).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    driven.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it_and_may_pass() {
    use flowcore::base::Clock;
    use flowcore::ingest::{ComponentContext, Source};
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut source = SyslogTcpSource::new(SyslogTcpConfig::new(port).host("127.0.0.1"));
    let error = source.start(&ComponentContext::new("syslog", Clock::system())).await.unwrap_err();
    assert!(error.retries());
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, format!("cannot listen on 127.0.0.1:{port}, another program does"));
}
