//! Pictures of scenes for people to look at.

use std::path::PathBuf;
use std::sync::Mutex;

use sortd::capture::Frame;

use crate::canvas::save;

/// Pictures of each scene; they divide it evenly.
const PICTURES: usize = 4;

/// A folder of pictures, or none.
pub struct Album {
    folder: Option<PathBuf>,
    /// The last scene, and how many of its pictures were kept.
    last: Mutex<(String, usize)>,
}

impl Album {
    /// The folder that `PICTURES` names; without it nothing is kept.
    pub fn asked_for() -> Self {
        let folder = std::env::var_os("PICTURES").map(PathBuf::from);
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).unwrap();
        }
        Self {
            folder,
            last: Mutex::default(),
        }
    }

    /// Keeps nothing.
    pub fn none() -> Self {
        Self {
            folder: None,
            last: Mutex::default(),
        }
    }

    /// Keeps a frame at this share of a scene where it is one of those that divide it.
    pub fn keep(&self, scene: &str, share: f32, frame: &Frame) {
        let Some(folder) = &self.folder else { return };
        let mut last = self.last.lock().unwrap();
        if last.0 != scene {
            *last = (scene.into(), 0);
        }
        if share * PICTURES as f32 >= last.1 as f32 + 0.5 {
            last.1 += 1;
            save(
                frame,
                &folder.join(format!("{}-{}.png", scene.replace(' ', "-"), last.1)),
            );
        }
    }
}
