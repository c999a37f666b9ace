//! Child processes: run to their end or kept in the background, and ended whatever happens to us.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process_group};

/// How long a child that was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// The exit code of a program that a signal ended: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Every child that may still run, and whether new ones are still allowed.
static FAMILY: Mutex<Family> = Mutex::new(Family { is_ending: false, members: Vec::new() });

struct Family {
    is_ending: bool,
    members: Vec<Arc<Member>>,
}

struct Member {
    /// The child leads a process group of its own, so that its children end with it.
    group: Pid,
    status: Mutex<Option<ExitStatus>>,
    ended: Condvar,
}

/// A running child; dropping it ends the child and all of its children.
pub(crate) struct Child {
    name: String,
    member: Arc<Member>,
    /// The child's standard input, if it was piped.
    pub(crate) stdin: Option<ChildStdin>,
    /// The child's standard output, if it was piped.
    pub(crate) stdout: Option<ChildStdout>,
}

impl Child {
    /// Starts the command in a process group of its own.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let name = describe(command);
        let mut family = lock(&FAMILY);
        if family.is_ending {
            drop(family);
            wait_for_exit();
        }
        let mut process = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start `{name}`; is it installed?"))?;
        let member = Arc::new(Member {
            group: Pid::from_child(&process),
            status: Mutex::new(None),
            ended: Condvar::new(),
        });
        family.members.push(Arc::clone(&member));
        drop(family);
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let watched = Arc::clone(&member);
        std::thread::spawn(move || watched.set_status(process.wait().unwrap_or_default()));
        Ok(Self { name, member, stdin, stdout })
    }

    /// Waits for the end; `None` if it still runs after the timeout.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Option<ExitStatus> {
        self.member.wait(timeout)
    }

    /// Fails unless the child has ended, or ends, with success.
    pub(crate) fn wait_for_success(&self) -> Result<()> {
        let status = self.wait(None).context("a wait without a limit came back empty")?;
        ensure!(status.success(), "`{}` failed ({status})", self.name);
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.member.end();
        lock(&FAMILY).members.retain(|member| !Arc::ptr_eq(member, &self.member));
    }
}

impl Member {
    fn set_status(&self, status: ExitStatus) {
        *lock(&self.status) = Some(status);
        self.ended.notify_all();
    }

    fn wait(&self, timeout: Option<Duration>) -> Option<ExitStatus> {
        let status = lock(&self.status);
        let is_running = |status: &mut Option<ExitStatus>| status.is_none();
        match timeout {
            None => {
                *self.ended.wait_while(status, is_running).unwrap_or_else(PoisonError::into_inner)
            }
            Some(limit) => {
                let waited = self.ended.wait_timeout_while(status, limit, is_running);
                *waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Asks the whole group to end, and kills what does not.
    fn end(&self) {
        if lock(&self.status).is_some() {
            return;
        }
        // The group may end by itself between the check and the signal, so failures mean nothing.
        let _ = kill_process_group(self.group, Signal::TERM);
        // One that is stopped hears nothing else.
        let _ = kill_process_group(self.group, Signal::CONT);
        self.wait(Some(GRACE));
        // Those of its children that outlived it are in the group as well.
        let _ = kill_process_group(self.group, Signal::KILL);
        self.wait(None);
    }
}

/// Ends every child when this program is interrupted or asked to end, then exits.
pub(crate) fn end_children_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        let members = {
            let mut family = lock(&FAMILY);
            family.is_ending = true;
            family.members.clone()
        };
        for member in &members {
            let _ = kill_process_group(member.group, Signal::TERM);
        }
        members.iter().for_each(|member| member.end());
        std::process::exit(INTERRUPTED);
    })
    .context("cannot watch for Ctrl-C")
}

/// Keeps this thread from starting or saying anything while the children end and we exit.
fn wait_for_exit() -> ! {
    loop {
        std::thread::park();
    }
}

/// Runs a command to its end, without input. Whatever it prints goes to standard error: standard output
/// belongs to results.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    Child::spawn(command.stdin(Stdio::null()).stdout(std::io::stderr()))?.wait_for_success()
}

/// Runs a command and hands every line that it prints to `on_line`, as it comes.
pub(crate) fn run_lines(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<()> {
    let mut child = Child::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let stdout = child.stdout.take().context("standard output was piped")?;
    for line in BufReader::new(stdout).split(b'\n') {
        on_line(&String::from_utf8_lossy(&line?));
    }
    child.wait_for_success()
}

/// Runs a command silently; its output if it succeeds within the limit.
pub(crate) fn probe(command: &mut Command, limit: Duration) -> Option<String> {
    let mut child =
        Child::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()))
            .ok()?;
    let stdout = child.stdout.take()?;
    let reader = std::thread::spawn(move || std::io::read_to_string(stdout).unwrap_or_default());
    let status = child.wait(Some(limit))?;
    status.success().then(|| reader.join().unwrap_or_default())
}

/// Fails with the child's name if it has already ended.
pub(crate) fn check_alive(child: &Child) -> Result<()> {
    if let Some(status) = child.wait(Some(Duration::ZERO)) {
        bail!("`{}` ended early ({status})", child.name);
    }
    Ok(())
}

/// The command line as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_child_takes_its_own_children_with_it() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 600 & echo started; wait"]).stdout(Stdio::piped());
        let mut child = Child::spawn(&mut shell).unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        let started = std::time::Instant::now();
        drop(child);
        // The pipe closes when the last process that holds it has ended.
        stdout.read_line(&mut String::new()).unwrap();
        assert!(started.elapsed() < Duration::from_secs(60), "the grandchild slept on");
    }

    #[test]
    fn probe_gives_up_on_a_command_that_hangs() {
        let started = std::time::Instant::now();
        assert_eq!(probe(Command::new("sleep").arg("600"), Duration::from_millis(50)), None);
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn failing_command_is_named_in_the_error() {
        let error = run(&mut Command::new("false")).unwrap_err();
        assert!(error.to_string().contains("`false` failed"), "{error}");
    }
}
