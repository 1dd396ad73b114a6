//! `[camera] zone` and `mask`: parts of the picture.

use super::table::Table;
use crate::units::Zone;

/// Parts of the picture that can be masked.
const MOST_PARTS: usize = 8;

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

/// The masked parts, of which each edge must be given. None reaches into the drop zone: the edge of a black part would hide from
/// presence that the lens is covered.
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
                Ok(part) if overlap(&part, zone) => table.problem(
                    "left",
                    "it reaches into the drop zone, where what is masked would look like a thing",
                    "let zone end where the mask begins",
                ),
                Ok(part) => parts.push(part),
                Err(what) => table.problem("width", what, EXAMPLE),
            }
        }
    }
    parts
}

/// Whether two parts of the picture have more than an edge in common.
fn overlap(one: &Zone, other: &Zone) -> bool {
    // Fractions such as 0.2 + 0.1 may exceed 0.3 by a rounding error.
    const ROUNDING: f32 = 1e-6;
    let common = |start: f32, length: f32, other_start: f32, other_length: f32| {
        (start + length).min(other_start + other_length) - start.max(other_start) > ROUNDING
    };
    common(one.left(), one.width(), other.left(), other.width())
        && common(one.top(), one.height(), other.top(), other.height())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_lie_side_by_side_do_not_overlap() {
        let part = |left, top, width, height| Zone::new(left, top, width, height).expect("a part");
        let zone = part(0.3, 0.0, 0.7, 1.0);
        for (other, overlaps) in [
            (part(0.0, 0.0, 0.3, 1.0), false),
            (part(0.0, 0.0, 0.35, 1.0), true),
            (part(0.5, 0.5, 0.1, 0.1), true),
            (Zone::WHOLE, true),
        ] {
            assert_eq!(overlap(&zone, &other), overlaps, "{other:?}");
            assert_eq!(overlap(&other, &zone), overlaps, "{other:?}");
        }
    }
}
