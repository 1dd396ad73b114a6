//! `[web]`: who may open the page, where the configuration is taken over from a card.

use super::table::Table;

/// From where the page may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listen {
    /// From nowhere.
    #[default]
    Off,
    /// From the local network.
    Lan,
}

/// The `[web]` table. The daemon itself has no use for it: the takeover leaves a flag, on which the socket of the page waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebConfig {
    /// From where the page may be opened.
    pub listen: Listen,
}

impl WebConfig {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let listen = table.choice(
            "listen",
            Listen::Off,
            &[("off", Listen::Off), ("lan", Listen::Lan)],
        );
        table.finish();
        Self { listen }
    }
}
