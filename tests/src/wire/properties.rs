//! Files of properties, `key=value`, as Kafka's tools read them; and the options of a JAAS entry.

use std::collections::BTreeMap;

/// Properties by name; where one is set twice, the last counts.
#[derive(Debug, Default)]
pub(super) struct Properties(BTreeMap<String, String>);

impl Properties {
    /// Empty lines and lines of `#` or `!` say nothing; a backslash at the end of a line continues it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut properties = BTreeMap::new();
        let mut whole = String::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if whole.is_empty() && (line.is_empty() || line.starts_with(['#', '!'])) {
                continue;
            }
            if let Some(begun) = line.strip_suffix('\\') {
                whole.push_str(begun);
                continue;
            }
            whole.push_str(line);
            let (key, value) = whole
                .split_once('=')
                .ok_or_else(|| format!("line {}: '{}' is not KEY=VALUE", number + 1, name_only(&whole)))?;
            properties.insert(key.trim().to_owned(), value.trim().to_owned());
            whole.clear();
        }
        if whole.is_empty() { Ok(Self(properties)) } else { Err("its last line is not complete".to_owned()) }
    }

    /// A property that is set.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A line that is not understood may hold a password: only its first word is told.
fn name_only(line: &str) -> String {
    line.split_whitespace()
        .next()
        .unwrap_or("")
        .chars()
        .take(40)
        .collect::<String>()
        .escape_debug()
        .to_string()
}

/// The user and the password of `MODULE required username="..." password="...";`.
pub(super) fn jaas(config: &str) -> Result<(String, String), String> {
    let of = |name: &str| {
        let at = config.match_indices(name).find(|(at, _)| {
            config[..*at].ends_with(char::is_whitespace) && config[at + name.len()..].starts_with('=')
        });
        at.and_then(|(at, _)| quoted(&config[at + name.len() + 1..]))
    };
    let missing = |name: &str| format!("sasl.jaas.config has no {name}=\"...\"");
    Ok((
        of("username").ok_or_else(|| missing("username"))?,
        of("password").ok_or_else(|| missing("password"))?,
    ))
}

/// The text between quotes, with `\"` and `\\` in it; without quotes, up to a blank or the end.
fn quoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find([' ', ';', '\t']).unwrap_or(text.len());
        return Some(text[..end].to_owned());
    };
    let mut value = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Some(value),
            '\\' => value.push(letters.next()?),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_kafka_reads_it() {
        let text = "# who\nsasl.mechanism = PLAIN\n\nsasl.jaas.config=x.y.PlainLoginModule required \\\n  \
                    username=\"al\\\"ice\" \\\n  password=\"a=b;c\";\n";
        let properties = Properties::parse(text).unwrap();
        assert_eq!(properties.get("sasl.mechanism"), Some("PLAIN"));
        let login = jaas(properties.get("sasl.jaas.config").unwrap());
        assert_eq!(login, Ok(("al\"ice".to_owned(), "a=b;c".to_owned())));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        let told = Properties::parse("sasl.mechanism=PLAIN\npassword hunter2").unwrap_err();
        assert_eq!(told, "line 2: 'password' is not KEY=VALUE");
        assert!(Properties::parse("a=b\\").is_err());
        let told = jaas("x required username=\"alice\" password=\"hunter2").unwrap_err();
        assert_eq!(told, "sasl.jaas.config has no password=\"...\"");
        assert_eq!(jaas("x required username=bob password=p;"), Ok(("bob".to_owned(), "p".to_owned())));
    }
}
