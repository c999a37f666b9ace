//! The contributor's states and figures, as the page shows them.

/// What the contributor is doing; the words are the player package's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContributorState {
    /// Nothing was started.
    Idle,
    /// Getting the device and the server.
    Starting,
    /// Ready for tasks, or tracing one.
    Running,
    /// Held back for a reason that is shown.
    Paused,
    /// Completing open tasks; no new ones.
    Finishing,
    /// Ended by the person, nothing runs.
    Stopped,
    /// Ended by an error, nothing runs.
    Failed,
}

impl ContributorState {
    /// The state of a word; a word this page does not know reads as a failure, never as running.
    pub fn of_word(word: &str) -> Self {
        const KNOWN: [ContributorState; 6] = [
            ContributorState::Idle,
            ContributorState::Starting,
            ContributorState::Running,
            ContributorState::Paused,
            ContributorState::Finishing,
            ContributorState::Stopped,
        ];
        KNOWN.into_iter().find(|state| state.word() == word).unwrap_or(Self::Failed)
    }

    /// The player package's word for the state.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finishing => "finishing",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Whether anything may be running or connected.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Paused | Self::Finishing)
    }

    /// Whether Finish makes sense.
    pub const fn can_finish(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// Where the status chip takes its colour from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing happens.
    Quiet,
    /// Something is about to happen.
    Pending,
    /// Work is being done.
    Active,
    /// Something needs the person.
    Alert,
}

impl Tone {
    /// The class that the style sheet knows.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Alert => "alert",
        }
    }
}

/// The figures of the running session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContributorStats {
    /// Rays traced in the last second.
    pub rays_per_second: f64,
    /// Pixel samples traced in the last second.
    pub samples_per_second: f64,
    /// Pixel samples delivered in this session.
    pub samples_total: f64,
    /// Tasks completed in this session.
    pub tasks_done: f64,
    /// Share of the time in which the device worked, in percent.
    pub duty_percent: f64,
    /// Bytes sent to requesters.
    pub bytes_sent: f64,
    /// Bytes received: scenes and tasks.
    pub bytes_received: f64,
    /// Requesters connected now.
    pub requesters: f64,
    /// `gpu` or `cpu`, and the name of the device, once known.
    pub device: Option<(String, String)>,
    /// Why work is held back, in the player's words.
    pub paused_reason: Option<String>,
    /// Credits, only when the server says any.
    pub credits: Option<f64>,
}

impl ContributorStats {
    /// Sets what is measured per second, or connected, to nothing; the totals stay.
    pub fn rest(&mut self) {
        self.rays_per_second = 0.0;
        self.samples_per_second = 0.0;
        self.duty_percent = 0.0;
        self.requesters = 0.0;
        self.paused_reason = None;
    }
}

/// One word and one sentence about now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The word.
    pub word: &'static str,
    /// The sentence.
    pub reason: String,
    /// The colour.
    pub tone: Tone,
}

/// Describes a state; `reason` is what the player gave with it, empty when it gave none.
pub fn status(state: ContributorState, stats: &ContributorStats, reason: &str) -> Status {
    let said = |text: &str| if reason.is_empty() { text.to_owned() } else { sentence(reason) };
    let (word, reason, tone) = match state {
        ContributorState::Idle => {
            ("Off", "Nothing runs and nothing is connected.".to_owned(), Tone::Quiet)
        }
        ContributorState::Starting => {
            ("Starting", said("Preparing the device and the server."), Tone::Pending)
        }
        ContributorState::Running
            if stats.paused_reason.is_some() || stats.rays_per_second <= 0.0 =>
        {
            ("Waiting", waiting_text(stats), Tone::Pending)
        }
        ContributorState::Running => ("Rendering", requester_text(stats.requesters), Tone::Active),
        ContributorState::Paused => {
            ("Paused", pause_text(stats.paused_reason.as_deref(), reason), Tone::Alert)
        }
        ContributorState::Finishing => (
            "Finishing",
            "Completing the current tasks, taking no new ones.".to_owned(),
            Tone::Pending,
        ),
        ContributorState::Stopped => {
            ("Stopped", said("Nothing runs any more and every connection is closed."), Tone::Quiet)
        }
        ContributorState::Failed => {
            ("Failed", said("The contributor ended with an error; nothing runs."), Tone::Alert)
        }
    };
    Status { word, reason, tone }
}

fn requester_text(requesters: f64) -> String {
    if requesters < 2.0 {
        "Tracing tiles for one requester.".to_owned()
    } else {
        format!("Tracing tiles for {requesters:.0} requesters.")
    }
}

fn waiting_text(stats: &ContributorStats) -> String {
    match stats.paused_reason.as_deref() {
        Some(reason) => sentence(reason),
        None if stats.requesters < 1.0 => {
            "Connected. Nobody needs a picture right now; work starts by itself.".to_owned()
        }
        None => "Connected. There is no tile to trace right now; work starts by itself.".to_owned(),
    }
}

fn pause_text(paused_reason: Option<&str>, reason: &str) -> String {
    match paused_reason.filter(|text| !text.is_empty()).unwrap_or(reason) {
        "" => "Held back by the browser; it goes on by itself.".to_owned(),
        text => sentence(text),
    }
}

/// A reason as a sentence: capital first, full stop last.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_never_read_as_running() {
        assert_eq!(ContributorState::of_word("running"), ContributorState::Running);
        assert_eq!(ContributorState::of_word("flying"), ContributorState::Failed);
        assert!(!ContributorState::of_word("").is_live());
    }

    #[test]
    fn nothing_to_do_is_not_called_rendering() {
        let idle = status(ContributorState::Running, &ContributorStats::default(), "");
        assert_eq!((idle.word, idle.tone), ("Waiting", Tone::Pending));
        let served = ContributorStats { requesters: 2.0, ..ContributorStats::default() };
        assert_eq!(status(ContributorState::Running, &served, "").word, "Waiting");
        let stats = ContributorStats { rays_per_second: 5.0, ..served };
        let busy = status(ContributorState::Running, &stats, "");
        assert_eq!(busy.reason, "Tracing tiles for 2 requesters.");
        let paused_reason = Some("a scene is being downloaded".to_owned());
        let held =
            status(ContributorState::Running, &ContributorStats { paused_reason, ..stats }, "");
        assert_eq!((held.word, held.reason.as_str()), ("Waiting", "A scene is being downloaded."));
    }

    #[test]
    fn every_pause_has_a_reason() {
        let reason_of = |paused: Option<&str>, given: &str| {
            let paused_reason = paused.map(str::to_owned);
            let stats = ContributorStats { paused_reason, ..ContributorStats::default() };
            status(ContributorState::Paused, &stats, given).reason
        };
        assert_eq!(reason_of(Some("the GPU was lost"), "other"), "The GPU was lost.");
        assert_eq!(reason_of(None, "signal lost"), "Signal lost.");
        assert_eq!(reason_of(Some(""), ""), "Held back by the browser; it goes on by itself.");
    }

    #[test]
    fn reasons_become_sentences() {
        assert_eq!(sentence("server is full"), "Server is full.");
        assert_eq!(sentence(" Why? "), "Why?");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn an_end_keeps_the_totals() {
        let mut stats = ContributorStats {
            rays_per_second: 5.0,
            samples_total: 7.0,
            ..ContributorStats::default()
        };
        stats.rest();
        assert_eq!((stats.rays_per_second, stats.samples_total), (0.0, 7.0));
    }

    #[test]
    fn only_live_work_can_be_finished() {
        assert!(ContributorState::Running.can_finish());
        assert!(!ContributorState::Finishing.can_finish());
        assert!(!ContributorState::Stopped.can_finish());
    }
}
