//! The web server: the page and its data, on 127.0.0.1 only.

mod api;
mod assets;
mod guard;

pub(crate) use assets::asset_text;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

use crate::example::Examples;
use crate::file::{Files, Opened, Recordings};
use crate::replay::{Replay, Replays};
use crate::runs::Runs;
use crate::walk::Walks;

/// The largest request, in bytes: a trace of some thousand steps.
const MOST_BYTES: usize = 32 << 20;

/// What is served.
pub struct Explorer {
    /// Files that were opened from the command line.
    pub files: Vec<Opened>,
    /// The systems that traces are replayed on.
    pub replay: Option<Arc<dyn Replay>>,
    /// What reads traffic that is dropped on the page.
    pub recordings: Option<Arc<dyn Recordings>>,
}

/// What the handlers share.
struct App {
    walks: Walks,
    examples: Arc<Examples>,
    runs: Runs,
    replays: Replays,
    files: Files,
    replay: Option<Arc<dyn Replay>>,
    recordings: Option<Arc<dyn Recordings>>,
}

/// Serves until the process ends. The listener must be of a loopback address.
pub fn serve(listener: TcpListener, explorer: Explorer) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(io::Error::other(format!("{address} is not a loopback address")));
    }
    let Explorer { files, replay, recordings } = explorer;
    let examples = Arc::new(Examples::default());
    examples.prepare();
    let (walks, runs, replays) = (Walks::default(), Runs::default(), Replays::default());
    let files = Files::new(files);
    let app = Arc::new(App { walks, examples, runs, replays, files, replay, recordings });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    listener.set_nonblocking(true)?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, router(app, address.port())).await
    })
}

fn router(app: Arc<App>, port: u16) -> Router {
    Router::new()
        .route("/", get(assets::index))
        .route("/assets/{*name}", get(assets::asset))
        .route("/api/catalogue", get(api::catalogue))
        .route("/api/path", post(api::path))
        .route("/api/next", post(api::next))
        .route("/api/wander", post(api::wander))
        .route("/api/example", post(api::example))
        .route("/api/runs", post(api::start_run))
        .route("/api/runs/{id}", get(api::run))
        .route("/api/runs/{id}/cancel", post(api::cancel_run))
        .route("/api/files", get(api::files))
        .route("/api/files/{number}", get(api::file))
        .route("/api/open/{name}", post(api::open))
        .route("/api/replays", post(api::start_replay))
        .route("/api/replays/{id}", get(api::replay))
        .fallback(assets::not_found)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(guard::Door::new(port), guard::guard))
        .with_state(app)
}
