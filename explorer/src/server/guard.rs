//! Who may ask. A page of another site can make a browser send requests to 127.0.0.1: its name is then in `Host`
//! (a name that was made to point here) or in `Origin`, and it gets nothing.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// No inline script or style, nothing from elsewhere; pictures are made as blobs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The names that this server goes by.
#[derive(Clone)]
pub(super) struct Door {
    hosts: Arc<[String]>,
}

impl Door {
    pub(super) fn new(port: u16) -> Self {
        let hosts = ["127.0.0.1", "localhost", "[::1]"];
        Self { hosts: hosts.iter().map(|host| format!("{host}:{port}")).collect() }
    }

    fn refuses(&self, method: &Method, headers: &HeaderMap) -> Option<&'static str> {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let is_here = |host: &str| self.hosts.iter().any(|known| known == host);
        if !text(header::HOST).is_some_and(is_here) {
            return Some("this server answers on 127.0.0.1 and localhost only");
        }
        let from_here = |origin: &str| origin.strip_prefix("http://").is_some_and(is_here);
        match text(header::ORIGIN) {
            Some(origin) if !from_here(origin) => Some("the request comes from another site"),
            None if method != Method::GET && method != Method::HEAD => {
                Some("the request does not say where it comes from (Origin)")
            }
            Some(_) | None => None,
        }
    }
}

/// Refuses strangers, and gives every answer its headers.
pub(super) async fn guard(State(door): State<Door>, request: Request, next: Next) -> Response {
    let refused = door.refuses(request.method(), request.headers());
    let mut response = match refused {
        Some(why) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(header::CACHE_CONTROL, "no-cache");
    response
}
