//! The pump with `--live`, at a server that says what a test has it say.

use std::time::Duration;

use flowcore::base::Clock;
use jiff::Timestamp;
use ny_power::stamp::NEW_YORK;

use super::operator::{file, instants};
use crate::http::server::{ScriptedServer, answer};
use crate::program::replay::until_status;
use crate::program::site::{Kind, Site};

#[tokio::test]
async fn the_pump_publishes_no_web_page_and_then_what_the_operator_has() {
    let now = Timestamp::from_millisecond(Clock::system().now().as_millis()).unwrap();
    // The day whose file is asked for first, whatever time it is; its rows may be of the future.
    let day = (now - Duration::from_mins(30)).to_zoned(NEW_YORK.clone()).date();
    let instants = &instants(day)[..6];
    let text = file(day, instants[5]);
    let server = ScriptedServer::start([
        answer("200 OK", &[], "<html>Sorry</html>"),
        answer("200 OK", &["ETag: \"1\""], text),
        answer("304 Not Modified", &[], ""),
    ])
    .await;
    let site = Site::start(Kind::Own).await;
    let mut subscriber = site.subscribe("ny-power/#", &[]).await;
    let mut pump = site.role("pump", &["--live", "--url", &server.url("/csv")]);
    let messages = until_status(&mut subscriber, instants[5]).await;
    let rejected: Vec<_> = messages.iter().filter(|message| message.topic.ends_with("/rejected")).collect();
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert!(rejected[0].payload["reason"].as_str().unwrap().starts_with("it is a web page"), "{rejected:?}");
    let computed: Vec<_> = messages.iter().filter(|message| message.is_computed()).collect();
    assert!(computed.iter().map(|message| message.at()).eq(instants.iter().copied()), "{computed:?}");
    assert!(pump.stop().await.success(), "{}", pump.said());
}
