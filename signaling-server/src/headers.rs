//! Who may use the server from a web page, and the headers that say so.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};

/// What the pages of this server may load and run: nothing from elsewhere but scenes and signaling.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
    font-src 'self'; manifest-src 'self'; worker-src 'self' blob:; \
    connect-src 'self' ws: wss: https: blob: data: http://127.0.0.1:* http://localhost:*; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// An origin that the operator allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginRule {
    /// Every origin.
    Any,
    /// One, as browsers write it: `https://example.org`.
    Exactly(String),
}

impl FromStr for OriginRule {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let origin = text.trim_end_matches('/').to_ascii_lowercase();
        Ok(if origin == "*" { Self::Any } else { Self::Exactly(origin) })
    }
}

/// Whether a request comes from a page that may use the server.
///
/// No `Origin` means no page (native peers); the server's own pages name its own host.
pub fn is_origin_allowed(rules: &[OriginRule], headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_own = origin
        .split_once("://")
        .is_some_and(|(_, host)| own.is_some_and(|own| own.eq_ignore_ascii_case(host)));
    let is_listed = |rule: &OriginRule| match rule {
        OriginRule::Any => true,
        OriginRule::Exactly(allowed) => allowed.eq_ignore_ascii_case(origin),
    };
    is_own || rules.iter().any(is_listed)
}

/// Lets pages of an allowed origin read the answer.
pub fn allow_origin(rules: &[OriginRule], request: &HeaderMap, response: &mut HeaderMap) {
    if let Some(origin) = request.get(header::ORIGIN)
        && is_origin_allowed(rules, request)
    {
        response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.append(header::VARY, HeaderValue::from_static("origin"));
    }
}

/// Lets every page read and embed the answer: what has it is public.
pub fn make_public(headers: &mut HeaderMap) {
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    let policy = HeaderValue::from_static("cross-origin");
    headers.insert("cross-origin-resource-policy", policy);
}

/// The address that limits count: the socket's, or the one that a trusted proxy names.
pub fn client_address(
    trust_forwarded: bool,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> IpAddr {
    let forwarded = || {
        // The last entry is the one that our own proxy added.
        let list = headers.get("x-forwarded-for")?.to_str().ok()?;
        list.rsplit(',').next()?.trim().parse().ok()
    };
    let socket = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let named = trust_forwarded.then(forwarded).flatten();
    named.or(socket).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(origin: &str, host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, origin.parse().unwrap());
        headers.insert(header::HOST, host.parse().unwrap());
        headers
    }

    #[test]
    fn only_own_and_listed_origins_pass() {
        let rules = ["https://game.example".parse().unwrap()];
        let check = |origin: &str, expected: bool| {
            let found = is_origin_allowed(&rules, &request(origin, "render.example:8080"));
            assert_eq!(found, expected, "{origin}");
        };
        check("http://render.example:8080", true);
        check("https://game.example", true);
        check("https://game.example.evil", false);
        check("http://render.example", false);
        check("null", false);
        assert!(is_origin_allowed(&rules, &HeaderMap::new()), "native peers send none");
        assert!(is_origin_allowed(&[OriginRule::Any], &request("null", "x")));
    }

    #[test]
    fn forwarded_address_counts_only_when_trusted() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        let address = |trust| client_address(trust, &headers, &Extensions::new()).to_string();
        assert_eq!(address(true), "2.2.2.2");
        assert_eq!(address(false), "127.0.0.1");
    }
}
