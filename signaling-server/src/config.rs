//! What the operator decides: flags, environment, and their meaning.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use p2c2r_protocol::signaling::{IceServer, MAX_ICE_SERVERS};
use thiserror::Error;

use crate::headers::OriginRule;
use crate::hub::HubConfig;

/// Time between keep-alives of a signaling socket.
const PING: Duration = Duration::from_secs(15);
/// How long a session survives without a socket.
const RESUME_WINDOW: Duration = Duration::from_secs(20);
const MIB: u64 = 1024 * 1024;

/// The server that introduces P2C2R peers to each other and holds scene packages.
#[derive(Debug, Clone, Parser)]
#[command(name = "p2c2r-server", version)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(
        long,
        env = "P2C2R_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    pub listen: SocketAddr,
    /// Folder of the built web app; the default is the embedded one, or web/app/dist.
    #[arg(long, env = "P2C2R_ASSETS", value_name = "DIR")]
    pub assets: Option<PathBuf>,
    /// Folder for stored scene packages; the default lies in the system's temporary folder.
    #[arg(long, env = "P2C2R_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Most space for stored scene packages, in MiB; the least recently used make room.
    #[arg(long, env = "P2C2R_BLOB_QUOTA_MIB", default_value_t = 4096, value_name = "MIB")]
    pub blob_quota_mib: u64,
    /// Largest scene package, in MiB.
    #[arg(long, env = "P2C2R_BLOB_MAX_MIB", default_value_t = 256, value_name = "MIB")]
    pub blob_max_mib: u64,
    /// STUN or TURN server for the peers: URL or URL,USERNAME,CREDENTIAL; may be repeated (in the
    /// environment: separated by spaces).
    #[arg(
        long = "ice-server",
        env = "P2C2R_ICE_SERVERS",
        value_delimiter = ' ',
        value_name = "URL"
    )]
    pub ice_servers: Vec<IceServerArgument>,
    /// Web origin whose pages may use this server, besides its own; `*` allows all.
    #[arg(
        long = "allow-origin",
        env = "P2C2R_ALLOW_ORIGINS",
        value_delimiter = ' ',
        value_name = "ORIGIN"
    )]
    pub allow_origins: Vec<OriginRule>,
    /// PEM file with the certificate chain; browsers need TLS for WebGPU anywhere but on localhost.
    #[arg(long, env = "P2C2R_TLS_CERT", requires = "tls_key", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the private key.
    #[arg(long, env = "P2C2R_TLS_KEY", requires = "tls_cert", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Most signaling connections.
    #[arg(long, env = "P2C2R_MAX_CONNECTIONS", default_value_t = 4096, value_name = "COUNT")]
    pub max_connections: usize,
    /// Most signaling connections from one address.
    #[arg(
        long,
        env = "P2C2R_MAX_CONNECTIONS_PER_ADDRESS",
        default_value_t = 64,
        value_name = "COUNT"
    )]
    pub max_connections_per_address: usize,
    /// Most peers of a private room.
    #[arg(long, env = "P2C2R_MAX_ROOM_PEERS", default_value_t = 64, value_name = "COUNT")]
    pub max_room_peers: usize,
    /// Take the client's address from X-Forwarded-For; only behind a proxy that sets it.
    #[arg(long, env = "P2C2R_TRUST_FORWARDED")]
    pub trust_forwarded: bool,
}

/// An ICE server as written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServerArgument(pub IceServer);

/// A text does not describe an ICE server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IceServerError {
    /// Not one of the four schemes.
    #[error("`{0}` does not start with stun:, stuns:, turn: or turns:")]
    Scheme(String),
    /// A user name without a credential, or more parts than three.
    #[error("write URL or URL,USERNAME,CREDENTIAL")]
    Parts,
}

impl FromStr for IceServerArgument {
    type Err = IceServerError;

    fn from_str(text: &str) -> Result<Self, IceServerError> {
        let mut parts = text.split(',').map(str::to_owned);
        let url = parts.next().unwrap_or_default();
        let schemes = ["stun:", "stuns:", "turn:", "turns:"];
        if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(IceServerError::Scheme(url));
        }
        let (username, credential) = (parts.next(), parts.next());
        if username.is_some() != credential.is_some() || parts.next().is_some() {
            return Err(IceServerError::Parts);
        }
        Ok(Self(IceServer { urls: vec![url], username, credential }))
    }
}

impl Config {
    /// The defaults, for programs that start a server of their own.
    pub fn local() -> Self {
        Self::parse_from(["p2c2r-server", "--listen", "127.0.0.1:0"])
    }

    /// The part that the hub needs.
    pub fn hub(&self) -> HubConfig {
        let servers = self.ice_servers.iter().take(MAX_ICE_SERVERS);
        HubConfig {
            max_connections: self.max_connections,
            max_connections_per_address: self.max_connections_per_address,
            max_room_peers: self.max_room_peers,
            max_pool_peers: self.max_connections,
            ping: PING,
            resume_window: RESUME_WINDOW,
            ice_servers: servers.map(|argument| argument.0.clone()).collect(),
            max_blob_bytes: self.blob_max_bytes(),
        }
    }

    /// Largest blob in bytes.
    pub fn blob_max_bytes(&self) -> u64 {
        self.blob_max_mib.saturating_mul(MIB)
    }

    /// Space for blobs in bytes.
    pub fn blob_quota_bytes(&self) -> u64 {
        self.blob_quota_mib.saturating_mul(MIB)
    }

    /// Where blobs lie.
    pub fn blob_dir(&self) -> PathBuf {
        let port = self.listen.port();
        let fallback = || std::env::temp_dir().join(format!("p2c2r-server-{port}"));
        self.data_dir.clone().unwrap_or_else(fallback).join("blobs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ice_servers_are_read_with_and_without_credentials() {
        let parse = |text: &str| text.parse::<IceServerArgument>();
        assert_eq!(parse("stun:s:3478").unwrap().0.username, None);
        let turn = parse("turn:t:3478?transport=udp,me,secret").unwrap().0;
        assert_eq!(turn.credential.as_deref(), Some("secret"));
        assert_eq!(parse("http://x"), Err(IceServerError::Scheme("http://x".into())));
        assert_eq!(parse("turn:t,me"), Err(IceServerError::Parts));
    }

    #[test]
    fn certificate_without_key_is_refused() {
        assert!(Config::try_parse_from(["p2c2r-server", "--tls-cert", "c.pem"]).is_err());
    }
}
