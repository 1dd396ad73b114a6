//! Whether the machine has what a configuration needs.

use std::fmt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Access, access};

use super::state::{self, Supply};
use crate::actuate::PwmUnit;
use crate::capture::{self, Ribbon};
use crate::config::{CameraSource, Config, GpioBackend, ServoPwm};
use crate::files;
use crate::visible::visible;

/// After a start the driver of a camera module may still be asking the firmware.
const FIRMWARE_ANSWERS: Duration = Duration::from_secs(3);

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be.
    Good(String),
    /// It is not; with what to do.
    Bad(String, String),
}

impl Finding {
    /// Whether something is to be done.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Bad(..))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(what) => write!(f, "  ok      {}", visible(what)),
            Self::Bad(what, todo) => write!(f, "  WRONG   {}; {todo}", visible(what)),
        }
    }
}

/// Looks at everything on this machine that `config` needs.
#[must_use]
pub fn inspect(config: &Config) -> Vec<Finding> {
    let mut findings = vec![camera(config)];
    findings.extend(gpio(&config.gpio.backend));
    findings.extend(pwm(config));
    findings.extend(supply());
    findings
}

fn camera(config: &Config) -> Finding {
    match &config.camera.source {
        CameraSource::Replay { path, .. } => {
            reachable(path, Access::READ_OK, "name a file or folder that exists")
        }
        CameraSource::V4l2 { device: Some(path) }
            if Ribbon::here().is_on_image() && !path.exists() =>
        {
            Finding::Bad(
                format!("{} is not there", path.display()),
                format!("see `sortd cameras`; {}", Ribbon::here().advice()),
            )
        }
        CameraSource::V4l2 { device: Some(path) } => reachable(
            path,
            Access::READ_OK | Access::WRITE_OK,
            "plug it in, see `sortd cameras`; the user must be in the group `video`",
        ),
        CameraSource::V4l2 { device: None } => first_camera(),
        CameraSource::Rpicam { .. } if Ribbon::here().is_on_image() => Finding::Bad(
            "the SD card image has no rpicam-vid".into(),
            format!("write source = \"v4l2\"; {}", Ribbon::here().advice()),
        ),
        CameraSource::Rpicam { .. } => {
            match program("rpicam-vid").or_else(|| program("libcamera-vid")) {
                Some(path) => Finding::Good(format!("{path} is installed")),
                None => Finding::Bad(
                    "rpicam-vid is not installed".into(),
                    "run: sudo apt install rpicam-apps-lite".into(),
                ),
            }
        }
    }
}

fn first_camera() -> Finding {
    let began = Instant::now();
    loop {
        if let Some(camera) = capture::cameras().first() {
            let (card, path) = (&camera.card, camera.path.display());
            return Finding::Good(format!("camera {card} at {path}"));
        }
        let ribbon = Ribbon::here();
        if ribbon != Ribbon::There || began.elapsed() > FIRMWARE_ANSWERS {
            return Finding::Bad(ribbon.complaint().into(), ribbon.advice().into());
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn gpio(backend: &GpioBackend) -> Option<Finding> {
    let both = Access::READ_OK | Access::WRITE_OK;
    match backend {
        GpioBackend::Simulated => None,
        GpioBackend::Gpiochip(path) => Some(reachable(
            path,
            both,
            "see `gpiodetect`; the user must be in the group `gpio`",
        )),
        GpioBackend::Rppal => {
            // The Pi 5 keeps its pins behind another device than its elders.
            let nodes = ["/dev/gpiomem", "/dev/gpiomem0"].map(Path::new);
            let node = nodes
                .into_iter()
                .find(|node| node.exists())
                .unwrap_or(nodes[0]);
            Some(reachable(
                node,
                both,
                "this needs a Raspberry Pi, and the user in the group `gpio`",
            ))
        }
    }
}

fn pwm(config: &Config) -> Vec<Finding> {
    let servos = config.bins.iter().filter_map(|bin| bin.servo.as_ref());
    let mut findings: Vec<Finding> = servos
        .filter_map(|servo| match servo.pwm {
            ServoPwm::Software => None,
            ServoPwm::Hardware => Some(PwmUnit::of_this_board().map_or(0, |unit| unit.of_pin(servo.pin.value).0)),
            ServoPwm::Chip { chip, .. } => Some(chip),
        })
        .map(|chip| {
            reachable(
                Path::new(&format!("/sys/class/pwm/pwmchip{chip}")),
                Access::READ_OK,
                "add dtoverlay=pwm-2chan to config.txt and restart; where the chip has another number, write \
                 pwm-chip and pwm-channel instead of pwm",
            )
        })
        .collect();
    findings.dedup();
    findings
}

fn supply() -> Option<Finding> {
    let supply = "use the official supply, and give the servos a supply of their own";
    Some(match state::supply()? {
        Supply::LowNow => Finding::Bad("the supply voltage is too low now".into(), supply.into()),
        Supply::WasLow => Finding::Bad(
            "the supply voltage was too low since the start".into(),
            supply.into(),
        ),
        Supply::Fine => Finding::Good("the supply voltage has been fine since the start".into()),
    })
}

fn reachable(path: &Path, wanted: Access, todo: &str) -> Finding {
    let name = path.display();
    let path = path.to_owned();
    // A replay may lie on a server that went away.
    let asked = files::within(files::PATIENCE, move || {
        Ok(access(&path, Access::EXISTS).and_then(|()| access(&path, wanted))?)
    });
    match asked {
        Ok(()) => Finding::Good(format!("{name} can be used")),
        Err(error) => Finding::Bad(format!("{name}: {error}"), todo.into()),
    }
}

fn program(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| access(file, Access::EXEC_OK).is_ok())
        .map(|file| file.display().to_string())
}
