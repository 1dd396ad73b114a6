//! Whether the state is a place in which nobody else can lay anything, and whether nobody else can say where a
//! path leads.
//!
//! On a card the takeover runs as root. In a folder that another user may write to, a link could lead each
//! of its steps elsewhere between a look and a write; so nothing is taken over there at all.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use super::WIFI_FOLDER;
use super::generation::GENERATIONS;
use crate::error::{Error, Result};
use crate::files;

/// So many links one behind the other lead anywhere, as for the kernel.
const MOST_LINKS: usize = 40;

/// Refuses a state of which a folder belongs to another user, may be written to by others, or is a link. What
/// is not there yet is made later, and is this user's own then. The state itself may be named by a link.
pub(super) fn guard(state: &Path) -> Result<()> {
    way(state)?;
    check(state, fs::metadata(state))?;
    let taken = state.join(GENERATIONS);
    for folder in [&state.join(WIFI_FOLDER), &taken] {
        check(folder, fs::symlink_metadata(folder))?;
    }
    // Where it cannot be read, the takeover fails of itself.
    for generation in fs::read_dir(&taken).into_iter().flatten().flatten() {
        check(&generation.path(), fs::symlink_metadata(generation.path()))?;
    }
    Ok(())
}

/// Where a path leads: the same place, with no link on the way there. A link is followed only where nobody but
/// this user and root could have laid it.
pub(super) fn way(path: &Path) -> Result<PathBuf> {
    let strange = |error: io::Error| {
        Error::unavailable(format!("{}: cannot be looked at", path.display())).caused_by(error)
    };
    let path = std::path::absolute(path).map_err(strange)?;
    let mut here = PathBuf::from("/");
    let mut ahead = parts(&path);
    let mut links = 0;
    while let Some(name) = ahead.pop() {
        let there = here.join(&name);
        let found = match fs::symlink_metadata(&there) {
            Ok(found) => found,
            // What is not there yet is no link.
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                here = there;
                continue;
            }
            Err(error) => return Err(strange(error)),
        };
        if name == ".." {
            here.pop();
        } else if found.is_symlink() {
            links += 1;
            if links > MOST_LINKS {
                return Err(strange(Errno::LOOP.into()));
            }
            check_link(&there, &found, &fs::metadata(&here).map_err(strange)?)?;
            let target = fs::read_link(&there).map_err(strange)?;
            if target.is_absolute() {
                here = PathBuf::from("/");
            }
            ahead.extend(parts(&target));
        } else {
            here = there;
        }
    }
    Ok(here)
}

/// The parts of a path, the first one last.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    parts.collect()
}

/// Refuses a link that another user could have laid into its folder.
fn check_link(link: &Path, found: &Metadata, around: &Metadata) -> Result<()> {
    let shared = around.mode() & 0o022 != 0;
    let own_group = around.gid() == getegid().as_raw();
    let closed = is_own(around) && !is_open_to_others(around.mode(), own_group);
    // In a sticky folder everybody can lay links of their own.
    if closed && (!shared || is_own(found)) {
        return Ok(());
    }
    Err(Error::unavailable(format!(
        "{}: is a link in a folder that another user can write to, who could lead what is read and written elsewhere",
        link.display()
    ))
    .advice("name the folder that it leads to"))
}

/// Whether it belongs to this user or to root.
fn is_own(found: &Metadata) -> bool {
    found.uid() == geteuid().as_raw() || found.uid() == 0
}

fn check(folder: &Path, found: io::Result<Metadata>) -> Result<()> {
    let refuse = |what: &str| Err(Error::unavailable(format!("{}: {what}", folder.display())));
    let found = match found {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return refuse("cannot be looked at").map_err(|refusal| refusal.caused_by(error));
        }
    };
    if found.is_symlink() {
        return refuse("is a link, which would lead what is written elsewhere")
            .map_err(|refusal| refusal.advice("remove it and take over again"));
    }
    if !found.is_dir() {
        // Nothing can be written below a file, which is told by who tries.
        return Ok(());
    }
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    if !is_own(&found) {
        let advice = format!("run: sudo chown -R {user}:{group} {}", folder.display());
        return refuse("belongs to another user, who could lead what is written elsewhere")
            .map_err(|refusal| refusal.advice(advice));
    }
    if is_open_to_others(found.mode(), found.gid() == group) {
        let advice = format!("run: sudo chmod go-w {}", folder.display());
        return refuse("can be written to by others, who could lead what is written elsewhere")
            .map_err(|refusal| refusal.advice(advice));
    }
    Ok(())
}

/// Whether others may put something in the place of what is in a folder with these permissions. Where it is
/// sticky, as `/tmp` is, nobody can do so.
const fn is_open_to_others(mode: u32, own_group: bool) -> bool {
    let sticky = mode & 0o1000 != 0;
    !sticky && (mode & 0o002 != 0 || mode & 0o020 != 0 && !own_group)
}

/// Makes a folder that nobody else may look into, or closes the one that is there.
pub(super) fn close(folder: &Path) -> io::Result<()> {
    if let Some(around) = folder.parent() {
        fs::create_dir_all(around)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::set_permissions(folder, Permissions::from_mode(0o700))
        }
        // A power cut must not take the folder away from what is written into it.
        made => made.and_then(|()| files::sync_folder(folder.parent().unwrap_or(Path::new("")))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, lchown, symlink};

    use super::super::{take_over, write_sheet};
    use super::*;

    fn state() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        fs::create_dir(&state).expect("made");
        (folder, state)
    }

    #[test]
    fn what_is_not_there_is_no_danger() {
        let (_folder, state) = state();
        guard(&state).expect("empty");
        guard(&state.join("missing")).expect("nothing");
    }

    #[test]
    fn a_folder_that_is_a_link_is_refused() {
        for name in [WIFI_FOLDER, GENERATIONS] {
            let (folder, state) = state();
            symlink(folder.path(), state.join(name)).expect("linked");
            guard(&state).expect_err(name);
        }
        let (folder, state) = state();
        fs::create_dir(state.join(GENERATIONS)).expect("made");
        symlink(folder.path(), state.join(GENERATIONS).join("7")).expect("linked");
        guard(&state).expect_err("a generation elsewhere");
    }

    #[test]
    fn nothing_is_written_where_a_link_leads() {
        let (folder, state) = state();
        let [boot, elsewhere] = ["boot", "elsewhere"].map(|name| folder.path().join(name));
        for folder in [&boot, &elsewhere] {
            fs::create_dir(folder).expect("made");
        }
        let wifi = "country = DE\nnetwork = Workshop\npassword = correct horse\n";
        fs::write(boot.join("wifi.txt"), wifi).expect("written");
        symlink(&elsewhere, state.join(WIFI_FOLDER)).expect("linked");
        let outcome = take_over(&boot, &state);
        let failure = outcome.failure.expect("a failure").to_string();
        assert!(failure.contains("is a link"), "{failure}");

        // The report goes beside what was found, and not through a link there.
        let kept = elsewhere.join("kept");
        fs::write(&kept, "kept").expect("written");
        for name in ["sortd-report.txt", "sortd-report.txt.new"] {
            symlink(&kept, boot.join(name)).expect("linked");
        }
        write_sheet(&boot, "a report\n").expect("written");
        assert_eq!(fs::read_to_string(&kept).expect("read"), "kept");
        assert_eq!(fs::read_dir(&elsewhere).expect("read").count(), 1);
    }

    #[test]
    fn a_folder_that_others_write_to_is_refused() {
        let (_folder, state) = state();
        for (mode, safe) in [(0o755, true), (0o777, false), (0o1777, true), (0o700, true)] {
            fs::set_permissions(&state, Permissions::from_mode(mode)).expect("set");
            assert_eq!(guard(&state).is_ok(), safe, "{mode:o}");
        }
    }

    #[test]
    fn a_group_that_may_write_must_be_the_own_one() {
        assert!(is_open_to_others(0o775, false));
        assert!(!is_open_to_others(0o775, true));
    }

    #[test]
    fn a_folder_of_another_user_is_refused() {
        let (_folder, state) = state();
        fs::create_dir(state.join(WIFI_FOLDER)).expect("made");
        for folder in [state.clone(), state.join(WIFI_FOLDER)] {
            // Only root can give a folder away.
            if chown(&folder, Some(65534), None).is_err() {
                eprintln!("skipped: this needs root");
                return;
            }
            let error = guard(&state).expect_err("another user's").to_string();
            assert!(error.contains("belongs to another user"), "{error}");
            chown(&folder, Some(0), None).expect("taken back");
        }
    }

    #[test]
    fn a_closed_folder_is_its_owners_alone() {
        let (_folder, state) = state();
        let wifi = state.join(WIFI_FOLDER);
        for _ in 0..2 {
            close(&wifi).expect("closed");
            let mode = fs::metadata(&wifi).expect("there").mode();
            assert_eq!(mode & 0o777, 0o700);
            fs::set_permissions(&wifi, Permissions::from_mode(0o755)).expect("opened");
        }
    }

    #[test]
    fn a_link_of_this_user_leads_on() {
        let (folder, state) = state();
        let at = |name: &str| folder.path().join(name);
        symlink("state", at("relative")).expect("linked");
        symlink(at("relative"), at("absolute")).expect("linked");
        symlink("endless", at("endless")).expect("linked");
        let real = state.canonicalize().expect("there");
        for way_there in ["state", "relative", "absolute", "state/../relative"] {
            assert_eq!(way(&at(way_there)).expect(way_there), real);
        }
        let new = way(&at("absolute/not/yet")).expect("made later");
        assert_eq!(new, real.join("not/yet"));
        way(&at("endless")).expect_err("it leads nowhere");
    }

    #[test]
    fn a_link_that_another_user_can_lay_is_not_followed() {
        let (folder, _state) = state();
        let home = folder.path().join("home");
        fs::create_dir(&home).expect("made");
        symlink("../state", home.join("linked")).expect("linked");
        for (mode, followed) in [(0o755, true), (0o777, false), (0o1777, true)] {
            fs::set_permissions(&home, Permissions::from_mode(mode)).expect("set");
            for path in ["linked", "linked/below"] {
                assert_eq!(way(&home.join(path)).is_ok(), followed, "{mode:o}");
            }
        }
        if lchown(home.join("linked"), Some(65534), None).is_err() {
            eprintln!("skipped: this needs root");
            return;
        }
        way(&home.join("linked")).expect_err("another user's link in a sticky folder");
        lchown(home.join("linked"), Some(0), None).expect("taken back");
        fs::set_permissions(&home, Permissions::from_mode(0o755)).expect("set");
        chown(&home, Some(65534), None).expect("given away");
        let error = guard(&home.join("linked")).expect_err("another user's");
        assert!(
            error.to_string().contains("is a link in a folder"),
            "{error}"
        );
        // The card is a folder of theirs, and is named without a link.
        way(&home).expect("no link");
        let outcome = take_over(&home.join("linked"), &folder.path().join("state"));
        outcome.failure.expect("the card is not reached");
        write_sheet(&home.join("linked"), "a report\n").expect_err("nor is it written to");
        assert_eq!(
            fs::read_dir(folder.path().join("state"))
                .expect("read")
                .count(),
            0
        );
    }
}
