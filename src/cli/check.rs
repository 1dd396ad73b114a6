//! `sortd check`: is everything right before anything moves?

use super::{ConfigFile, hardware, output};
use crate::config::{CameraSource, Config, GpioBackend};
use crate::error::{Error, Result};
use crate::pipeline::Plan;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
    /// Also check this machine: camera, groups, GPIO, PWM, supply voltage.
    #[arg(long)]
    hardware: bool,
}

pub(super) fn check(args: &Args) -> Result<()> {
    let plan = Plan::load(&args.file.config)?;
    let config = &plan.config;
    output::line(format!("{}: fine", config.file.display()))?;
    output::line(format!("  camera  {}", camera(config)))?;
    output::line(format!("  model   {}", plan.model))?;
    output::line(format!("  GPIO    {}", backend(config)))?;
    for bin in &config.bins {
        let labels: Vec<&str> = bin
            .accepts
            .iter()
            .map(|label| label.value.as_str())
            .collect();
        let led = bin
            .led
            .as_ref()
            .map(|led| format!("light on {}", led.pin.value));
        let servo = bin
            .servo
            .as_ref()
            .map(|servo| format!("lid on {}", servo.pin.value));
        let wired: Vec<String> = led.into_iter().chain(servo).collect();
        let accepts = if labels.is_empty() {
            "what is left".into()
        } else {
            labels.join(", ")
        };
        output::line(format!(
            "  bin     {}: {accepts} ({})",
            bin.name.value,
            wired.join(", ")
        ))?;
    }
    if !args.hardware {
        return Ok(());
    }
    let findings = hardware::inspect(config);
    for finding in &findings {
        output::line(finding)?;
    }
    match findings.iter().filter(|finding| finding.is_bad()).count() {
        0 => Ok(()),
        bad => Err(Error::unavailable(format!(
            "{} with this machine",
            output::count(bad, "problem")
        ))
        .advice("see the lines above")),
    }
}

fn camera(config: &Config) -> String {
    match &config.camera.source {
        CameraSource::V4l2 { device: None } => "the first that can capture".into(),
        CameraSource::V4l2 { device: Some(path) } => path.display().to_string(),
        CameraSource::Rpicam { index, .. } => format!("CSI camera {index} through rpicam-vid"),
        CameraSource::Replay { path, .. } => format!("replay of {}", path.display()),
    }
}

fn backend(config: &Config) -> String {
    match &config.gpio.backend {
        GpioBackend::Rppal => "Raspberry Pi".into(),
        GpioBackend::Gpiochip(path) => path.display().to_string(),
        GpioBackend::Simulated => "simulated: nothing moves".into(),
    }
}
