use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use flowcore::base::with_causes;
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};

use super::BoardError;
use super::live::{Live, LiveFeed};
use super::query::{Question, QuestionError};
use super::routes::Web;
use crate::packet::{Dimension, Packet};

/// How long a client waits before it comes back.
const RETRY: Duration = Duration::from_secs(1);

type Parameters = Result<Query<Vec<(String, String)>>, QueryRejection>;

pub(super) async fn health() -> Response {
    answer(StatusCode::OK, &json!({"status": "ok"}))
}

pub(super) async fn board(State(web): State<Web>) -> Response {
    let bucket = u64::try_from(web.board.bucket().as_millis()).unwrap_or(u64::MAX);
    answer(
        StatusCode::OK,
        &json!({
            "branches": web.board.branches(),
            "dimensions": Dimension::ALL,
            "bucketMillis": bucket,
        }),
    )
}

pub(super) async fn statistics(State(web): State<Web>, parameters: Parameters) -> Response {
    match history(&web, parameters).await {
        Ok(packet) => answer(StatusCode::OK, &packet),
        Err(refusal) => refusal.into_response(),
    }
}

async fn history(web: &Web, parameters: Parameters) -> Result<Packet, Refusal> {
    let question = ask(web, parameters, &["branch", "type", "count"])?;
    let first = web.board.branches().first().map(String::as_str).unwrap_or_default();
    let branch = question.branch.as_deref().unwrap_or(first);
    let dimension = question.dimension.unwrap_or(Dimension::CustomerAgeGrades);
    Ok(Packet::History(web.board.history(branch, dimension, question.count()).await?))
}

pub(super) async fn live(State(web): State<Web>, parameters: Parameters) -> Response {
    match open(&web, parameters).await {
        Ok(feed) => events(feed),
        Err(refusal) => refusal.into_response(),
    }
}

async fn open(web: &Web, parameters: Parameters) -> Result<LiveFeed, Refusal> {
    let question = ask(web, parameters, &["branch", "type"])?;
    Ok(LiveFeed::open(Arc::clone(&web.board), question, web.stopping.clone()).await?)
}

fn events(feed: LiveFeed) -> Response {
    let first = stream::iter([Ok::<_, Infallible>(Event::default().retry(RETRY).comment("live"))]);
    let lines = stream::unfold(feed, |mut feed| async move {
        let event = match feed.next().await? {
            Live::Packet(packet) => Event::default().data(text(&Packet::Publish((*packet).clone()))),
            Live::KeepAlive => Event::default().comment("still here"),
        };
        Some((Ok(event), feed))
    });
    Sse::new(stream::StreamExt::chain(first, lines)).into_response()
}

fn ask(web: &Web, parameters: Parameters, known: &[&str]) -> Result<Question, Refusal> {
    let Query(parameters) = parameters?;
    Ok(Question::parse(&parameters, known, web.board.branches())?)
}

/// Why a request gets no answer, as status and JSON.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Address(#[from] QueryRejection),
    #[error(transparent)]
    Question(#[from] QuestionError),
    #[error(transparent)]
    Board(#[from] BoardError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Address(_) | Self::Question(_) => StatusCode::BAD_REQUEST,
            Self::Board(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        refuse(status, &with_causes(&self))
    }
}

/// An answer that says what is wrong: `{"error": …}`.
pub(super) fn refuse(status: StatusCode, error: &str) -> Response {
    answer(status, &json!({"error": error}))
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, text(body)).into_response()
}

/// JSON of our own types, whose keys are all text: it cannot fail.
fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|_| Value::Null.to_string())
}
