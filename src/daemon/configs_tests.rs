//! A trial that nobody commits ends by itself, whatever the disk says.

use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::super::plan_in_force::InForce;
use super::*;
use crate::control::protocol::KeptIn;

const CONFIG: &str = include_str!("../../config/examples/replay.toml");

/// A desk whose trials are short, and a stand-in for the loop, which takes over whatever it is offered.
fn desk(file: PathBuf) -> (Configs, PlanInForce) {
    desk_with(Choice::new(file, None))
}

fn desk_with(choice: Choice) -> (Configs, PlanInForce) {
    let file = choice.file.clone();
    let plan = Plan::load(&file).expect("right");
    let in_force = PlanInForce::new(InForce::of(&plan));
    let orders = Orders::default();
    choice.read().expect("there");
    let reporter = Reporter::new(false).expect("a reporter");
    let mut desk = Configs::new(choice, in_force.clone(), orders.clone(), reporter);
    desk.length = Duration::from_millis(200);
    let taken = in_force.clone();
    thread::spawn(move || {
        loop {
            let ordered = orders.take();
            if ordered.stop {
                return;
            }
            if let Some(offer) = ordered.reload {
                let (plan, tell) = offer.taken();
                taken.set(InForce::of(&plan));
                tell(Ok(()));
            }
            orders.stopped_within(Duration::from_millis(5));
        }
    });
    (desk, in_force)
}

#[test]
fn undoing_a_trial_needs_no_folder_to_keep_anything_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path());
    let before = std::fs::read_to_string(&file).expect("there");
    let (desk, in_force) = desk(file);
    let orders = desk.orders.clone();
    on_a_runtime(async || {
        let mut desk = Configs {
            length: TRIAL,
            ..desk
        };
        let tried = desk.tried(format!("# tried\n{before}")).await;
        let trial = tried.expect("tried").trial;
        let another = desk.commit(trial.wrapping_add(1)).await.expect_err("none");
        assert_eq!(another.code, Code::Busy, "{another}");
        let committed = desk.commit(trial).await.expect_err("no folder");
        assert!(committed.text.contains("no folder"), "{committed}");
        let back = desk.back(GoBack::ToGeneration(0)).await.expect("undone");
        assert_eq!(back.source, KeptIn::File);
        assert_eq!(in_force.get().config.text, before);
    });
    orders.stop();
}

#[test]
fn where_going_back_cannot_be_noted_what_was_in_force_is_so_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path());
    let before = std::fs::read_to_string(&file).expect("there");
    let committed = Committed::of(folder.path());
    let (mut desk, in_force) = desk_with(Choice::new(file, Some(committed)));
    let orders = desk.orders.clone();
    on_a_runtime(async || {
        let kept = format!("# kept\n{before}");
        desk.length = TRIAL;
        let tried = desk.tried(kept.clone()).await.expect("tried");
        desk.commit(tried.trial).await.expect("committed");
        let pointer = crate::config::committed::pointer(folder.path());
        std::fs::remove_file(&pointer).expect("there");
        std::fs::create_dir_all(pointer.join("in the way")).expect("made");
        let refused = desk.back(GoBack::ToGeneration(0)).await;
        assert!(refused.expect_err("in the way").text.contains("in-force"));
        assert_eq!(in_force.get().origin, Origin::Committed(1));
        assert_eq!(in_force.get().config.text, kept);
        assert!(desk.trial().is_none());
    });
    orders.stop();
}

fn on_a_runtime(test: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    LocalSet::new().block_on(&runtime, test());
}

fn written(folder: &Path) -> PathBuf {
    let photographs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/photos");
    let text = CONFIG.replace("../../tests/photos", &photographs.display().to_string());
    let file = folder.join("sortd.toml");
    std::fs::write(&file, text).expect("written");
    file
}

#[test]
fn what_was_before_comes_back_even_where_its_file_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path());
    let before = std::fs::read_to_string(&file).expect("there");
    let (desk, in_force) = desk(file.clone());
    let orders = desk.orders.clone();
    on_a_runtime(async || {
        let (wishes, received) = mpsc::channel(4);
        let serving = tokio::task::spawn_local(desk.serve(received));
        let (to, tried) = oneshot::channel();
        let wish = ConfigWish::Try(format!("# tried\n{before}"), to);
        wishes.send(wish).await.expect("taken");
        let Trying { trial, .. } = tried.await.expect("answered").expect("tried");
        assert_eq!(in_force.get().origin, Origin::Tried(trial));
        std::fs::remove_file(&file).expect("removed");
        while in_force.get().origin != Origin::File {
            sleep_until(Instant::now() + Duration::from_millis(5)).await;
        }
        assert_eq!(in_force.get().config.text, before);
        let (to, shown) = oneshot::channel();
        wishes.send(ConfigWish::Get(to)).await.expect("taken");
        let shown = shown.await.expect("answered").expect("shown");
        assert_eq!((shown.source.source, shown.trying), (KeptIn::File, None));
        drop(wishes);
        serving.await.expect("it ends with its clients");
    });
    orders.stop();
}
