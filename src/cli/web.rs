//! `sortd web`: the page for the phone.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Sockets;
use crate::error::Result;
use crate::web::{self, Settings};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen; may be repeated. Sockets that systemd passes come in the place of all of these.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: Vec<SocketAddr>,
    #[command(flatten)]
    sockets: Sockets,
    /// The folder in which it remembers which devices are paired. Left out: that of the service; without one, they are forgotten
    /// at the end.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// A name under which the page may be asked for besides this machine's own, such as that of a reverse proxy; may be repeated.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
}

pub(super) fn web(args: &Args) -> Result<()> {
    web::serve(Settings {
        listen: &args.listen,
        sockets: args.sockets.folder(),
        state: args.state.as_deref(),
        hosts: &args.hosts,
    })
}
