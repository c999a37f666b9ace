//! The last poses of a scene: the tasks of a frame pose it once, whoever traces them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::prepared::Prepared;

/// Poses that are kept beside the one at time 0: two requesters may look at different times.
const MOST_POSES: usize = 2;

/// Poses by their time, the last used at the end.
#[derive(Debug, Default)]
pub(crate) struct Poses {
    kept: Mutex<Vec<(u64, Arc<Prepared>)>>,
}

impl Poses {
    /// The scene at a time. Whoever asks while another makes the same pose waits for it.
    pub(crate) fn at(&self, stored: &Arc<Prepared>, time_us: u64) -> Arc<Prepared> {
        if time_us == 0 || stored.scene.motion.is_none() {
            return Arc::clone(stored);
        }
        // A pose that panicked left nothing behind.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(time, _)| *time == time_us);
        let pose = match known {
            Some(index) => kept.remove(index).1,
            None => {
                // The room is made first, so that no third pose is ever held here.
                while kept.len() >= MOST_POSES {
                    kept.remove(0);
                }
                Arc::new(stored.posed(time_us))
            }
        };
        kept.push((time_us, Arc::clone(&pose)));
        pose
    }
}
