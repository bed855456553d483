//! What does not pass by itself is an error at once.

use flowcore::event::Event;
use flowcore::ingest::{Sink, SinkError};
use flowcore_redis::{
    Error, ErrorKind, HashSink, HashSinkConfig, HashWrite, ListConsumerConfig, ListSink, ListSinkConfig,
    ListSource, PublishSink, PublishSinkConfig, RedisConfig, StreamSink, StreamSinkConfig, StreamSource,
    StreamSourceConfig, SubscribeSource, SubscribeSourceConfig,
};
use flowcore_testkit::{Driven, context, started};

use crate::list_source::kind_of;
use crate::server::Server;

/// Starts the sink and delivers one event. What passes would be tried for a minute, and then said to pass.
async fn refused<S: Sink<Event>>(mut sink: S) -> ErrorKind {
    let deliver = async {
        sink.start(&context()).await?;
        sink.deliver(&[Event::new("x")]).await
    };
    refusal(deliver.await)
}

fn refusal(outcome: Result<(), SinkError>) -> ErrorKind {
    let error = outcome.unwrap_err();
    assert!(!error.retries(), "{error:?}");
    kind_of(&error)
}

async fn source_refused(mut source: Driven) -> ErrorKind {
    let error = source.end().await.unwrap_err();
    assert!(!error.retries(), "{error:?}");
    kind_of(&error)
}

fn list_sink(redis: RedisConfig) -> ListSink {
    ListSink::new(ListSinkConfig::new(redis, "key"))
}

fn list_source(redis: RedisConfig) -> Driven {
    Driven::new(ListSource::from_config(ListConsumerConfig::new(redis, "key", "a")))
}

fn stream_source(redis: RedisConfig) -> Driven {
    Driven::new(StreamSource::new(StreamSourceConfig::new(redis, "key", "group", "a")))
}

fn subscribe_source(redis: RedisConfig) -> Driven {
    Driven::new(SubscribeSource::new(SubscribeSourceConfig::new(redis).channel("live")))
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_a_right_one_is_not() {
    let server = Server::start_with(&["--requirepass", "secret"], ":secret@").await;
    for login in ["", ":wrong@", "nobody:secret@"] {
        let redis = RedisConfig::new(format!("redis://{login}127.0.0.1:{}", server.port()));
        assert_eq!(refused(list_sink(redis.clone())).await, ErrorKind::Login, "{login}");
        let publish = PublishSink::new(PublishSinkConfig::new(redis.clone(), "live"));
        assert_eq!(refused(publish).await, ErrorKind::Login, "{login}");
        assert_eq!(source_refused(list_source(redis.clone())).await, ErrorKind::Login, "{login}");
        assert_eq!(source_refused(stream_source(redis.clone())).await, ErrorKind::Login, "{login}");
        assert_eq!(source_refused(subscribe_source(redis)).await, ErrorKind::Login, "{login}");
    }
    let mut sink = started(list_sink(server.config())).await;
    sink.deliver(&[Event::new("x")]).await.unwrap();
    assert_eq!(server.list("key").await, ["x"]);
}

#[tokio::test]
async fn a_key_of_another_type_is_refused() {
    let server = Server::start().await;
    server.tell(&["SET", "key", "text"]).await;
    assert_eq!(refused(list_sink(server.config())).await, ErrorKind::WrongType);
    let positions = ListSinkConfig::new(server.config(), "key").exactly_once("from", "at");
    let event = Event::new("x").with_header("from", "a").with_header("at", "1");
    let mut sink = started(ListSink::new(positions)).await;
    assert_eq!(refusal(sink.deliver(std::slice::from_ref(&event)).await), ErrorKind::WrongType);
    // Nothing says now that the event was pushed.
    server.tell(&["DEL", "key"]).await;
    sink.deliver(&[event]).await.unwrap();
    assert_eq!(server.list("key").await, ["x"]);
}

#[tokio::test]
async fn a_key_of_another_type_is_refused_by_streams_hashes_and_sources() {
    let server = Server::start().await;
    server.tell(&["SET", "key", "text"]).await;
    let stream = StreamSink::new(StreamSinkConfig::new(server.config(), "key"));
    assert_eq!(refused(stream).await, ErrorKind::WrongType);
    let mut hash = started(HashSink::new(HashSinkConfig::new(server.config()))).await;
    let write = HashWrite::new("key").set("field", "value");
    assert_eq!(refusal(hash.deliver(&[write]).await), ErrorKind::WrongType);
    assert_eq!(source_refused(list_source(server.config())).await, ErrorKind::WrongType);
    assert_eq!(source_refused(stream_source(server.config())).await, ErrorKind::WrongType);
}

#[tokio::test]
async fn a_server_out_of_memory_is_refused_and_nothing_was_written() {
    let server = Server::start_with(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"], "").await;
    assert_eq!(refused(list_sink(server.config())).await, ErrorKind::OutOfMemory);
    let positions = ListSinkConfig::new(server.config(), "key").exactly_once("from", "at");
    let mut sink = started(ListSink::new(positions)).await;
    let event = Event::new("x").with_header("from", "a").with_header("at", "1");
    assert_eq!(refusal(sink.deliver(&[event]).await), ErrorKind::OutOfMemory);
    assert_eq!(server.ask::<Vec<String>>(&["KEYS", "*"]).await, Vec::<String>::new());
    assert_eq!(source_refused(list_source(server.config())).await, ErrorKind::OutOfMemory);
}

#[tokio::test]
async fn a_missing_permission_is_refused() {
    let server = Server::start().await;
    server.tell(&["ACL", "SETUSER", "reader", "on", ">pw", "~*", "&*", "+@read", "+@connection"]).await;
    let redis = RedisConfig::new(format!("redis://reader:pw@127.0.0.1:{}", server.port()));
    assert_eq!(refused(list_sink(redis.clone())).await, ErrorKind::Denied);
    assert_eq!(source_refused(list_source(redis.clone())).await, ErrorKind::Denied);
    assert_eq!(source_refused(subscribe_source(redis)).await, ErrorKind::Denied);
}

#[tokio::test]
async fn a_user_who_may_do_nothing_but_push_can_push() {
    let server = Server::start().await;
    server.tell(&["ACL", "SETUSER", "writer", "on", ">pw", "~key", "+rpush"]).await;
    let redis = RedisConfig::new(format!("redis://writer:pw@127.0.0.1:{}", server.port()));
    let mut sink = started(list_sink(redis)).await;
    sink.deliver(&[Event::new("x")]).await.unwrap();
    assert_eq!(server.list("key").await, ["x"]);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    for url in ["", "http://127.0.0.1", "redis://127.0.0.1:no-port"] {
        assert_eq!(refused(list_sink(RedisConfig::new(url))).await, ErrorKind::Config, "{url}");
    }
}

#[tokio::test]
async fn a_certificate_is_trusted_if_its_authority_is() {
    let server = Server::with_tls().await;
    assert_eq!(refused(list_sink(RedisConfig::new(server.url()))).await, ErrorKind::Tls);
    assert_eq!(source_refused(subscribe_source(RedisConfig::new(server.url()))).await, ErrorKind::Tls);
    let trusting = RedisConfig::new(server.url()).root_certificate(server.certificate());
    let mut sink = started(list_sink(trusting)).await;
    sink.deliver(&[Event::new("x")]).await.unwrap();
    assert_eq!(server.list("key").await, ["x"]);
}

#[tokio::test]
async fn an_error_names_component_and_server_and_never_the_password() {
    let server = Server::start_with(&["--requirepass", "secret"], ":secret@").await;
    let redis = RedisConfig::new(format!("redis://:hunter2@127.0.0.1:{}", server.port()));
    let error = list_sink(redis).start(&context()).await.unwrap_err();
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<Error>()).unwrap();
    let expected = format!("list key at 127.0.0.1:{}: wrong or missing user or password", server.port());
    assert_eq!(cause.to_string(), expected);
    assert!(!format!("{error:?}").contains("hunter2"));
}
