//! The configurations between which reloads change. A bin's name tells the configuration that it is of, so
//! that its labels are known from the name alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::judge::Rules;
use crate::pins::{Lid, Wiring};

/// No light of any setup is on for longer than this.
pub const MAX_ON: Duration = Duration::from_millis(1_500);

/// The lights and, by channel, the fastest speeds of the lids, which are the same in each setup.
const SPEEDS: [f64; 2] = [400.0, 90.0];

/// A bin.
pub struct Bin {
    name: &'static str,
    accepts: &'static [&'static str],
    /// The line of its light.
    pub light: u8,
    /// The PWM channel of its lid.
    pub lid: Option<u8>,
}

/// A configuration.
pub struct Setup {
    trigger: &'static str,
    camera: &'static str,
    unsure: Option<&'static str>,
    hold_ms: u32,
    /// In the order of the file.
    pub bins: [Bin; 3],
}

const fn bin(
    name: &'static str,
    accepts: &'static [&'static str],
    light: u8,
    lid: Option<u8>,
) -> Bin {
    Bin {
        name,
        accepts,
        light,
        lid,
    }
}

/// All setups: other bins, other wires, another trigger, another mounting.
pub const ALL: [Setup; 3] = [
    Setup {
        trigger: "",
        camera: "",
        unsure: Some("a-rest"),
        hold_ms: 300,
        bins: [
            bin("a-cans", &["metal", "glass"], 17, Some(0)),
            bin("a-paper", &["paper", "cardboard"], 27, Some(1)),
            bin("a-rest", &["plastic", "trash"], 22, None),
        ],
    },
    Setup {
        trigger: "mode = \"always\"",
        camera: "",
        unsure: None,
        hold_ms: 200,
        bins: [
            bin("b-glass", &["glass"], 22, Some(1)),
            bin("b-fibre", &["paper", "cardboard", "trash"], 17, None),
            bin("b-pack", &["plastic", "metal"], 27, Some(0)),
        ],
    },
    Setup {
        trigger: "",
        camera: "rotate = 180",
        unsure: Some("c-all"),
        hold_ms: 900,
        bins: [
            bin(
                "c-all",
                &["plastic", "trash", "metal", "glass"],
                27,
                Some(0),
            ),
            bin("c-paper", &["paper"], 17, Some(1)),
            bin("c-board", &["cardboard"], 22, None),
        ],
    },
];

impl Setup {
    /// Its file; `camera` says where the pictures come from, `gpio` what drives the pins.
    pub fn text(&self, camera: &str, gpio: &str) -> String {
        let unsure = self.unsure.map(|bin| format!("unsure-bin = {bin:?}"));
        let bins: String = self.bins.iter().map(Bin::text).collect();
        let Self {
            trigger,
            camera: mounting,
            hold_ms,
            ..
        } = self;
        format!(
            "[camera]\n{camera}\n{mounting}\nframe-deadline-ms = 500\n[trigger]\nlearn-ms = 300\n{trigger}\n\
             [decision]\nhold-ms = {hold_ms}\nrearm-ms = 200\nunsure-after-ms = 600\n{}\n\
             [gpio]\n{gpio}\nmax-on-ms = {}\n{bins}",
            unsure.unwrap_or_default(),
            MAX_ON.as_millis()
        )
    }
}

impl Bin {
    fn text(&self) -> String {
        let servo = self.lid.map(|channel| {
            format!(
                "servo = {{ pin = {}, pwm-chip = 0, pwm-channel = {channel}, max-deg-per-s = {} }}\n",
                18 + channel,
                SPEEDS[usize::from(channel)]
            )
        });
        format!(
            "[[bins]]\nname = {:?}\naccepts = {:?}\nled = {{ pin = {} }}\n{}",
            self.name,
            self.accepts,
            self.light,
            servo.unwrap_or_default()
        )
    }
}

/// What events may say, whichever setup is in force.
pub fn rules() -> Rules {
    let all = || ALL.iter().flat_map(|setup| &setup.bins);
    let labels = |bin: &Bin| bin.accepts.iter().map(ToString::to_string).collect();
    let accepts: BTreeMap<String, BTreeSet<String>> =
        all().map(|bin| (bin.name.into(), labels(bin))).collect();
    let unsure = ALL.iter().filter_map(|setup| setup.unsure);
    Rules {
        accepts,
        unsure: unsure.map(Into::into).collect(),
        max_on: MAX_ON,
    }
}

/// What may be driven, whichever setup is in force: the lids rest at 0° and open to 90°.
pub fn wiring() -> Wiring {
    let lid = |channel: u8| Lid {
        rest: 1_000,
        open: 1_500,
        micros_per_s: SPEEDS[usize::from(channel)] / 180.0 * 1_000.0,
    };
    Wiring {
        lights: vec![17, 22, 27],
        lids: [0, 1].map(|channel| (channel, lid(channel))).into(),
        max_on: MAX_ON,
    }
}
