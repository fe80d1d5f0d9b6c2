//! A fault as text.

use std::str::FromStr;
use std::time::Duration;

use super::super::api::Api;
use super::super::refuse;
use super::{Fault, Kind};
use crate::coordinator::ErrorCode;

/// Why a text names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("fault '{fault}': {why}")]
pub struct FaultError {
    fault: String,
    why: String,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        parse(text).map_err(|why| FaultError { fault: text.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<Fault, String> {
    let (name, rest) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
    let (mut ms, mut code) = (None, None);
    let mut fault =
        Fault { kind: Kind::Drop, api: None, client: None, after: 0, times: None, probability: 1.0 };
    for pair in rest.split(',').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("'{pair}' is not KEY=VALUE"))?;
        match key.trim() {
            "api" => fault.api = Some(api(value)?),
            "client" => fault.client = Some(value.to_owned()),
            "after" => fault.after = number(key, value)?,
            "times" => fault.times = Some(number(key, value)?).filter(|times| *times > 0),
            "probability" => fault.probability = probability(value)?,
            "ms" => ms = Some(number(key, value)?),
            "code" => code = Some(error(value)?),
            other => {
                return Err(format!("'{other}' is none of api, client, after, times, probability, ms, code"));
            }
        }
    }
    fault.kind = match (name, ms, code) {
        ("delay", Some(ms), None) => Kind::Delay(Duration::from_millis(ms)),
        ("delay", ..) => return Err("a delay needs ms, and no code".to_owned()),
        ("error", None, Some(code)) => Kind::Error(code),
        ("error", ..) => return Err("an error needs a code, and no ms".to_owned()),
        ("drop", None, None) => Kind::Drop,
        ("duplicate", None, None) => Kind::Duplicate,
        ("close", None, None) => Kind::Close,
        ("drop" | "duplicate" | "close", ..) => return Err("it takes neither ms nor code".to_owned()),
        _ => return Err("the name is none of delay, drop, duplicate, error, close".to_owned()),
    };
    if let Kind::Error(_) = fault.kind {
        match fault.api {
            Some(api) if refuse::can(api) => {}
            Some(_) | None => return Err(format!("an error needs an api, one of {}", refusable())),
        }
    }
    Ok(fault)
}

fn refusable() -> String {
    let names = Api::ALL.iter().filter(|api| refuse::can(**api)).map(|api| format!("{api:?}"));
    names.collect::<Vec<_>>().join(", ")
}

fn api(value: &str) -> Result<Api, String> {
    let found = Api::ALL.iter().find(|api| format!("{api:?}").eq_ignore_ascii_case(value));
    found.copied().ok_or_else(|| format!("'{value}' is no API of this broker"))
}

fn error(value: &str) -> Result<ErrorCode, String> {
    let found = ErrorCode::ALL.iter().find(|code| code.name().eq_ignore_ascii_case(value));
    found.copied().ok_or_else(|| format!("'{value}' is no error of this broker"))
}

fn number(key: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{key} '{value}' is not a whole number"))
}

fn probability(value: &str) -> Result<f64, String> {
    let number = value.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| format!("probability '{value}' is not a number from 0 to 1"))
}
