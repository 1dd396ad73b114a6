//! Manifests whose embedding makes no sense: `sortd model verify` says in one line what is wrong and
//! what to do, and exits with 65.

mod common;

use sortd::classify::bundle::{Distance, Embedding, Manifest};

/// No graph gives this output.
const NOWHERE: &str = "nowhere";

fn embedding(manifest: &mut Manifest, length: usize) {
    manifest.embedding = Some(Embedding {
        name: NOWHERE.into(),
        length,
        distance: Distance::Euclidean,
    });
    for case in &mut manifest.golden.cases {
        case.embedding = None;
    }
}

#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Manifest), why: &str) {
    let folder = common::shipped_bundle(change);
    let mut command = common::sortd();
    let ran = common::finish(command.args(["model", "verify"]).arg(folder.path()));
    assert_eq!((ran.status, &*ran.out), (65, ""), "{ran:?}");
    let complaint = ran.complaint();
    assert!(complaint.contains(why), "{complaint}");
    assert!(
        complaint.contains("; "),
        "what to do is missing: {complaint}"
    );
}

#[test]
fn an_output_that_the_graph_lacks_is_refused() {
    assert_refused(
        |manifest| embedding(manifest, 128),
        "it has no output \"nowhere\", which the manifest names as the embedding; its outputs are",
    );
    assert_refused(
        |manifest| manifest.output.name = Some(NOWHERE.into()),
        "it has no output \"nowhere\", which the manifest names as the scores; its outputs are",
    );
}

#[test]
fn one_output_cannot_be_both() {
    assert_refused(
        |manifest| {
            embedding(manifest, 128);
            manifest.output.name = Some(NOWHERE.into());
        },
        "the output \"nowhere\" cannot be both the scores and the embedding",
    );
}

#[test]
fn lengths_that_make_no_sense_are_refused() {
    for length in [0, 1, 4097, usize::MAX >> 1] {
        assert_refused(
            |manifest| embedding(manifest, length),
            &format!("an embedding of {length} numbers is outside 2..=4096"),
        );
    }
}

#[test]
fn golden_embeddings_must_fit_the_table() {
    assert_refused(
        |manifest| {
            embedding(manifest, 128);
            manifest.golden.cases[0].embedding = Some(vec![0.0; 127]);
        },
        "expects an embedding of 127 numbers, and it has 128",
    );
    assert_refused(
        |manifest| {
            manifest.embedding = None;
            manifest.golden.cases[0].embedding = Some(vec![0.0; 128]);
        },
        "expects an embedding, and there is no table [embedding]",
    );
}

#[test]
fn a_manifest_with_an_embedding_survives_being_written() {
    let folder = common::shipped_bundle(|manifest| embedding(manifest, 128));
    let text = std::fs::read_to_string(folder.path().join("model.toml")).expect("read");
    assert!(text.contains("distance = \"euclidean\""), "{text}");
    // What is compared by nothing in particular is compared by its direction.
    let text = text.replace("distance = \"euclidean\"\n", "");
    let manifest: Manifest = toml::from_str(&text).expect("right");
    let found = manifest.embedding.expect("it has one");
    assert_eq!((found.length, found.distance), (128, Distance::Cosine));
}
