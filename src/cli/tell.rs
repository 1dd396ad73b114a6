//! `sortd tell`: where the page is, in the network and for a phone's camera.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Sockets, look, output};
use crate::control::client::Client;
use crate::control::protocol::{Access, Request, Status};
use crate::error::{Error, Result};
use crate::machine;
use crate::takeover::{self, Page, Reader, VIEW, Whereabouts, Wish};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sockets: Sockets,
    /// Wait so many seconds at most until the machine has an address.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=3600))]
    wait: u16,
    /// The port of the page.
    #[arg(long, value_name = "PORT", default_value_t = 80, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// The page is open where this file is, as `sortd takeover --web` leaves it. Left out: it is open where somebody enabled it.
    #[arg(long, value_name = "FILE")]
    web: Option<PathBuf>,
    /// Add it to the report on this boot partition, in place of printing it; and where a file `picture` lies there, make
    /// sortd-view.jpg of what the camera sees.
    #[arg(long, value_name = "DIR")]
    onto: Option<PathBuf>,
}

/// How often it is looked for an address.
const TURN: Duration = Duration::from_millis(500);

pub(super) fn tell(args: &Args) -> Result<()> {
    wait_for_an_address(Duration::from_secs(args.wait.into()));
    let page = match &args.web {
        None => Page::IfEnabled(args.port),
        Some(flag) if flag.exists() => Page::Open(args.port),
        Some(_) => Page::Closed,
    };
    let mut told = Whereabouts {
        addresses: machine::addresses(),
        name: machine::name(),
        page,
        code: code(&args.sockets).map_err(|error| error.to_string()),
        picture: None,
        reader: match args.onto {
            Some(_) => Reader::Report,
            None => Reader::Shell,
        },
    };
    let Some(boot) = &args.onto else {
        return output::lines(told.section().trim_end());
    };
    told.picture = picture(boot, &args.sockets).unwrap_or_else(|error| Some(error.to_string()));
    takeover::add_to_sheet(boot, &told.section())
}

fn wait_for_an_address(time: Duration) {
    let end = Instant::now() + time;
    while machine::addresses().is_empty() && Instant::now() < end {
        sleep(TURN);
    }
}

/// The code that lets a browser in.
fn code(sockets: &Sockets) -> Result<String> {
    let mut daemon = Client::connect(sockets.folder())?;
    let status: Status = daemon.ask(&Request::Status {})?;
    status.pairing.ok_or_else(|| match daemon.hello.access {
        Access::Control => {
            Error::unavailable("the daemon could draw no code").advice("start it again")
        }
        Access::Watch => Error::unavailable("who may only watch is not told the code")
            .advice("run this as root, or as a member of the group sortd-admin"),
    })
}

/// Makes the picture that somebody asks for on the boot partition, and says what became of it; `None` where nobody asks.
fn picture(boot: &Path, sockets: &Sockets) -> Result<Option<String>> {
    let Some(wish) = Wish::on(boot)? else {
        return Ok(None);
    };
    let jpeg = Client::connect(sockets.folder()).and_then(|mut daemon| look::jpeg(&mut daemon));
    match jpeg {
        Ok(jpeg) => {
            wish.grant(&jpeg)?;
            Ok(Some(format!("{VIEW}, the drop zone yellow")))
        }
        Err(error) => Ok(Some(format!(
            "none, and asked for again at the next start: {error}"
        ))),
    }
}
