//! The files of the page, inside the program.

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asset {
    /// Its name below `/page/`.
    pub name: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
}

impl Asset {
    /// What kind of file it is, for browsers that are told to guess nothing.
    pub fn kind(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("json") => "application/json",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }
}

/// The file of this name.
pub(super) fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

macro_rules! assets {
    ($($name:literal)+) => {
        /// All files of the page.
        pub(super) const ASSETS: &[Asset] = &[
            $(Asset { name: $name, bytes: include_bytes!(concat!("page/", $name)) },)+
        ];
    };
}

assets! {
    "access.js"
    "aim.js"
    "api.js"
    "app.js"
    "bins.js"
    "boxes.js"
    "chart.js"
    "days.js"
    "dom.js"
    "editor.js"
    "events.js"
    "history.js"
    "icon.svg"
    "icons.js"
    "index.html"
    "languages.json"
    "log.js"
    "model.js"
    "nav.js"
    "now.js"
    "pair.js"
    "picture.js"
    "privacy.js"
    "settings.js"
    "style.css"
    "toml.js"
    "trial.js"
    "words.de.json"
    "words.en.json"
    "words.js"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_file_of_the_page_is_here_and_has_a_kind() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/page");
        let files = fs::read_dir(folder).expect("the page's folder");
        let names = files.map(|file| file.expect("read").file_name().into_string());
        let mut names: Vec<String> = names.map(|name| name.expect("a name")).collect();
        names.sort();
        let listed: Vec<&str> = ASSETS.iter().map(|asset| asset.name).collect();
        assert_eq!(listed, names, "in the order of their names");
        for asset in ASSETS {
            assert_ne!(asset.kind(), "application/octet-stream", "{}", asset.name);
        }
        assert!(asset("index.html").is_some());
    }

    #[test]
    fn the_page_is_small_enough_for_a_slow_network() {
        let bytes: usize = ASSETS.iter().map(|asset| asset.bytes.len()).sum();
        assert!(bytes <= 80_000, "{bytes} bytes");
    }
}
