//! What the stages call things, as events name it.

use serde::Serialize;

use crate::decide::Release;
use crate::presence::PictureFault;

/// [`PictureFault`] as events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultName {
    /// The same picture again and again.
    Frozen,
    /// Too dark.
    Dark,
    /// Something covers the lens.
    Covered,
    /// Not one picture is whole.
    Incomplete,
}

impl FaultName {
    /// The name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Dark => "dark",
            Self::Covered => "covered",
            Self::Incomplete => "incomplete",
        }
    }
}

impl FaultName {
    /// What is wrong and what to do, for people.
    pub(super) const fn cure(self) -> &'static str {
        match self {
            Self::Frozen => "the picture is frozen; restart or replace the camera if this lasts",
            Self::Dark => "the picture is dark; switch on a light, or take off the lens cap",
            Self::Covered => "something covers the lens; remove or clean it",
            Self::Incomplete => {
                "no picture comes whole; check the camera's cable, or try another format, size or USB port"
            }
        }
    }
}

impl From<PictureFault> for FaultName {
    fn from(fault: PictureFault) -> Self {
        match fault {
            PictureFault::Frozen => Self::Frozen,
            PictureFault::Dark => Self::Dark,
            PictureFault::Covered => Self::Covered,
            PictureFault::Incomplete => Self::Incomplete,
        }
    }
}

/// [`Release`] as events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseName {
    /// The item is gone.
    Done,
    /// The longest time is over.
    TooLong,
    /// There is no fresh picture.
    Blind,
    /// The daemon stops, or takes over a new configuration.
    Parked,
}

impl ReleaseName {
    /// The name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::TooLong => "too-long",
            Self::Blind => "blind",
            Self::Parked => "parked",
        }
    }
}

impl From<Release> for ReleaseName {
    fn from(release: Release) -> Self {
        match release {
            Release::Done => Self::Done,
            Release::TooLong => Self::TooLong,
            Release::Blind => Self::Blind,
        }
    }
}
