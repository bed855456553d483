use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Backoff, Clock, TaskSet};
use flowcore::ingest::agent::AgentObserver;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{MonitorConfig, answer};

/// Connections that are served at once.
const CONNECTIONS: usize = 16;
/// A request must be there in this time.
const HEAD: Duration = Duration::from_secs(10);
/// A connection lasts no longer.
const LONGEST: Duration = Duration::from_mins(5);

/// Answers requests about an agent until it is dropped. A port that is taken does not end it: it logs that and
/// tries again, as an agent without a monitor is better than none.
///
/// ```no_run
/// use flowcore::ingest::Agent;
/// use flowcore_agent::monitor::{Monitor, MonitorConfig};
///
/// # async fn watched(agent: Agent) -> Result<(), Box<dyn std::error::Error>> {
/// let handle = agent.start().await?;
/// let mut monitor = Monitor::start(MonitorConfig { port: 0, ..MonitorConfig::default() }, handle.observer());
/// println!("see http://{}/metrics", monitor.address().await);
/// handle.wait().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Monitor {
    address: watch::Receiver<Option<SocketAddr>>,
    /// Ends with the monitor.
    task: TaskSet<()>,
}

impl Monitor {
    /// Starts to listen, inside a runtime.
    pub fn start(config: MonitorConfig, observer: AgentObserver) -> Self {
        let (tell, address) = watch::channel(None);
        let mut task = TaskSet::new();
        task.spawn("monitor", async move {
            let listener = listen(&config, &tell).await;
            serve(&listener, Arc::new(Service { config, observer, clock: Clock::system() })).await;
        });
        Self { address, task }
    }

    /// Waits until it listens, and says where. For ever when it cannot. Safe to cancel.
    pub async fn address(&mut self) -> SocketAddr {
        let address = self.address.wait_for(Option::is_some).await.ok().and_then(|address| *address);
        match address {
            Some(address) => address,
            None => std::future::pending().await,
        }
    }

    /// Whether it was started and not dropped.
    pub fn is_running(&self) -> bool {
        !self.task.is_empty()
    }
}

async fn listen(config: &MonitorConfig, tell: &watch::Sender<Option<SocketAddr>>) -> TcpListener {
    let mut pause = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
    let host = config.host.trim_start_matches('[').trim_end_matches(']');
    loop {
        let bound = TcpListener::bind((host, config.port)).await;
        match bound.and_then(|listener| Ok((listener.local_addr()?, listener))) {
            Ok((address, listener)) => {
                tracing::info!(%address, format = ?config.format, "monitoring listens");
                tell.send_replace(Some(address));
                return listener;
            }
            Err(error) => {
                let (host, port) = (&config.host, config.port);
                tracing::error!(%host, port, %error, "monitoring cannot listen and tries again");
                Clock::system().sleep(pause.next_delay()).await;
            }
        }
    }
}

async fn serve(listener: &TcpListener, service: Arc<Service>) {
    let mut connections = TaskSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => connections.spawn("connection", Arc::clone(&service).converse(stream)),
                Err(error) => {
                    tracing::warn!(%error, "monitoring could not accept a connection");
                    service.clock.sleep(Duration::from_millis(200)).await;
                }
            },
        }
    }
}

struct Service {
    config: MonitorConfig,
    observer: AgentObserver,
    clock: Clock,
}

impl Service {
    async fn converse(self: Arc<Self>, stream: TcpStream) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(16 * 1024);
        let service = service_fn(|request: Request<Incoming>| {
            let response = self.respond(&request);
            async { Ok::<_, Infallible>(response) }
        });
        let served = http.serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            end = served => if let Err(error) = end {
                tracing::debug!(%error, "a connection of the monitor broke");
            },
            () = self.clock.sleep(LONGEST) => {}
        }
    }

    fn respond(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let answer = answer(method, path, self.config.format, self.clock.now(), || self.observer.snapshot());
        let mut response = Response::new(Full::from(answer.body));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
        response
    }
}
