//! The page: files that are part of the program.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

macro_rules! assets {
    ($( $name:literal $kind:expr, )*) => {
        /// Name, content type, text.
        pub(crate) const ASSETS: &[(&str, &str, &str)] =
            &[ $( ($name, $kind, include_str!(concat!("../../assets/", $name))), )* ];
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

assets! {
    "api.js" SCRIPT,
    "app.js" SCRIPT,
    "catalogue.js" SCRIPT,
    "compare.js" SCRIPT,
    "describe.js" SCRIPT,
    "detail.js" SCRIPT,
    "export.js" SCRIPT,
    "exportmenu.js" SCRIPT,
    "link.js" SCRIPT,
    "markdown.js" SCRIPT,
    "palette.js" SCRIPT,
    "picture.js" SCRIPT,
    "runscreen.js" SCRIPT,
    "shape.js" SCRIPT,
    "svg.js" SCRIPT,
    "table.js" SCRIPT,
    "trace.js" SCRIPT,
    "tracescreen.js" SCRIPT,
    "tray.js" SCRIPT,
    "tree.js" SCRIPT,
    "style.css" STYLE,
    "vendor/preact-htm.js" SCRIPT,
}

/// What is served of each file: comments are for who reads the source.
static SERVED: LazyLock<Vec<(&str, &str, String)>> = LazyLock::new(|| {
    let each = ASSETS.iter().map(|(name, kind, text)| {
        let is_script = *kind == SCRIPT && !name.starts_with("vendor/");
        (*name, *kind, if is_script { without_comments(text) } else { (*text).to_owned() })
    });
    each.collect()
});

/// Without the lines that are nothing but a comment, which no string of ours goes over.
fn without_comments(script: &str) -> String {
    let is_comment = |line: &&str| {
        let line = line.trim();
        line.starts_with("//") || (line.starts_with("/**") && line.ends_with("*/"))
    };
    script.lines().filter(|line| !is_comment(line)).fold(String::new(), |served, line| served + line + "\n")
}

/// The text of a file of the page.
pub(crate) fn asset_text(name: &str) -> Option<&'static str> {
    ASSETS.iter().find(|(known, _, _)| *known == name).map(|(_, _, text)| *text)
}

const INDEX: &str = include_str!("../../assets/index.html");

/// The page.
pub(super) async fn index() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], INDEX).into_response()
}

/// A file of the page.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    match SERVED.iter().find(|(known, _, _)| *known == name) {
        Some((_, kind, text)) => ([(header::CONTENT_TYPE, *kind)], text.as_str()).into_response(),
        None => missing(&format!("/assets/{name}")),
    }
}

/// A link that leads nowhere: a page that says so.
pub(super) async fn not_found(uri: Uri) -> Response {
    missing(uri.path())
}

fn missing(path: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Not here: Muster</title>\
         <link rel=\"stylesheet\" href=\"/assets/style.css\"></head><body><main class=\"lost\"><h1>There is no \
         such page</h1><p>The address is <code>{}</code>.</p><p>Links to traces begin with <code>/#/trace</code>. \
         <a href=\"/\">Open the catalogue</a></p></main></body></html>\n",
        escaped(path)
    );
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In bytes, all together.
    const MOST: usize = 150_000;

    #[test]
    fn the_page_is_small() {
        let bytes = INDEX.len() + SERVED.iter().map(|(_, _, text)| text.len()).sum::<usize>();
        assert!(bytes <= MOST, "{bytes} bytes");
    }

    #[test]
    fn comments_stay_in_the_source() {
        let script =
            "// What it is.\nconst url = \"http://x\"; // kept\n  /** A function. */\n  f(`a\n b`);\n";
        assert_eq!(without_comments(script), "const url = \"http://x\"; // kept\n  f(`a\n b`);\n");
    }

    #[test]
    fn what_an_address_says_is_text() {
        assert_eq!(escaped("/<a href=\"x\">&'"), "/&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    }
}
