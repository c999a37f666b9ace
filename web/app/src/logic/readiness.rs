//! What this browser can give, and what a person can do about the rest.

/// What was found without touching the GPU or the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserFacts {
    /// The page came over https or from this machine.
    pub is_secure: bool,
    /// `navigator.gpu` exists; whether an adapter answers is asked after Start.
    pub has_webgpu: bool,
    /// `RTCPeerConnection` exists.
    pub has_webrtc: bool,
    /// Module workers can be made.
    pub has_workers: bool,
    /// Logical processors, as far as the browser tells.
    pub core_count: u32,
    /// Host and port of this page.
    pub host: String,
}

/// Something that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Plain http from another machine: browsers switch WebGPU off.
    InsecureContext,
    /// The browser has no WebGPU, or it is switched off.
    NoWebGpu,
    /// The browser has no WebRTC, or an extension or a policy removed it.
    NoWebRtc,
    /// The browser cannot run workers.
    NoWorkers,
}

impl Obstacle {
    /// Whether nothing at all works because of it.
    pub const fn is_fatal(self) -> bool {
        matches!(self, Self::NoWebRtc | Self::NoWorkers)
    }

    /// One line: what is missing.
    pub const fn title(self) -> &'static str {
        match self {
            Self::InsecureContext => "This page is not on a secure connection, so the GPU is off",
            Self::NoWebGpu => "This browser offers no WebGPU, so the GPU is off",
            Self::NoWebRtc => "This browser cannot connect to peers (no WebRTC)",
            Self::NoWorkers => "This browser cannot run background workers",
        }
    }

    /// What the person can do.
    pub fn advice(self, facts: &BrowserFacts) -> String {
        match self {
            Self::InsecureContext => format!(
                "Open https://{host} instead, or http://localhost on the machine that runs the server. If you run the \
                 server, start it with --tls-cert and --tls-key. Until then this tab can still work on its processor.",
                host = facts.host,
            ),
            Self::NoWebGpu => "Use a current Chrome, Edge, Safari 26 or Firefox with WebGPU, and check that hardware \
                               acceleration is on in its settings. Until then this tab can still work on its processor."
                .to_owned(),
            Self::NoWebRtc => "Allow WebRTC in the browser's settings, or pause the privacy extension that blocks it \
                               for this site, and load the page again."
                .to_owned(),
            Self::NoWorkers => "Use a current Chrome, Edge, Firefox or Safari outside of lockdown mode.".to_owned(),
        }
    }
}

/// All obstacles, the fatal ones first; an insecure page hides WebGPU, so only the cause is named.
pub fn obstacles(facts: &BrowserFacts) -> Vec<Obstacle> {
    let gpu = match (facts.has_webgpu, facts.is_secure) {
        (true, _) => None,
        (false, true) => Some(Obstacle::NoWebGpu),
        (false, false) => Some(Obstacle::InsecureContext),
    };
    let webrtc = (!facts.has_webrtc).then_some(Obstacle::NoWebRtc);
    let workers = (!facts.has_workers).then_some(Obstacle::NoWorkers);
    [webrtc, workers, gpu].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modern() -> BrowserFacts {
        BrowserFacts {
            is_secure: true,
            has_webgpu: true,
            has_webrtc: true,
            has_workers: true,
            core_count: 8,
            host: "render.example".to_owned(),
        }
    }

    #[test]
    fn a_modern_browser_has_no_obstacle() {
        assert_eq!(obstacles(&modern()), []);
    }

    #[test]
    fn an_insecure_page_names_the_cause_and_the_way_out() {
        let facts = BrowserFacts { is_secure: false, has_webgpu: false, ..modern() };
        assert_eq!(obstacles(&facts), [Obstacle::InsecureContext]);
        let advice = Obstacle::InsecureContext.advice(&facts);
        assert!(advice.contains("https://render.example"), "{advice}");
        assert!(advice.contains("--tls-cert"), "{advice}");
    }

    #[test]
    fn what_stops_everything_comes_first() {
        let facts = BrowserFacts { has_webgpu: false, has_webrtc: false, ..modern() };
        assert_eq!(obstacles(&facts), [Obstacle::NoWebRtc, Obstacle::NoWebGpu]);
        assert!(Obstacle::NoWebRtc.is_fatal());
        assert!(!Obstacle::NoWebGpu.is_fatal());
    }
}
