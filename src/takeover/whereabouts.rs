//! Where the bin is in the network, for who has neither a shell nor a screen there: the end of `sortd-report.txt`.

use std::net::IpAddr;

use qrcodegen::{QrCode, QrCodeEcc};

use super::sheet::entry;
use crate::machine;

/// What the section begins with, by which it is found when another comes in its place.
pub(super) const HEADING: &str = "In the network";

/// A machine may have addresses of programs as well; the first ones are those of its network.
const MOST_ADDRESSES: usize = 6;

/// Empty modules around a code (ISO/IEC 18004, quiet zone).
const QUIET: i32 = 4;

/// Whether the page can be opened, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// It is closed.
    Closed,
    /// It is open at this port of each address.
    Open(u16),
    /// It is, where somebody has enabled its socket.
    IfEnabled(u16),
}

/// Where the bin is.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    /// The machine's addresses, the one to be used first.
    pub addresses: Vec<IpAddr>,
    /// The machine's name.
    pub name: String,
    /// Whether the page can be opened.
    pub page: Page,
    /// The code that lets a browser in, or why there is none.
    pub code: Result<String, String>,
    /// What became of a picture that somebody asked for.
    pub picture: Option<String>,
    /// Who reads it: whoever has the card in hand and no shell, or one who asked for it in a shell.
    pub reader: Reader,
}

/// Who reads where the bin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Of the report.
    Report,
    /// Of a terminal.
    Shell,
}

impl Reader {
    /// How another code is had.
    const fn way_to_another_code(self) -> &'static str {
        match self {
            Self::Report => "switch the machine off and on",
            Self::Shell => "run `sortd tell` again",
        }
    }
}

impl Whereabouts {
    /// The lines for people.
    #[must_use]
    pub fn section(&self) -> String {
        let mut lines = vec![HEADING.to_owned(), String::new()];
        lines.extend(self.told());
        if let Some(picture) = &self.picture {
            lines.push(entry("picture", picture));
        }
        if let Some(code) = self.first_url().as_deref().and_then(qr_code) {
            lines.push(String::new());
            lines.extend(code);
        }
        lines.join("\n") + "\n"
    }

    fn told(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.addresses.is_empty() {
            let text = "no address; is the cable plugged in, or are the name and the password in wifi.txt right?";
            lines.push(entry("NOT THERE", text));
        }
        let Some(port) = self.port() else {
            let all = self.addresses.iter().take(MOST_ADDRESSES);
            lines.extend(all.map(|address| entry("address", &address.to_string())));
            lines.push(entry(
                "page",
                "closed; listen = \"lan\" below [web] in sortd.toml opens it at the next start",
            ));
            return lines;
        };
        lines.extend(
            self.answering()
                .take(MOST_ADDRESSES)
                .map(|address| entry("page", &url(address, port))),
        );
        if let (None, Some(address)) = (self.answering().next(), self.addresses.first()) {
            let text = format!(
                "the page answers private networks alone, and {address} is of none; put a reverse proxy in front of it (docs/installer.md)"
            );
            lines.push(entry("NOT THERE", &text));
        }
        if self.answering().next().is_some() {
            let named = format!("http://{}.local{}", self.name, shown_port(port));
            lines.push(entry("or, where it is known", &named));
        }
        if let Page::IfEnabled(_) = self.page {
            lines.push(entry(
                "",
                "where it is enabled: sudo systemctl enable --now sortd-web-lan.socket",
            ));
        }
        match &self.code {
            Ok(code) => lines.push(entry(
                "code",
                &format!(
                    "{code}, by which it lets a browser in; where it is refused, sortd has started anew since, with another: {}",
                    self.reader.way_to_another_code()
                ),
            )),
            Err(why) => lines.push(entry("NO CODE", why)),
        }
        lines
    }

    /// The addresses in whose networks the page's socket answers.
    fn answering(&self) -> impl Iterator<Item = IpAddr> {
        let all = self.addresses.iter().copied();
        all.filter(|address| machine::is_private(*address))
    }

    fn port(&self) -> Option<u16> {
        match self.page {
            Page::Closed => None,
            Page::Open(port) | Page::IfEnabled(port) => Some(port),
        }
    }

    fn first_url(&self) -> Option<String> {
        Some(url(self.answering().next()?, self.port()?))
    }
}

fn url(address: IpAddr, port: u16) -> String {
    let port = shown_port(port);
    match address {
        IpAddr::V4(address) => format!("http://{address}{port}"),
        IpAddr::V6(address) => format!("http://[{address}]{port}"),
    }
}

/// Browsers leave out the port of plain HTTP, and so do people.
fn shown_port(port: u16) -> String {
    if port == 80 {
        String::new()
    } else {
        format!(":{port}")
    }
}

/// A QR code in blocks, two modules one above the other in each; `None` for a text that is too long for any code.
fn qr_code(text: &str) -> Option<Vec<String>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let whole = -QUIET..code.size() + QUIET;
    let row = |y: i32| {
        let block = |x: i32| match (code.get_module(x, y), code.get_module(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        let blocks: String = whole.clone().map(block).collect();
        blocks.trim_end().to_owned()
    };
    Some(whole.clone().step_by(2).map(row).collect())
}

#[cfg(test)]
#[path = "whereabouts_tests.rs"]
mod tests;
