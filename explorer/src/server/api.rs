//! The page's data, as JSON. An error is `{"error": "one line"}`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use muster_model::museum::Broken;
use muster_model::property::UnknownProperty;
use muster_model::trace::Trace;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::App;
use crate::catalogue;
use crate::example::Example;
use crate::file;
use crate::runs::Limits;
use crate::spec::Spec;
use crate::told::{PathView, next_steps, properties};
use crate::walk::{Walk, WalkError};

/// What is wrong with a request.
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    #[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err as it is")]
    fn new(status: StatusCode, message: impl ToString) -> Self {
        Self { status, message: message.to_string() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, axum::Json(json!({ "error": self.message }))).into_response()
    }
}

impl From<WalkError> for Refusal {
    fn from(error: WalkError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error)
    }
}

type Answer = Result<Response, Refusal>;

fn json_of(value: impl Serialize) -> Response {
    axum::Json(value).into_response()
}

/// JSON, and declared as such: a form of another site cannot declare it.
fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Refusal> {
    declared(headers, "application/json")?;
    serde_json::from_slice(body).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("the request is not as expected: {error}"))
    })
}

fn declared(headers: &HeaderMap, kind: &str) -> Result<(), Refusal> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if declared == Some(kind) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("the body must be {kind}")))
}

/// Work that takes longer than a moment, off the threads that serve.
async fn work<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let ended = tokio::task::spawn_blocking(job).await;
    ended
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the work failed: {error}")))
}

/// The cards, and what can be replayed on.
pub(super) async fn catalogue(State(app): State<Arc<App>>) -> Answer {
    let systems = app.replay.as_ref().map(|replay| replay.systems()).unwrap_or_default();
    let entries = catalogue::catalogue(&app.examples);
    Ok(json_of(json!({
        "entries": entries, "properties": properties(), "systems": systems, "files": app.files.names(),
    })))
}

/// A path by the names of its steps.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PathAsked {
    spec: Spec,
    path: Vec<String>,
    /// Only the steps after this one.
    #[serde(default)]
    from: usize,
}

pub(super) async fn path(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    let asked: PathAsked = read(&headers, &body)?;
    let told = work(move || {
        let walk = app.walks.walk(&asked.spec, &asked.path)?;
        Ok::<_, WalkError>(PathView::of(&asked.spec, &walk, asked.from))
    });
    Ok(json_of(told.await??))
}

/// A walk by chance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WanderAsked {
    spec: Spec,
    steps: usize,
    seed: u64,
}

pub(super) async fn wander(headers: HeaderMap, body: Bytes) -> Answer {
    let WanderAsked { spec, steps, seed } = read(&headers, &body)?;
    let told = work(move || {
        let mut walk = Walk::start(spec.scenario()?)?;
        walk.wander(steps, seed);
        Ok::<_, WalkError>(PathView::of(&spec, &walk, 0))
    });
    Ok(json_of(told.await??))
}

/// What may be done at the end of a path.
pub(super) async fn next(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    let asked: PathAsked = read(&headers, &body)?;
    let next = work(move || {
        let walk = app.walks.walk(&asked.spec, &asked.path)?;
        Ok::<_, WalkError>(next_steps(&walk))
    });
    Ok(json_of(json!({ "next": next.await?? })))
}

/// A nearest violation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleAsked {
    spec: Spec,
    property: String,
}

pub(super) async fn example(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    let asked: ExampleAsked = read(&headers, &body)?;
    let property = broken(&asked.property)?;
    let told = work(move || match app.examples.find(&asked.spec, property) {
        Example::Found { path, back_to } => {
            let walk = app.walks.walk(&asked.spec, &path)?;
            let mut told = PathView::of(&asked.spec, &walk, 0);
            told.violates = Some(property.id().to_owned());
            told.back_to = back_to;
            Ok(told)
        }
        Example::Holds => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            format!(
                "{} holds in every state of this scenario, so there is no path to a violation",
                property.id()
            ),
        )),
        Example::Failed(why) => Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why)),
        Example::Searching => Err(Refusal::new(StatusCode::CONFLICT, "a search is under way")),
    });
    Ok(json_of(told.await??))
}

/// The property of a name, of either kind.
fn broken(name: &str) -> Result<Broken, Refusal> {
    if let Ok(property) = name.parse() {
        return Ok(Broken::Liveness(property));
    }
    let refusal = |error: UnknownProperty| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error);
    name.parse().map(Broken::Safety).map_err(refusal)
}

/// A check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunAsked {
    spec: Spec,
    #[serde(default)]
    limits: Limits,
}

pub(super) async fn start_run(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    let asked: RunAsked = read(&headers, &body)?;
    let started = app.runs.start(asked.spec, asked.limits);
    Ok(json_of(started.map_err(|error| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error))?))
}

pub(super) async fn run(State(app): State<Arc<App>>, Path(id): Path<usize>) -> Answer {
    Ok(json_of(app.runs.get(id).ok_or_else(|| no_such("check", id))?))
}

pub(super) async fn cancel_run(State(app): State<Arc<App>>, Path(id): Path<usize>) -> Answer {
    Ok(json_of(app.runs.cancel(id).ok_or_else(|| no_such("check", id))?))
}

fn no_such(what: &str, id: usize) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        format!("there is no {what} {id}; the explorer may have been started again"),
    )
}

/// The files that were opened from the command line, then those that were dropped.
pub(super) async fn files(State(app): State<Arc<App>>) -> Answer {
    Ok(json_of(json!({ "files": app.files.names() })))
}

pub(super) async fn file(State(app): State<Arc<App>>, Path(number): Path<usize>) -> Answer {
    let file = app.files.get(number).ok_or_else(|| no_such("file", number))?;
    Ok(json_of(work(move || file::told(&file)).await?))
}

/// The bytes of a file that was dropped on the page: the numbers under which it is kept.
pub(super) async fn open(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    declared(&headers, "application/octet-stream")?;
    let reader = app.recordings.clone();
    let read = work(move || file::read(&name, &body, reader.as_deref())).await?;
    let files = read.map_err(|error| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error))?;
    let full = || Refusal::new(StatusCode::CONFLICT, "too many files are open; start the explorer again");
    Ok(json_of(json!({ "files": app.files.keep(files).ok_or_else(full)? })))
}

/// A trace, and where it is to be replayed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayAsked {
    system: String,
    trace: Trace,
}

pub(super) async fn start_replay(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    let asked: ReplayAsked = read(&headers, &body)?;
    let unknown = || Refusal::new(StatusCode::NOT_FOUND, format!("there is no system '{}'", asked.system));
    let replay = app.replay.as_ref().ok_or_else(unknown)?;
    let systems = replay.systems();
    let system = systems.iter().find(|system| system.id == asked.system).ok_or_else(unknown)?;
    if let Some(missing) = &system.missing {
        let why = format!("{} cannot be used: {missing}", system.name);
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    Ok(json_of(app.replays.start(replay, asked.system, asked.trace)))
}

pub(super) async fn replay(State(app): State<Arc<App>>, Path(id): Path<usize>) -> Answer {
    Ok(json_of(app.replays.get(id).ok_or_else(|| no_such("replay", id))?))
}
