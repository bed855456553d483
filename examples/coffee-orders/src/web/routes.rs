use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use tokio::sync::watch;

use super::assets::{ASSETS, asset};
use super::{Board, api};

/// The page may load and call nothing but this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer carries.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

#[derive(Clone)]
pub(super) struct Web {
    pub(super) board: Arc<dyn Board>,
    pub(super) stopping: watch::Receiver<bool>,
}

/// The page and its interface, to be served alone or inside a larger server. Live streams end when
/// `stopping` turns true, or when its sender is gone.
pub fn routes(board: Arc<dyn Board>, stopping: watch::Receiver<bool>) -> Router {
    let mut router = Router::new()
        .route("/api/health", get(api::health))
        .route("/api/board", get(api::board))
        .route("/api/statistics", get(api::statistics))
        .route("/api/live", get(api::live));
    for (path, kind, content) in ASSETS {
        router = router.route(path, get(async move || asset(kind, content)));
    }
    router
        .fallback(async |address: Uri| {
            api::refuse(StatusCode::NOT_FOUND, &format!("nothing at {}", address.path()))
        })
        .layer(map_response(harden))
        .with_state(Web { board, stopping })
}

async fn harden<B>(mut response: Response<B>) -> Response<B> {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
