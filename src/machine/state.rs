//! What the kernel says of the board: its name, its temperature, its supply.

use std::fs;
use std::path::{Path, PathBuf};

const SYS: &str = "/sys";

/// The board, as its device tree names it, or the machine as its firmware does.
#[must_use]
pub fn board() -> Option<String> {
    [
        "firmware/devicetree/base/model",
        "class/dmi/id/product_name",
    ]
    .iter()
    .find_map(|file| fs::read_to_string(Path::new(SYS).join(file)).ok())
    .map(|name| name.trim_end_matches('\0').trim().to_owned())
    .filter(|name| !name.is_empty())
}

/// The processor's temperature in degrees Celsius.
#[must_use]
pub fn temperature() -> Option<f32> {
    temperature_below(Path::new(SYS))
}

fn temperature_below(sys: &Path) -> Option<f32> {
    let text = fs::read_to_string(sys.join("class/thermal/thermal_zone0/temp")).ok()?;
    Some(text.trim().parse::<f32>().ok()? / 1000.0)
}

/// What the firmware says of the supply voltage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Supply {
    /// It has been high enough since the start.
    Fine,
    /// It is too low now.
    LowNow,
    /// It was too low since the start.
    WasLow,
}

/// Whether the supply's voltage is too low now; `None` where nothing watches it.
#[must_use]
pub fn undervoltage() -> Option<bool> {
    supply().map(|supply| supply == Supply::LowNow)
}

/// The state of the supply; `None` where nothing watches it.
pub(super) fn supply() -> Option<Supply> {
    supply_below(Path::new(SYS))
}

fn supply_below(sys: &Path) -> Option<Supply> {
    throttled(sys).or_else(|| voltage_alarm(sys))
}

/// Raspberry Pi's kernel: bit 0 is now, bit 16 since the start (Raspberry Pi documentation of
/// `vcgencmd get_throttled`).
fn throttled(sys: &Path) -> Option<Supply> {
    let file = sys.join("devices/platform/soc/soc:firmware/get_throttled");
    let text = fs::read_to_string(file).ok()?;
    let bits = u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()?;
    Some(match (bits & 1 != 0, bits & (1 << 16) != 0) {
        (true, _) => Supply::LowNow,
        (_, true) => Supply::WasLow,
        _ => Supply::Fine,
    })
}

/// The kernel's own driver `raspberrypi-hwmon`: an alarm that stands while the voltage is low
/// (Documentation/hwmon/raspberrypi-hwmon.rst).
fn voltage_alarm(sys: &Path) -> Option<Supply> {
    let monitors = fs::read_dir(sys.join("class/hwmon")).ok()?;
    let volt: PathBuf = monitors
        .flatten()
        .map(|entry| entry.path())
        .find(|folder| {
            fs::read_to_string(folder.join("name")).is_ok_and(|name| name.trim() == "rpi_volt")
        })?;
    match fs::read_to_string(volt.join("in0_lcrit_alarm"))
        .ok()?
        .trim()
    {
        "0" => Some(Supply::Fine),
        "1" => Some(Supply::LowNow),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sys(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        folder
    }

    #[test]
    fn the_supply_is_read_from_either_kernel() {
        let throttled = "devices/platform/soc/soc:firmware/get_throttled";
        for (bits, supply) in [
            ("0\n", Supply::Fine),
            ("0x50005\n", Supply::LowNow),
            ("50000\n", Supply::WasLow),
        ] {
            assert_eq!(supply_below(sys(&[(throttled, bits)]).path()), Some(supply));
        }
        for (alarm, supply) in [
            ("0\n", Some(Supply::Fine)),
            ("1\n", Some(Supply::LowNow)),
            ("?", None),
        ] {
            let tree = sys(&[
                ("class/hwmon/hwmon0/name", "cpu_thermal\n"),
                ("class/hwmon/hwmon1/name", "rpi_volt\n"),
                ("class/hwmon/hwmon1/in0_lcrit_alarm", alarm),
            ]);
            assert_eq!(supply_below(tree.path()), supply);
        }
        assert_eq!(supply_below(sys(&[]).path()), None);
    }

    #[test]
    fn the_temperature_is_in_degrees() {
        let tree = sys(&[("class/thermal/thermal_zone0/temp", "48312\n")]);
        assert_eq!(temperature_below(tree.path()), Some(48.312));
        assert_eq!(temperature_below(sys(&[]).path()), None);
    }
}
