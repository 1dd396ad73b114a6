//! The events, their texts for people and their fields for programs.

use std::fmt;

use log::Level;
use serde::Serialize;

use super::event_names::{FaultName, ReleaseName};

/// Something that happened.
///
/// The JSON form is stable: `event` names it in kebab case, the fields stand beside it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The daemon has checked everything and looks now.
    Started {
        /// Version of the program.
        version: String,
        /// Name and version of the model.
        model: String,
        /// The configuration file.
        config: String,
    },
    /// The camera is open.
    CameraOpened {
        /// What was opened and what it took.
        camera: String,
    },
    /// The camera failed and is tried again.
    CameraFailed {
        /// Why, and what to do.
        error: String,
        /// When it is tried again.
        retry_ms: u64,
    },
    /// A frame or a file was left out.
    FrameSkipped {
        /// Why.
        error: String,
        /// How many were left out so far.
        frames: u64,
    },
    /// A recording came to its end.
    RecordingEnded,
    /// The pictures are not to be trusted.
    PictureFault {
        /// What is wrong with them.
        fault: FaultName,
    },
    /// The pictures are good again.
    PictureRestored,
    /// There is no fresh picture; nothing is shown.
    Blind,
    /// Something came into the drop zone.
    ItemSeen,
    /// It is known what it is.
    Recognised {
        /// The likeliest label of the bin.
        label: String,
        /// The bin.
        bin: String,
        /// Confidence in the bin.
        confidence: f32,
    },
    /// It is not known what it is.
    Unsure {
        /// The likeliest label that means an item.
        label: String,
        /// The bin for such items.
        bin: Option<String>,
    },
    /// A bin's light is on, and its lid opens.
    SignalOn {
        /// The bin.
        bin: String,
    },
    /// The light is off, and the lid closes.
    SignalOff {
        /// The bin.
        bin: String,
        /// Why.
        cause: ReleaseName,
    },
    /// The item left before it was recognised, or the network sees that there is none.
    ItemLeft,
    /// The zone is empty; the next item may come.
    Rearmed,
    /// The new configuration is in force.
    ConfigReloaded {
        /// Its file.
        config: String,
        /// Name and version of its model.
        model: String,
    },
    /// The new configuration is wrong; the old one goes on.
    ConfigRefused {
        /// Why, and what to do.
        error: String,
    },
    /// A configuration is in force that somebody tries.
    ConfigTried {
        /// For how many seconds, unless it is committed.
        seconds: u64,
    },
    /// What is in force stays so over a restart.
    ConfigCommitted {
        /// Its number; 0 where it is the file again.
        generation: u32,
    },
    /// Nobody committed what was tried; what was before is put in force.
    ConfigTrialOver,
    /// Somebody wants to see a bin work; its signal follows.
    BinTested {
        /// The bin.
        bin: String,
    },
    /// Everything is brought to rest for a while: somebody asked for it.
    Paused {
        /// For how many seconds.
        seconds: u64,
    },
    /// It goes on sorting.
    Resumed,
    /// Something about the wiring is worth knowing.
    Remark {
        /// What. It is not named `text`, as the words of any event are.
        remark: String,
    },
    /// The JSON lines are not read; from here on they are dropped.
    DroppingBegan,
    /// The JSON lines are read again, and none is dropped any more.
    DroppingEnded {
        /// How many were dropped.
        dropped: u64,
    },
    /// The daemon goes to rest.
    Stopping {
        /// Why.
        cause: String,
    },
}

impl Event {
    /// The event's name in its JSON form.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::CameraOpened { .. } => "camera-opened",
            Self::CameraFailed { .. } => "camera-failed",
            Self::FrameSkipped { .. } => "frame-skipped",
            Self::RecordingEnded => "recording-ended",
            Self::PictureFault { .. } => "picture-fault",
            Self::PictureRestored => "picture-restored",
            Self::Blind => "blind",
            Self::ItemSeen => "item-seen",
            Self::Recognised { .. } => "recognised",
            Self::Unsure { .. } => "unsure",
            Self::SignalOn { .. } => "signal-on",
            Self::SignalOff { .. } => "signal-off",
            Self::ItemLeft => "item-left",
            Self::Rearmed => "rearmed",
            Self::ConfigReloaded { .. } => "config-reloaded",
            Self::ConfigRefused { .. } => "config-refused",
            Self::ConfigTried { .. } => "config-tried",
            Self::ConfigCommitted { .. } => "config-committed",
            Self::ConfigTrialOver => "config-trial-over",
            Self::BinTested { .. } => "bin-tested",
            Self::Paused { .. } => "paused",
            Self::Resumed => "resumed",
            Self::Remark { .. } => "remark",
            Self::DroppingBegan => "dropping-began",
            Self::DroppingEnded { .. } => "dropping-ended",
            Self::Stopping { .. } => "stopping",
        }
    }

    pub(super) const fn level(&self) -> Level {
        match self {
            Self::CameraFailed { .. } | Self::ConfigRefused { .. } => Level::Error,
            Self::PictureFault { .. }
            | Self::FrameSkipped { .. }
            | Self::Blind
            | Self::DroppingBegan
            | Self::DroppingEnded { .. }
            | Self::ConfigTrialOver
            | Self::Remark { .. } => Level::Warn,
            Self::ItemSeen | Self::ItemLeft | Self::Rearmed => Level::Debug,
            _ => Level::Info,
        }
    }

    /// The event's fields for the log: `SORTD_EVENT`, and whichever of `SORTD_LABEL`, `SORTD_BIN`,
    /// `SORTD_CONFIDENCE` and `SORTD_CAUSE` it has.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("SORTD_EVENT", self.name().to_owned())];
        let mut add = |name, value: &str| fields.push((name, value.to_owned()));
        match self {
            Self::Recognised {
                label,
                bin,
                confidence,
            } => {
                add("SORTD_LABEL", label);
                add("SORTD_BIN", bin);
                add("SORTD_CONFIDENCE", &format!("{confidence:.3}"));
            }
            Self::Unsure { label, bin } => {
                add("SORTD_LABEL", label);
                if let Some(bin) = bin {
                    add("SORTD_BIN", bin);
                }
            }
            Self::SignalOn { bin } | Self::BinTested { bin } => add("SORTD_BIN", bin),
            Self::SignalOff { bin, cause } => {
                add("SORTD_BIN", bin);
                add("SORTD_CAUSE", cause.name());
            }
            Self::PictureFault { fault } => add("SORTD_CAUSE", fault.name()),
            Self::CameraFailed { error, .. }
            | Self::FrameSkipped { error, .. }
            | Self::ConfigRefused { error } => add("SORTD_CAUSE", error),
            Self::Stopping { cause } => add("SORTD_CAUSE", cause),
            _ => {}
        }
        fields
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started {
                version,
                model,
                config,
            } => {
                write!(
                    f,
                    "sortd {version} is looking, with model {model} and {config}"
                )
            }
            Self::CameraOpened { camera } => write!(f, "camera: {camera}"),
            Self::CameraFailed { error, retry_ms } => {
                write!(f, "camera: {error} (tried again in {retry_ms} ms)")
            }
            Self::FrameSkipped { error, frames } => write!(f, "skipped ({frames} so far): {error}"),
            Self::RecordingEnded => f.write_str("the recording is over"),
            Self::PictureFault { fault } => f.write_str(fault.cure()),
            Self::PictureRestored => f.write_str("the picture is good again"),
            Self::Blind => f.write_str("no fresh picture; nothing is shown"),
            Self::ItemSeen => f.write_str("something is in the drop zone"),
            Self::Recognised {
                label,
                bin,
                confidence,
            } => {
                write!(
                    f,
                    "{label}: belongs into {bin} ({:.0} %)",
                    confidence * 100.0
                )
            }
            Self::Unsure {
                label,
                bin: Some(bin),
            } => write!(f, "unsure, perhaps {label}: into {bin}"),
            Self::Unsure { label, bin: None } => {
                write!(f, "unsure, perhaps {label}; no bin is named for that")
            }
            Self::SignalOn { bin } => write!(f, "{bin}: on"),
            Self::SignalOff {
                bin,
                cause: ReleaseName::TooLong,
            } => {
                write!(f, "{bin}: off, on for the longest time allowed")
            }
            Self::SignalOff {
                bin,
                cause: ReleaseName::Blind,
            } => {
                write!(f, "{bin}: off, no fresh picture")
            }
            Self::SignalOff { bin, .. } => write!(f, "{bin}: off"),
            Self::ItemLeft => {
                f.write_str("nothing is there (any more), and nothing was recognised")
            }
            Self::Rearmed => f.write_str("the drop zone is empty"),
            Self::ConfigReloaded { config, model } => {
                write!(f, "{config} is in force, with model {model}")
            }
            Self::ConfigTried { seconds } => write!(
                f,
                "a configuration is tried for {seconds} s; unless it is committed, the one before comes back"
            ),
            Self::ConfigCommitted { generation: 0 } => {
                f.write_str("the configuration file itself is in force again")
            }
            Self::ConfigCommitted { generation } => write!(
                f,
                "generation {generation} of the configuration is committed, until its file changes"
            ),
            Self::ConfigTrialOver => f.write_str(
                "nobody committed the configuration that was tried; the one before comes back",
            ),
            Self::BinTested { bin } => write!(f, "{bin}: a test"),
            Self::Paused { seconds } => {
                write!(f, "at rest for {seconds} s, or until it is resumed")
            }
            Self::Resumed => f.write_str("sorting again"),
            Self::ConfigRefused { error } => {
                write!(
                    f,
                    "the new configuration is refused, and the old one goes on: {error}"
                )
            }
            Self::Remark { remark } => f.write_str(remark),
            Self::DroppingBegan => {
                f.write_str("the events on standard output are not read; they are dropped")
            }
            Self::DroppingEnded { dropped } => write!(
                f,
                "the events on standard output are read again; {dropped} of them were dropped"
            ),
            Self::Stopping { cause } => write!(f, "stopping: {cause}"),
        }
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
