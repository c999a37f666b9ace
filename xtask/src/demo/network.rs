//! A server and a native contributor on this machine, in a room of their own.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::build::Programs;
use crate::places::Places;
use crate::process::{self, Child};

/// A server that does not listen after this long never will.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often the children are asked whether they still run.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// A running server; dropping it ends it.
pub(crate) struct Server {
    process: Child,
    /// Where it answers.
    pub(crate) url: String,
    _data: Data,
}

/// The server's folder, cleared away at the end.
struct Data(PathBuf);

impl Drop for Data {
    fn drop(&mut self) {
        // Best effort: the folder lies among the build results.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Server {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(places: &Places, programs: &Programs, address: &str) -> Result<Self> {
        let data = Data(places.stamps().join(format!("server-{}", std::process::id())));
        fs::create_dir_all(&data.0).context("cannot make the server's folder")?;
        let mut command = Command::new(&programs.server);
        command.args(["--listen", address]).arg("--data-dir").arg(&data.0);
        let mut process = Child::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let stdout = process.stdout.take().context("standard output was piped")?;
        let url = wait_for_url(stdout).with_context(|| {
            format!("p2c2r-server does not listen on {address}; is something else there?")
        })?;
        Ok(Self { process, url, _data: data })
    }
}

/// A server and a contributor; dropping this ends them.
pub(super) struct Network {
    // Fields are dropped in order: the contributor says goodbye while there is a server.
    contributor: Child,
    /// The server.
    pub(super) server: Server,
    /// The room of the demo.
    pub(super) room: String,
}

impl Network {
    /// Starts both, in a room that nobody else can guess.
    pub(super) fn start(places: &Places, programs: &Programs, address: &str) -> Result<Self> {
        let server = Server::start(places, programs, address)?;
        let room = new_room()?;
        let mut contributor = Command::new(&programs.cli);
        contributor.args(["contribute", &server.url, "--room", &room, "--device", "cpu"]);
        contributor.args(["--threads", &contributor_threads().to_string()]);
        let contributor = Child::spawn(contributor.stdin(Stdio::null()).stdout(std::io::stderr()))?;
        Ok(Self { contributor, server, room })
    }

    /// The address of a page, in the demo's room.
    pub(super) fn page(&self, name: &str, query: &str) -> String {
        let separator = if query.is_empty() { "" } else { "&" };
        format!("{}/{name}?room={}{separator}{query}", self.server.url, self.room)
    }

    /// Fails if a program has ended.
    pub(super) fn check(&self) -> Result<()> {
        process::check_alive(&self.server.process)?;
        process::check_alive(&self.contributor)
    }

    /// Waits; Ctrl-C ends this program and the network with it.
    pub(super) fn run_until_something_ends(&self) -> Result<()> {
        loop {
            self.server.process.wait(Some(WATCH_INTERVAL));
            self.check()?;
        }
    }
}

/// The address that the server names once it listens; the rest of its output is passed on.
fn wait_for_url(stdout: impl Read + Send + 'static) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            eprintln!("{line}");
            if let Some(url) = url_in(&line) {
                // Only the first one is awaited.
                let _ = sender.send(url);
            }
        }
    });
    match receiver.recv_timeout(START_LIMIT) {
        Ok(url) => Ok(url),
        Err(_) => bail!("no address came from it"),
    }
}

fn url_in(line: &str) -> Option<String> {
    let start = line.find("http://")?;
    let url = line[start..].split_whitespace().next()?;
    Some(url.trim_end_matches(['/', ',', '.']).to_owned())
}

/// Half of the machine: the browsers are on it as well.
fn contributor_threads() -> usize {
    (thread::available_parallelism().map_or(1, usize::from) / 2).max(1)
}

/// A room that nobody else can guess.
fn new_room() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("cannot read random bytes")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_found_in_a_line_of_log() {
        let line = "2026-11-22T11:00:00Z  INFO listening on http://127.0.0.1:8080/, ready";
        assert_eq!(url_in(line).as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(url_in("starting"), None);
    }

    #[test]
    fn server_that_ends_without_a_word_is_an_error() {
        assert!(wait_for_url(&b"cannot bind\n"[..]).is_err());
    }
}
