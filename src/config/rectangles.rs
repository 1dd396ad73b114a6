//! `[camera] zone` and `mask`: parts of the picture.

use super::table::Table;
use crate::units::Zone;

/// Parts of the picture that can be masked.
const MOST_PARTS: usize = 8;

/// The least share of the drop zone that a mask leaves to be seen.
const LEAST_SEEN: f32 = 0.25;

/// Points along each side of the zone, by which it is estimated what a mask leaves of it.
const POINTS: usize = 32;

pub(super) fn read_zone(camera: &Table<'_>) -> Zone {
    let table = camera.table("zone");
    let fraction = |key, default| {
        let found = table.measure(key, "0.25", Ok);
        found.map_or(default, |found| found.value)
    };
    let made = Zone::new(
        fraction("left", 0.0),
        fraction("top", 0.0),
        fraction("width", 1.0),
        fraction("height", 1.0),
    );
    table.finish();
    made.unwrap_or_else(|what| {
        camera.problem(
            "zone",
            what,
            "correct it, for example zone = { left = 0.2, top = 0.1, width = 0.6, height = 0.8 }",
        );
        Zone::WHOLE
    })
}

/// The masked parts, of which each edge must be given.
pub(super) fn read_mask(camera: &Table<'_>, zone: &Zone) -> Vec<Zone> {
    const EXAMPLE: &str =
        "write it as mask = [{ left = 0.0, top = 0.0, width = 0.3, height = 1.0 }]";
    let tables = camera.tables("mask");
    if tables.len() > MOST_PARTS {
        let what = format!("has {} parts, and {MOST_PARTS} is the most", tables.len());
        camera.problem("mask", what, "join parts that lie side by side");
        return Vec::new();
    }
    let mut parts = Vec::new();
    for table in &tables {
        let edges = ["left", "top", "width", "height"].map(|key| {
            if !table.has(key) {
                table.problem(key, "is missing", EXAMPLE);
            }
            table.measure(key, "0.25", Ok).map(|found| found.value)
        });
        table.finish();
        if let [Some(left), Some(top), Some(width), Some(height)] = edges {
            match Zone::new(left, top, width, height) {
                Ok(part) => parts.push(part),
                Err(what) => table.problem("width", what, EXAMPLE),
            }
        }
    }
    let seen = share_seen(zone, &parts);
    if seen < LEAST_SEEN {
        let left = (100.0 * seen).floor();
        let what = format!("leaves {left} % of the drop zone to be seen");
        camera.problem(
            "mask",
            what,
            "leave a quarter of it at least, or move the zone",
        );
    }
    parts
}

/// The share of the drop zone that no part hides.
fn share_seen(zone: &Zone, parts: &[Zone]) -> f32 {
    let at = |step: usize| (step as f32 + 0.5) / POINTS as f32;
    let hides = |part: &Zone, u: f32, v: f32| {
        (part.left()..part.left() + part.width()).contains(&u)
            && (part.top()..part.top() + part.height()).contains(&v)
    };
    let points = (0..POINTS * POINTS).map(|step| {
        let (column, row) = (step % POINTS, step / POINTS);
        (
            zone.left() + zone.width() * at(column),
            zone.top() + zone.height() * at(row),
        )
    });
    let seen = points.filter(|&(u, v)| !parts.iter().any(|part| hides(part, u, v)));
    seen.count() as f32 / (POINTS * POINTS) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mask_leaves_of_the_zone_is_told_however_its_parts_lie() {
        let zone = Zone::new(0.5, 0.0, 0.5, 1.0).expect("a zone");
        let part = |left, top, width, height| Zone::new(left, top, width, height).expect("a part");
        assert!((share_seen(&zone, &[]) - 1.0).abs() < 1e-6);
        assert!((share_seen(&zone, &[part(0.0, 0.0, 0.5, 1.0)]) - 1.0).abs() < 1e-6);
        let half = part(0.5, 0.0, 0.5, 0.5);
        assert!((share_seen(&zone, &[half, half]) - 0.5).abs() < 0.02);
        assert!(share_seen(&zone, &[part(0.4, 0.0, 0.6, 1.0)]) < 1e-6);
    }
}
