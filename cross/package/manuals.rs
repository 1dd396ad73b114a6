//! Writes what a package brings for people: man pages and shell completions, from the command line's own
//! definition and from the default configuration.
//!
//!     cargo run --example manuals -- FOLDER
//!
//! An example, because it is no part of the daemon but must know its command line.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate_to};
use sortd::cli::Cli;

/// The default configuration, which explains every key.
const CONFIG: &str = include_str!("../../config/sortd.toml");

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: manuals FOLDER")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let mut command = Cli::command();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut command, "sortd", folder)?;
    }
    fs::write(folder.join("sortd.1"), manual(command)?)?;
    fs::write(folder.join("sortd.toml.5"), configuration())?;
    Ok(())
}

/// One page for the whole program: each command is a section with its own options.
fn manual(mut command: Command) -> io::Result<String> {
    command.build();
    let page = clap_mangen::Man::new(command.clone());
    let mut begin = Vec::new();
    page.render_title(&mut begin)?;
    page.render_name_section(&mut begin)?;
    page.render_synopsis_section(&mut begin)?;
    page.render_description_section(&mut begin)?;
    let mut options = Vec::new();
    page.render_options_section(&mut options)?;
    Ok([
        String::from_utf8_lossy(&begin).into_owned(),
        ".SH COMMANDS\n".into(),
        commands_of(&command).map(describe).collect(),
        String::from_utf8_lossy(&options).into_owned(),
        exit_status(&command),
        section(
            "FILES",
            &[
                ("/etc/sortd/sortd.toml", "the configuration"),
                (
                    "/var/lib/sortd",
                    "what was taken over from the boot partition of an SD card",
                ),
                (
                    "/usr/share/sortd/models",
                    "the model that is also inside the program",
                ),
            ],
        ),
        ".SH SEE ALSO\n.BR sortd.toml (5),\n.BR systemctl (1),\n.BR journalctl (1)\n".into(),
    ]
    .concat())
}

fn commands_of(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
}

/// A command with its arguments; a command of commands is told by them.
fn describe(command: &Command) -> String {
    if commands_of(command).next().is_some() {
        return commands_of(command).map(describe).collect();
    }
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let arguments = command
        .get_arguments()
        .filter(|argument| !matches!(argument.get_id().as_str(), "help" | "verbose"))
        .map(|argument| {
            let help = argument
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            entry(&argument.to_string(), &help)
        });
    format!(
        ".SS {}\n{}\n{}",
        escaped(name),
        escaped(&about),
        arguments.collect::<String>()
    )
}

/// The program's own words: `Exit status: 0 fine · 2 usage · ...`.
fn exit_status(command: &Command) -> String {
    let words = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let each = words.trim_start_matches("Exit status: ").split(" · ");
    let entries: Vec<(&str, &str)> = each.filter_map(|status| status.split_once(' ')).collect();
    section("EXIT STATUS", &entries)
}

fn section(title: &str, entries: &[(&str, &str)]) -> String {
    let entries = entries.iter().map(|(term, meaning)| entry(term, meaning));
    format!(".SH {title}\n{}", entries.collect::<String>())
}

fn entry(term: &str, meaning: &str) -> String {
    format!(".TP\n.B {}\n{}\n", escaped(term), escaped(meaning))
}

/// The default file is the reference: every key with its default and what it means.
fn configuration() -> String {
    let mut page = format!(
        ".TH sortd.toml 5 \"\" \"sortd {}\"\n.SH NAME\nsortd.toml \\- the configuration of the smart bin's daemon\n",
        env!("CARGO_PKG_VERSION")
    );
    page += ".SH DESCRIPTION\nA TOML file, by default\n.IR /etc/sortd/sortd.toml .\n\
             Every key stands below with its default, so a line that is left out changes nothing, unless its comment says \
             what that means.\n\
             .B sortd check\nfinds everything that is wrong in a file at once, by line and column.\n\
             .SH KEYS\n.EX\n";
    for line in CONFIG.lines().filter(|line| !line.starts_with("# ---")) {
        page += &escaped(line);
        page += "\n";
    }
    page += ".EE\n.SH SEE ALSO\n.BR sortd (1)\n";
    page
}

/// Text as roff takes it: no escape, no request, and hyphens that can be copied.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) {
        format!("\\&{text}")
    } else {
        text
    }
}
