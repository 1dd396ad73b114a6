//! Sessions are kept over a restart, bounded in number, and end when they are ended.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

async fn begin(sessions: &Sessions, role: Role) -> Presented {
    let token = sessions.begin(role, Device::default(), None).await;
    Presented::Cookies(vec![token.expect("drawn").hash()])
}

#[tokio::test]
async fn a_session_outlives_a_restart_and_its_token_is_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let sessions = Sessions::open(Some(&state)).expect("opened");
    let device = Device {
        address: "192.168.1.7".into(),
        agent: "Firefox".into(),
    };
    let token = sessions.begin(Role::Teach, device, None).await;
    let token = token.expect("drawn");
    let file = state.join("sessions.json");
    let kept = fs::read_to_string(&file).expect("written");
    assert!(!kept.contains(token.as_str()), "{kept}");
    let mode = fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = Sessions::open(Some(&state)).expect("opened");
    let visitor = again.visitor(&Presented::Bearer(token.hash()));
    let visitor = visitor.expect("known");
    assert_eq!((visitor.role, visitor.by_bearer), (Role::Teach, true));
    let listed = again.listed(&visitor.id);
    let session = &listed["sessions"][0];
    assert_eq!(session["address"], "192.168.1.7");
    assert_eq!(
        (&session["own"], &session["role"]),
        (&json!(true), &json!("teach"))
    );
    assert!(again.end(&visitor.id).await && !again.end(&visitor.id).await);
    assert_eq!(again.visitor(&Presented::Bearer(token.hash())), None);
    let last = Sessions::open(Some(&state)).expect("opened");
    assert_eq!(last.visitor(&Presented::Bearer(token.hash())), None);
}

#[tokio::test]
async fn the_one_that_was_not_used_for_the_longest_time_goes() {
    let sessions = Sessions::open(None).expect("opened");
    let mut shown = Vec::new();
    for _ in 0..MOST {
        shown.push(begin(&sessions, Role::View).await);
    }
    for (place, session) in sessions.0.list().sessions.iter_mut().enumerate() {
        session.used_s = 1_000 + place as u64;
    }
    assert!(sessions.visitor(&shown[0]).is_some(), "used just now");
    begin(&sessions, Role::Admin).await;
    assert_eq!(sessions.0.list().sessions.len(), MOST);
    assert!(sessions.visitor(&shown[0]).is_some());
    assert_eq!(sessions.visitor(&shown[1]), None);
}

#[tokio::test]
async fn a_device_that_is_paired_again_has_one_session() {
    let sessions = Sessions::open(None).expect("opened");
    let first = begin(&sessions, Role::View).await;
    let visitor = sessions.visitor(&first);
    let token = sessions.begin(Role::Admin, Device::default(), visitor.as_ref());
    let token = token.await.expect("drawn");
    assert_eq!(sessions.visitor(&first), None);
    let second = Presented::Cookies(vec![token.hash()]);
    assert_eq!(sessions.visitor(&second).expect("known").role, Role::Admin);
}

#[test]
fn a_file_that_is_torn_or_too_long_is_as_good_as_none() {
    for torn in [
        String::new(),
        "{\"sessions\":[{".into(),
        " ".repeat(300_000),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("sessions.json"), torn).expect("written");
        let sessions = Sessions::open(Some(folder.path())).expect("opened");
        assert!(sessions.0.list().sessions.is_empty());
    }
}

#[test]
fn a_folder_that_cannot_be_had_is_told_with_its_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "mine").expect("written");
    let refused = Sessions::open(Some(&file.join("state"))).expect_err("no folder");
    assert!(refused.to_string().contains("--state"), "{refused}");
    fs::create_dir(folder.path().join("sessions.json")).expect("made");
    let refused = Sessions::open(Some(folder.path())).expect_err("no file");
    assert!(refused.to_string().contains("--state"), "{refused}");
}

#[tokio::test]
async fn what_cannot_be_written_is_remembered_until_it_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let sessions = Sessions::open(Some(&state)).expect("opened");
    fs::remove_dir(&state).expect("removed");
    let shown = begin(&sessions, Role::View).await;
    assert!(sessions.visitor(&shown).is_some());
    fs::create_dir(&state).expect("made");
    sessions.write().await;
    assert!(state.join("sessions.json").exists());
}
