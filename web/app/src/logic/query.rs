//! Reading and writing the query part of an address.

/// Most pairs read from one query; the rest is ignored.
const MAX_PAIRS: usize = 32;

/// The decoded `name=value` pairs of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `?a=1&b=two+words`, with or without the question mark; malformed escapes stay as they are.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('?').unwrap_or(text);
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(MAX_PAIRS).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// The first value of `name` that is not empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Adds a pair.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a pair in place of those of the same name.
    #[must_use]
    pub fn replacing(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self.with(name, value)
    }

    /// Writes `?a=1&b=two%20words`, or nothing when there is no pair.
    pub fn to_text(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

/// Escapes every byte outside RFC 3986's unreserved set, except `:` and `/`, which queries may hold and people read.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let escape = (byte == b'%').then(|| hex_byte(bytes.get(index + 1..index + 3)?)).flatten();
        decoded.push(match escape {
            Some(value) => value,
            None if byte == b'+' => b' ',
            None => byte,
        });
        index += if escape.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some(digit(*digits.first()?)? << 4 | digit(*digits.get(1)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let query = Query::parse("?scene=generated%3Anight-city&note=two+words&empty=&flag");
        assert_eq!(query.value("scene"), Some("generated:night-city"));
        assert_eq!(query.value("note"), Some("two words"));
        assert_eq!(query.value("empty"), None);
        assert_eq!(query.value("flag"), None);
        assert_eq!(query.value("absent"), None);
    }

    #[test]
    fn broken_escapes_stay_as_they_are() {
        for text in ["%", "%4", "%zz", "a%"] {
            assert_eq!(Query::parse(&format!("x={text}")).value("x"), Some(text));
        }
        assert_eq!(Query::parse("x=%ff").value("x"), Some("\u{fffd}"));
    }

    #[test]
    fn written_queries_read_back() {
        let query =
            Query::default().with("scene", "https://a.example/b c.glb?x=1&y=ü").with("room", "r+1");
        assert_eq!(Query::parse(&query.to_text()), query);
        assert_eq!(Query::default().to_text(), "");
    }

    #[test]
    fn pairs_beyond_the_limit_are_ignored() {
        let text = (0..100).map(|index| format!("k{index}=v")).collect::<Vec<_>>().join("&");
        let query = Query::parse(&text);
        assert_eq!(query.value("k31"), Some("v"));
        assert_eq!(query.value("k32"), None);
    }
}
