//! A session without its surroundings: one event in, actions out, until the next timeout.

use std::time::Duration;

use p2c2r_protocol::LeaseId;
use p2c2r_swarm::{Memory, TaskKey};

use crate::action::Action;
use crate::base::Event;
use crate::contributor::ContributorRole;
use crate::environment::Input;
use crate::lanes::Lanes;
use crate::messages::ToSession;
use crate::player::{Foresight, PlayerRole};

/// What a session is.
enum Role {
    /// Not told yet.
    None,
    Player(Box<PlayerRole>),
    Contributor(Box<ContributorRole>),
}

/// The session of a worker; becomes a player or a contributor by its first message.
pub(crate) struct Session {
    cores: u32,
    seed: u64,
    /// Seconds since 1970 at which its clock stood at zero.
    unix_at_zero: u64,
    role: Role,
}

impl Session {
    /// `cores` is what the browser says, `seed` is drawn at random.
    pub(crate) const fn new(cores: u32, seed: u64, unix_at_zero: u64) -> Self {
        Self { cores, seed, unix_at_zero, role: Role::None }
    }

    /// Takes one event; drain [`Self::poll_action`] after it.
    pub(crate) fn handle(&mut self, now: Duration, event: Event) {
        match (&mut self.role, event) {
            (Role::None, Event::Input(Input::Page { message }, attachments)) => {
                self.begin(message, attachments.first().map(Vec::as_slice));
            }
            (Role::None, _) => {}
            (Role::Player(player), event) => player.handle(now, event),
            (Role::Contributor(contributor), event) => contributor.handle(now, event),
        }
    }

    /// The next thing to do.
    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        match &mut self.role {
            Role::None => None,
            Role::Player(player) => player.poll_action(),
            Role::Contributor(contributor) => contributor.poll_action(),
        }
    }

    /// When [`Input::Timeout`] is due.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        match &self.role {
            Role::None => None,
            Role::Player(player) => player.next_timeout(),
            Role::Contributor(contributor) => contributor.next_timeout(),
        }
    }

    fn begin(&mut self, message: ToSession, stored: Option<&[u8]>) {
        match message {
            ToSession::StartPlayer { settings, device, threads, network, prediction_log } => {
                let lanes = Lanes::<LeaseId>::new(device, threads, self.cores);
                let memory = stored.and_then(Memory::from_bytes);
                let foresight = Foresight::new(self.unix_at_zero, memory, prediction_log);
                let player =
                    PlayerRole::new(settings, device, network, lanes, self.seed, foresight);
                self.role = Role::Player(Box::new(player));
            }
            ToSession::StartContributor { device, threads, network } => {
                let lanes = Lanes::<TaskKey>::new(device, threads, self.cores);
                let secret = stored.and_then(|secret| secret.try_into().ok());
                let contributor = ContributorRole::new(network, device, lanes, self.seed, secret);
                self.role = Role::Contributor(Box::new(contributor));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
