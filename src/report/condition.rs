//! What the events since the start add up to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Event;

/// What happened since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Items that came.
    pub items: u64,
    /// Those that were recognised.
    pub recognised: u64,
    /// Those that were not.
    pub unsure: u64,
    /// Those that left before.
    pub left: u64,
    /// How often each bin signalled.
    pub signals: BTreeMap<String, u64>,
}

/// How the daemon is, as far as its events tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// The camera, once it is open.
    pub camera: Option<String>,
    /// The model.
    pub model: String,
    /// Whether something is in the drop zone.
    pub item: bool,
    /// The bin whose light is on.
    pub signal: Option<String>,
    /// What happened.
    pub counters: Counters,
    /// Why the camera delivers nothing.
    camera_trouble: Option<String>,
    /// Why its pictures are not to be trusted.
    picture_trouble: Option<String>,
    /// Why the last configuration was refused.
    refused: Option<String>,
}

impl Condition {
    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Started { model, .. } => self.model.clone_from(model),
            Event::CameraOpened { camera } => {
                self.camera = Some(camera.clone());
                self.camera_trouble = None;
            }
            Event::CameraFailed { .. } => {
                self.camera = None;
                self.camera_trouble = Some(event.to_string());
            }
            Event::PictureFault { .. } => self.picture_trouble = Some(event.to_string()),
            Event::PictureRestored => self.picture_trouble = None,
            Event::ItemSeen => {
                self.item = true;
                self.counters.items += 1;
            }
            Event::Recognised { .. } => self.counters.recognised += 1,
            Event::Unsure { .. } => self.counters.unsure += 1,
            Event::ItemLeft => {
                self.item = false;
                self.counters.left += 1;
            }
            Event::Rearmed | Event::Blind => self.item = false,
            Event::SignalOn { bin } => {
                self.signal = Some(bin.clone());
                *self.counters.signals.entry(bin.clone()).or_default() += 1;
            }
            Event::SignalOff { .. } => self.signal = None,
            Event::ConfigReloaded { model, .. } => {
                self.model.clone_from(model);
                self.refused = None;
            }
            Event::ConfigRefused { .. } => self.refused = Some(event.to_string()),
            Event::FrameSkipped { .. }
            | Event::RecordingEnded
            | Event::Remark { .. }
            | Event::DroppingBegan
            | Event::DroppingEnded { .. }
            | Event::BinTested { .. }
            | Event::ConfigTried { .. }
            | Event::ConfigCommitted { .. }
            | Event::ConfigTrialOver
            | Event::Paused { .. }
            | Event::Resumed
            | Event::Stopping { .. } => {}
        }
    }

    /// What is wrong and what to do; the worst of it.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        let troubles = [&self.camera_trouble, &self.picture_trouble, &self.refused];
        troubles.into_iter().find_map(Option::as_deref)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FaultName, ReleaseName};
    use super::*;

    fn after(events: &[Event]) -> Condition {
        let mut condition = Condition::default();
        for event in events {
            condition.take(event);
        }
        condition
    }

    fn on(bin: &str) -> Event {
        Event::SignalOn { bin: bin.into() }
    }

    #[test]
    fn items_and_signals_are_counted_and_end() {
        let off = Event::SignalOff {
            bin: "glass".into(),
            cause: ReleaseName::Done,
        };
        let recognised = Event::Recognised {
            label: "glass".into(),
            bin: "glass".into(),
            confidence: 0.9,
        };
        let story = [Event::ItemSeen, recognised, on("glass")];
        let during = after(&story);
        assert!(during.item && during.signal.as_deref() == Some("glass"));
        let mut all = story.to_vec();
        all.extend([off, Event::Rearmed, Event::ItemSeen, Event::ItemLeft]);
        let later = after(&all);
        assert!(!later.item && later.signal.is_none());
        let counters = later.counters;
        assert_eq!(
            (counters.items, counters.recognised, counters.left),
            (2, 1, 1)
        );
        assert_eq!(counters.signals["glass"], 1);
    }

    #[test]
    fn a_trouble_lasts_until_it_is_over_and_the_worst_is_told() {
        let failed = Event::CameraFailed {
            error: "/dev/video0 is busy; close the other program".into(),
            retry_ms: 500,
        };
        let opened = Event::CameraOpened {
            camera: "/dev/video0".into(),
        };
        let dark = Event::PictureFault {
            fault: FaultName::Dark,
        };
        let refused = Event::ConfigRefused {
            error: "line 3".into(),
        };
        let mut story = vec![refused, dark, failed];
        let trouble = |story: &[Event]| after(story).trouble().map(str::to_owned);
        assert!(trouble(&story).is_some_and(|text| text.contains("busy")));
        story.push(opened);
        assert!(trouble(&story).is_some_and(|text| text.contains("dark")));
        story.push(Event::PictureRestored);
        assert!(trouble(&story).is_some_and(|text| text.contains("line 3")));
        story.push(Event::ConfigReloaded {
            config: "sortd.toml".into(),
            model: "waste 2".into(),
        });
        assert_eq!(trouble(&story), None);
    }
}
