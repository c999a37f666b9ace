//! Who renders the picture: the rows of the table, in an order that never changes.

/// Peers shown; any more are left out of the table.
pub const MAX_ROWS: usize = 64;

/// What renders at a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerKind {
    /// This tab.
    Local,
    /// Another tab on its GPU.
    BrowserGpu,
    /// Another tab on its CPU.
    BrowserCpu,
    /// The command line on a GPU.
    NativeGpu,
    /// The command line on a CPU.
    NativeCpu,
    /// A word that this page does not know.
    Other,
}

impl PeerKind {
    /// The kind of a word of the player package.
    pub fn of_word(word: &str) -> Self {
        match word {
            "local" => Self::Local,
            "browser-gpu" => Self::BrowserGpu,
            "browser-cpu" => Self::BrowserCpu,
            "native-gpu" => Self::NativeGpu,
            "native-cpu" => Self::NativeCpu,
            _ => Self::Other,
        }
    }

    /// The text shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Local => "This tab",
            Self::BrowserGpu => "Browser · GPU",
            Self::BrowserCpu => "Browser · CPU",
            Self::NativeGpu => "Native · GPU",
            Self::NativeCpu => "Native · CPU",
            Self::Other => "Peer",
        }
    }
}

/// What the player tells of one peer.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerReport {
    /// The player's id for the peer.
    pub id: String,
    /// What renders there.
    pub kind: PeerKind,
    /// What the peer calls itself; a tab has no name, but tells its device. Empty when unknown.
    pub name: String,
    /// Whether it is still connected.
    pub is_connected: bool,
    /// Pixel samples merged from it.
    pub samples: f64,
    /// Pixel samples a second lately.
    pub samples_per_second: f64,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerRow {
    /// The player's id for the peer.
    pub id: String,
    /// What renders there.
    pub kind: PeerKind,
    /// The name shown.
    pub title: String,
    /// The device shown.
    pub device: String,
    /// Whether it is still connected.
    pub is_connected: bool,
    /// Pixel samples merged from it.
    pub samples: f64,
    /// Pixel samples a second lately.
    pub samples_per_second: f64,
}

/// All peers of a picture in the order they were met: a row keeps its place, and with it its colour.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeerTable(Vec<PeerRow>);

impl PeerTable {
    /// Takes the newest figures; a peer that is missing has left.
    pub fn update(&mut self, newest: &[PeerReport]) {
        for row in &mut self.0 {
            row.is_connected = false;
            row.samples_per_second = 0.0;
        }
        for report in newest {
            let index = self.meet(&report.id, report.kind, &report.name);
            if let Some(row) = index.and_then(|index| self.0.get_mut(index)) {
                row.is_connected = report.is_connected;
                row.samples = report.samples;
                row.samples_per_second = report.samples_per_second;
            }
        }
    }

    /// The row of a peer, made when it is new; none when the table is full.
    pub fn meet(&mut self, id: &str, kind: PeerKind, name: &str) -> Option<usize> {
        if let Some(index) = self.index_of(id) {
            return Some(index);
        }
        if self.0.len() == MAX_ROWS {
            return None;
        }
        self.0.push(PeerRow {
            id: id.to_owned(),
            kind,
            title: title(id, kind, name),
            device: device(kind, name),
            is_connected: true,
            samples: 0.0,
            samples_per_second: 0.0,
        });
        Some(self.0.len() - 1)
    }

    /// The row of a peer that was met before.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|row| row.id == id)
    }

    /// All rows.
    pub fn rows(&self) -> &[PeerRow] {
        &self.0
    }

    /// Samples of all peers.
    pub fn samples(&self) -> f64 {
        self.0.iter().map(|row| row.samples).sum()
    }

    /// Share of all samples that a row rendered, 0 to 1.
    pub fn share(&self, index: usize) -> f64 {
        self.0.get(index).map_or(0.0, |row| row.samples / self.samples().max(1.0))
    }

    /// Peers other than this tab that are connected.
    pub fn helper_count(&self) -> usize {
        self.0.iter().filter(|row| row.is_connected && row.kind != PeerKind::Local).count()
    }
}

fn title(id: &str, kind: PeerKind, name: &str) -> String {
    let short_id: String = id.chars().take(4).collect();
    match (kind, name) {
        (PeerKind::Local, _) => "You".to_owned(),
        (PeerKind::BrowserGpu | PeerKind::BrowserCpu, _) => format!("Tab {short_id}"),
        (_, "") => format!("Peer {short_id}"),
        (_, name) => name.to_owned(),
    }
}

fn device(kind: PeerKind, name: &str) -> String {
    match (kind, name) {
        (PeerKind::BrowserGpu | PeerKind::BrowserCpu, name) if !name.is_empty() => {
            format!("Browser · {name}")
        }
        _ => kind.label().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(id: &str, kind: PeerKind, samples: f64) -> PeerReport {
        let (id, name) = (id.to_owned(), String::new());
        PeerReport { id, kind, name, is_connected: true, samples, samples_per_second: samples }
    }

    #[test]
    fn shares_follow_the_samples() {
        let mut table = PeerTable::default();
        table.update(&[
            report("0", PeerKind::Local, 100.0),
            report("7", PeerKind::NativeCpu, 300.0),
        ]);
        assert_eq!((table.share(0), table.share(1), table.share(2)), (0.25, 0.75, 0.0));
        assert_eq!(table.rows()[1].title, "Peer 7");
        assert_eq!(PeerTable::default().share(0), 0.0);
    }

    #[test]
    fn a_row_keeps_its_place_and_name() {
        let mut table = PeerTable::default();
        assert_eq!(table.meet("b", PeerKind::NativeGpu, "box"), Some(0));
        table.update(&[report("a", PeerKind::Local, 1.0), report("b", PeerKind::NativeGpu, 2.0)]);
        let shown: Vec<(&str, f64)> =
            table.rows().iter().map(|row| (row.title.as_str(), row.samples)).collect();
        assert_eq!(shown, [("box", 2.0), ("You", 1.0)]);
    }

    #[test]
    fn a_tab_is_told_by_its_number_and_its_device() {
        let mut table = PeerTable::default();
        table.meet("867101", PeerKind::BrowserCpu, "4 CPU threads");
        table.meet("42", PeerKind::BrowserGpu, "");
        let shown =
            |index: usize| (table.rows()[index].title.clone(), table.rows()[index].device.clone());
        assert_eq!(shown(0), ("Tab 8671".to_owned(), "Browser · 4 CPU threads".to_owned()));
        assert_eq!(shown(1), ("Tab 42".to_owned(), "Browser · GPU".to_owned()));
    }

    #[test]
    fn peers_that_left_stay_in_the_table() {
        let mut table = PeerTable::default();
        table.update(&[report("me", PeerKind::Local, 1.0), report("a", PeerKind::NativeGpu, 5.0)]);
        assert_eq!(table.helper_count(), 1);
        table.update(&[report("me", PeerKind::Local, 2.0)]);
        let left = &table.rows()[1];
        assert_eq!((left.is_connected, left.samples, left.samples_per_second), (false, 5.0, 0.0));
        assert_eq!(table.helper_count(), 0);
        table.update(&[report("a", PeerKind::NativeGpu, 6.0)]);
        assert!(table.rows()[1].is_connected);
    }

    #[test]
    fn rows_are_bounded() {
        let mut table = PeerTable::default();
        let crowd: Vec<_> =
            (0..1000).map(|id| report(&id.to_string(), PeerKind::Other, 1.0)).collect();
        table.update(&crowd);
        assert_eq!(table.rows().len(), MAX_ROWS);
        assert_eq!(table.meet("stranger", PeerKind::Other, ""), None);
    }
}
