//! The HTTP client against servers that misbehave.

pub(crate) mod server;

use std::error::Error;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::free_port;
use hyper::header::{AUTHORIZATION, HeaderValue};
use ny_power::http::{HttpAnswer, HttpClient, HttpError, HttpLimits, HttpRequest};
use server::{Reply, ScriptedServer, answer};
use tempfile::TempDir;

const SHORT: Duration = Duration::from_millis(200);

fn client() -> HttpClient {
    HttpClient::new(limits())
}

fn limits() -> HttpLimits {
    HttpLimits { body_bytes: 1000, ..HttpLimits::default() }
}

async fn get(server: &ScriptedServer) -> Result<HttpAnswer, HttpError> {
    get_within(server, limits()).await
}

async fn get_within(server: &ScriptedServer, limits: HttpLimits) -> Result<HttpAnswer, HttpError> {
    HttpClient::new(limits).send(HttpRequest::get(server.url("/a/b?c=d").parse().unwrap())).await
}

async fn refusal(reply: Reply) -> (String, bool) {
    refusal_within(reply, limits()).await
}

async fn refusal_within(reply: Reply, limits: HttpLimits) -> (String, bool) {
    let server = ScriptedServer::start([reply]).await;
    let error = get_within(&server, limits).await.unwrap_err();
    (error.to_string().replace(&format!("127.0.0.1:{}", server.port()), "HOST"), error.is_retriable())
}

#[tokio::test]
async fn an_answer_of_any_status_is_an_answer() {
    for status in ["200 OK", "304 Not Modified", "404 Not Found", "500 Oh", "302 Found"] {
        let server = ScriptedServer::start([answer(status, &["ETag: \"1\""], "")]).await;
        let client = HttpClient::new(HttpLimits { redirects: 0, ..HttpLimits::default() });
        let answer = client.send(HttpRequest::get(server.url("/x?y").parse().unwrap())).await.unwrap();
        assert!(status.starts_with(answer.status.as_str()), "{status}");
        assert_eq!(answer.headers["etag"], "\"1\"");
        let asked = server.requests().remove(0);
        assert!(asked.starts_with("GET /x?y HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains(&format!("host: 127.0.0.1:{}\r\n", server.port())), "{asked}");
    }
}

#[tokio::test]
async fn a_body_comes_whole_with_a_length_in_chunks_or_up_to_the_end() {
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let to_the_end = "HTTP/1.1 200 OK\r\n\r\nabcde";
    for reply in
        [answer("200 OK", &[], "abcde"), Reply::Bytes(chunks.into()), Reply::Bytes(to_the_end.into())]
    {
        let server = ScriptedServer::start([reply]).await;
        assert_eq!(get(&server).await.unwrap().body, "abcde");
    }
}

#[tokio::test]
async fn a_post_sends_its_body_and_follows_no_redirect() {
    let server = ScriptedServer::start([answer("307 Temporary Redirect", &["Location: /b"], "")]).await;
    let request = HttpRequest::post(server.url("/a").parse().unwrap(), "x=1");
    assert_eq!(client().send(request).await.unwrap().status, 307);
    let asked = server.requests();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("POST /a ") && asked[0].ends_with("\r\n\r\nx=1"), "{asked:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_answer_and_can_be_asked_for_again() {
    let broken = ("the answer of http://HOST/a/b broke off or is no HTTP".to_owned(), true);
    for text in ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 200 OK\r\nCont", ""] {
        assert_eq!(refusal(Reply::Bytes(text.into())).await, broken, "{text:?}");
    }
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc";
    assert_eq!(refusal(Reply::Bytes(chunk.into())).await, broken);
}

#[tokio::test]
async fn what_is_no_http_is_not_asked_for_again() {
    let broken = ("the answer of http://HOST/a/b broke off or is no HTTP".to_owned(), false);
    for text in
        ["220 mail ready\r\n\r\n", "\u{16}\u{3}\u{1}........................\r\n", "HTTP/1.1 2x0 OK\r\n\r\n"]
    {
        assert_eq!(refusal(Reply::Bytes(text.into())).await, broken, "{text:?}");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_given_up_at_each_step() {
    for (text, step) in [
        ("", "answer"),
        ("HTTP/1.1 200 OK\r\nX: ", "answer"),
        ("HTTP/1.1 100 Continue\r\n\r\n", "answer"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "whole body"),
    ] {
        let expected = format!("no {step} from http://HOST/a/b within 0.2 s");
        let limits = match step {
            "answer" => HttpLimits { head: SHORT, ..limits() },
            _ => HttpLimits { body: SHORT, ..limits() },
        };
        let refused = refusal_within(Reply::Stall(text.into()), limits).await;
        assert_eq!(refused, (expected, true), "{text:?}");
    }
}

#[tokio::test]
async fn what_has_no_end_is_cut_at_the_limit() {
    let too_large = ("the answer of http://HOST/a/b has more than 1000 bytes".to_owned(), false);
    for text in [
        "HTTP/1.1 200 OK\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nx",
    ] {
        assert_eq!(refusal(Reply::Endless(text.into())).await, too_large, "{text:?}");
    }
    let head = refusal(Reply::Endless(b"HTTP/1.1 200 OK\r\nX: y".to_vec())).await;
    assert_eq!(head, ("the answer of http://HOST/a/b broke off or is no HTTP".to_owned(), false));
}

#[tokio::test]
async fn redirects_are_followed_so_often_and_no_secret_goes_along() {
    let other = ScriptedServer::start([answer("200 OK", &[], "there")]).await;
    let away = format!("Location: {}", other.url("/c"));
    let server = ScriptedServer::start([
        answer("301 Moved Permanently", &["Location: next"], ""),
        answer("302 Found", &[&away], ""),
    ])
    .await;
    let secret = HeaderValue::from_static("Basic c2VjcmV0");
    let request = HttpRequest::get(server.url("/a/b").parse().unwrap()).header(AUTHORIZATION, secret);
    assert_eq!(client().send(request).await.unwrap().body, "there");
    let asked = server.requests();
    assert!(asked[1].starts_with("GET /a/next ") && asked[1].contains("c2VjcmV0"), "{asked:?}");
    let asked = other.requests().remove(0);
    assert!(asked.starts_with("GET /c ") && !asked.contains("c2VjcmV0"), "{asked}");
}

#[tokio::test]
async fn redirects_in_a_circle_and_to_nowhere_are_refused() {
    let circle = answer("302 Found", &["Location: /a/b"], "");
    let (error, retries) = refusal(circle).await;
    assert_eq!(error, "http://HOST/a/b leads elsewhere: and so did those before it, too often");
    assert!(!retries);
    for headers in [&[][..], &["Location: ftp://host/"], &["Location: http://user@host/"]] {
        let (error, retries) = refusal(answer("302 Found", headers, "")).await;
        assert_eq!(error, "http://HOST/a/b leads elsewhere: to no address that is followed from there");
        assert!(!retries);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_does_not_speak_can_be_asked_again() {
    let port = free_port();
    let error = client().send(HttpRequest::get(format!("http://127.0.0.1:{port}/").parse().unwrap())).await;
    let error = error.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to http://127.0.0.1:{port}/"));
    assert!(error.is_retriable());

    // It waits for a blank line, which the handshake does not have.
    let server = ScriptedServer::start([answer("200 OK", &[], "")]).await;
    let silent = HttpClient::new(HttpLimits { connect: SHORT, ..HttpLimits::default() });
    let target = format!("https://127.0.0.1:{}/", server.port());
    let error = silent.send(HttpRequest::get(target.parse().unwrap())).await.unwrap_err();
    assert_eq!(error.to_string(), format!("no connection from {target} within 0.2 s"));
    assert!(error.is_retriable());
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_refused_for_good() {
    let server = TlsServer::start();
    let request = HttpRequest::get(format!("https://localhost:{}/", server.port).parse().unwrap());
    let deadline = Clock::system().stopwatch();
    let error = loop {
        match client().send(request.clone()).await.unwrap_err() {
            // It is not up yet.
            error if error.is_retriable() && deadline.elapsed() < Duration::from_mins(1) => {}
            error => break error,
        }
        Clock::system().sleep(Duration::from_millis(20)).await;
    };
    let cause = error.source().unwrap().to_string();
    assert!(cause.starts_with("invalid peer certificate: "), "{cause}");
    assert!(!error.is_retriable());
}

/// A TLS server with a certificate of its own.
struct TlsServer {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl TlsServer {
    fn start() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let openssl = |arguments: &str| {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "KILL", "openssl"]).args(arguments.split(' '));
            command
                .current_dir(folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        };
        let certificate =
            "req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost";
        assert!(openssl(certificate).status().unwrap().success());
        let listen = format!("s_server -quiet -accept 127.0.0.1:{port} -key key -cert cert -www");
        let process = openssl(&listen).spawn().unwrap();
        Self { port, process, _folder: folder }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
