//! The sink that posts, against a server of HTTP.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Clock, TaskSet};
use flowcore::event::Event;
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use flowcore_net::{ClientTls, HttpSink, HttpSinkConfig, HttpSinkError, KeyStore, ServerTls, StatusRules};
use flowcore_testkit::{Certificate, free_port};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// What a server was asked, and what it answers next; 200 when nothing is left.
#[derive(Debug, Default)]
struct Seen {
    bodies: Vec<String>,
    headers: Vec<Vec<String>>,
    answers: VecDeque<u16>,
    connections: usize,
}

struct Server {
    port: u16,
    seen: Arc<Mutex<Seen>>,
    _tasks: TaskSet<()>,
}

async fn answer(request: Request<Incoming>, seen: Arc<Mutex<Seen>>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let status = {
        let mut seen = seen.lock().unwrap();
        seen.bodies.push(String::from_utf8(body.to_vec()).unwrap());
        let named = |name: &str| parts.headers[name].to_str().unwrap().to_owned();
        let path = format!("{} {}", parts.method, parts.uri);
        seen.headers.push(vec![path, named("content-type"), named("accept"), named("host")]);
        seen.answers.pop_front().unwrap_or(200)
    };
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let mut response = Response::new(Full::new(Bytes::from("what it thinks of it")));
    *response.status_mut() = status.try_into().unwrap();
    if status == 299 {
        // The connection is closed behind the answer.
        response.headers_mut().insert("connection", "close".try_into().unwrap());
    }
    response
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, seen: Arc<Mutex<Seen>>) {
    let service = service_fn(move |request| {
        let seen = seen.clone();
        async move { Ok::<_, Infallible>(answer(request, seen).await) }
    });
    let _ = Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Server {
    async fn start(answers: impl IntoIterator<Item = u16>, tls: Option<ServerTls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen { answers: answers.into_iter().collect(), ..Seen::default() }));
        let acceptor = tls.map(|tls| tls.acceptor().unwrap());
        let (mut tasks, shared) = (TaskSet::new(), seen.clone());
        tasks.spawn("server", async move {
            let mut connections = TaskSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, acceptor) = (shared.clone(), acceptor.clone());
                seen.lock().unwrap().connections += 1;
                connections.spawn("connection", async move {
                    match acceptor {
                        None => serve(stream, seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, seen, _tasks: tasks }
    }

    fn config(&self) -> HttpSinkConfig {
        let only_2xx = StatusRules::new(true).with("2XX", false).unwrap();
        let config = HttpSinkConfig::new(&format!("http://127.0.0.1:{}/in?a=b", self.port)).unwrap();
        config.rollback(only_2xx.clone()).backoff(only_2xx)
    }

    fn bodies(&self) -> Vec<String> {
        self.seen.lock().unwrap().bodies.clone()
    }
}

async fn started(config: HttpSinkConfig) -> HttpSink {
    let mut sink = HttpSink::new(config);
    sink.start(&ComponentContext::new("http", Clock::system())).await.unwrap();
    sink
}

async fn send(sink: &mut HttpSink, body: &'static str) -> Result<(), SinkError> {
    sink.deliver(&[Event::new(body)]).await
}

fn cause(error: &SinkError) -> &HttpSinkError {
    std::error::Error::source(error).unwrap().downcast_ref().unwrap()
}

#[tokio::test]
async fn each_body_is_posted_with_the_headers_that_were_asked_for_over_one_connection() {
    let server = Server::start([], None).await;
    let config = server.config().content_type("application/json").unwrap().accept("text/html").unwrap();
    let mut sink = started(config).await;
    for body in ["one", "two", "three"] {
        send(&mut sink, body).await.unwrap();
    }
    assert_eq!(server.bodies(), ["one", "two", "three"]);
    let seen = server.seen.lock().unwrap();
    let host = format!("127.0.0.1:{}", server.port);
    assert_eq!(seen.headers[0], ["POST /in?a=b", "application/json", "text/html", &host]);
    assert_eq!((seen.connections, sink.counts().connections(), sink.counts().requests()), (1, 1, 3));
}

#[tokio::test]
async fn what_an_answer_means_is_said_by_its_status_its_group_and_the_default() {
    /// Status, rollback.200, rollback.2XX, default; whether it is delivered.
    type Row = (u16, Option<bool>, Option<bool>, bool, bool);
    let table: [Row; 8] = [
        (200, None, None, true, false),
        (200, None, None, false, true),
        (200, None, Some(false), true, true),
        (200, Some(true), Some(false), false, false),
        (200, Some(false), Some(true), true, true),
        (201, Some(false), None, true, false),
        (503, Some(true), Some(true), false, true),
        (404, None, Some(false), true, false),
    ];
    for (status, exact, group, default, is_delivered) in table {
        let server = Server::start([status], None).await;
        let mut rules = StatusRules::new(default);
        for (statuses, holds) in [("200", exact), ("2XX", group)] {
            if let Some(holds) = holds {
                rules = rules.with(statuses, holds).unwrap();
            }
        }
        let mut sink = started(server.config().rollback(rules).backoff(StatusRules::new(true))).await;
        let sent = send(&mut sink, "event").await;
        assert_eq!(sent.is_ok(), is_delivered, "{status} {exact:?} {group:?} {default}");
        if let Err(error) = sent {
            assert!(error.retries());
            assert!(matches!(cause(&error), HttpSinkError::Answered { status: s, .. } if *s == status));
        }
    }
}

#[tokio::test]
async fn a_rollback_without_a_pause_sends_the_event_again_at_once() {
    let server = Server::start([500, 500, 200], None).await;
    let counted = StatusRules::new(false).with("500", true).unwrap();
    let config = server.config().backoff(StatusRules::new(false)).increment_metrics(counted);
    let mut sink = started(config).await;
    send(&mut sink, "event").await.unwrap();
    assert_eq!((server.bodies().len(), sink.counts().counted()), (3, 2));
}

#[tokio::test]
async fn after_an_answer_that_is_delivered_and_asks_for_a_pause_the_next_event_waits() {
    let server = Server::start([], None).await;
    let mut sink = started(server.config().backoff(StatusRules::new(true))).await;
    send(&mut sink, "first").await.unwrap();
    let watch = Clock::system().stopwatch();
    send(&mut sink, "second").await.unwrap();
    assert!(watch.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.bodies(), ["first", "second"]);
}

#[tokio::test]
async fn an_empty_body_is_delivered_without_being_sent() {
    let server = Server::start([], None).await;
    let mut sink = started(server.config()).await;
    send(&mut sink, "").await.unwrap();
    assert_eq!((server.bodies().len(), sink.counts().empty(), sink.counts().requests()), (0, 1, 0));
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_made_anew() {
    let server = Server::start([299, 200], None).await;
    let mut sink = started(server.config()).await;
    send(&mut sink, "first").await.unwrap();
    send(&mut sink, "second").await.unwrap();
    assert_eq!((server.bodies().len(), server.seen.lock().unwrap().connections), (2, 2));
}

#[tokio::test]
async fn no_answer_in_time_is_an_error_that_says_so_and_may_pass() {
    let server = Server::start([0, 200], None).await;
    let mut sink = started(server.config().request_timeout(Duration::from_secs(2))).await;
    let error = send(&mut sink, "event").await.unwrap_err();
    assert!(matches!(cause(&error), HttpSinkError::TooSlow { what: "answer", .. }) && error.retries());
    send(&mut sink, "event").await.unwrap();
    assert_eq!(server.bodies(), ["event", "event"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_does_not_shake_hands_is_named() {
    let port = free_port();
    let free = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let endpoint = format!("https://127.0.0.1:{port}/");
    let config = HttpSinkConfig::new(&endpoint).unwrap().connect_timeout(Duration::from_secs(1));
    let mut sink = started(config.tls(ClientTls::new().trust_all_certs(true))).await;
    let error = send(&mut sink, "event").await.unwrap_err();
    assert!(matches!(cause(&error), HttpSinkError::TooSlow { what: "accept a connection", .. }), "{error:?}");
    drop(free);
    let error = send(&mut sink, "event").await.unwrap_err();
    assert!(matches!(cause(&error), HttpSinkError::Connect { .. }), "{error:?}");
    assert!(cause(&error).to_string().contains(&port.to_string()) && error.retries());
}

#[tokio::test]
async fn over_tls_it_posts_to_whom_it_trusts_and_to_nobody_else() {
    let certificate = Certificate::make();
    let tls = || ServerTls::new(certificate.pem(), certificate.key()).unwrap();
    let server = Server::start([], Some(tls())).await;
    let config = || {
        let config = HttpSinkConfig::new(&format!("https://localhost:{}/", server.port)).unwrap();
        config.rollback(StatusRules::new(false)).backoff(StatusRules::new(false))
    };
    let trusted = KeyStore::read(&certificate.pem(), None).unwrap();
    let mut sink = started(config().tls(ClientTls::new().truststore(trusted))).await;
    send(&mut sink, "secret").await.unwrap();
    assert_eq!(server.bodies(), ["secret"]);
    let other = KeyStore::read(&Certificate::make().pem(), None).unwrap();
    let mut sink = started(config().tls(ClientTls::new().truststore(other))).await;
    let error = send(&mut sink, "secret").await.unwrap_err();
    assert!(matches!(cause(&error), HttpSinkError::Connect { .. }), "{error:?}");
    assert_eq!(server.bodies().len(), 1);
}
