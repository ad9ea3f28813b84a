#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::finding::RepoPath;
use crate::flow::ir::Target;
use crate::flow::lower_c::Headers;
use crate::flow::summary::{FileSummary, ResultKind};
use crate::flow::{self, Settings, Summary};
use crate::syntax::{Language, Limits, MacroTable, Parser};

const TABLE: &str = "\
struct item { int value; };
static struct item items[4];
struct item *item_find(unsigned key)
{
    if (key >= 4u) { return NULL; }
    return &items[key];
}
int item_set(struct item *item, int value)
{
    if (value < 0) { return -22; }
    item->value = value;
    return 0;
}
static int hidden(void) { return 1; }
int shown(void) { return hidden(); }
void stop(void) { for (;;) { } }
";

const USER: &str = "\
struct item;
struct item *item_find(unsigned key);
int item_set(struct item *item, int value);
static int hidden(void) { return 2; }
int use(unsigned key)
{
    struct item *item = item_find(key);
    if (item == NULL) { return -1; }
    if (item_set(item, 1) < 0) { return -1; }
    item_set(item, 2);
    (void)item_set(item, 3);
    return hidden();
}
";

fn summary(code: &str) -> FileSummary {
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(Language::C, code.as_bytes(), &MacroTable::new())
        .unwrap();
    let settings = Settings {
        target: Target::default(),
        wanted: &std::collections::BTreeSet::new(),
        taint: &[],
        isr_names: &[],
        headers: &Headers::default(),
        selection: None,
        summary: Summary::OfSource,
        elsewhere: None,
    };
    flow::analyse(&file, &settings).summary.unwrap()
}

fn entry(path: &str, code: &str) -> Entry {
    let id = format!("{:040x}", code.len());
    Entry {
        path: path.into(),
        blob: BlobId::from_hex(&id).unwrap(),
        summary: summary(code),
    }
}

fn both() -> Vec<Entry> {
    vec![entry("src/use.c", USER), entry("src/table.c", TABLE)]
}

const KEY: u64 = 7;

#[test]
fn a_summary_tells_what_functions_return_and_what_calls_ask() {
    let table = summary(TABLE);
    let names: Vec<&str> = table.names.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["item_find", "item_set", "shown", "stop"]);
    let facts = |at: usize| table.names[at].definition.clone().unwrap();
    let find = facts(0);
    assert_eq!(find.returns.kind, ResultKind::Pointer);
    assert_eq!(find.returns.null.unwrap().start.line, 5);
    assert_eq!((find.compared, find.parameters), (1, 1));
    let set = facts(1);
    assert_eq!(set.returns.constants, [-22, 0]);
    assert!(set.returns.is_complete && set.returns.has_negative());
    assert_eq!((set.compared, set.dereferenced, set.written), (2, 0, 1));
    assert!(!facts(2).returns.is_complete);
    assert!(facts(3).never_returns && !facts(2).never_returns);
    let user = summary(USER);
    let names: Vec<&str> = user.names.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["item_find", "item_set", "use"]);
    let (find, set) = (user.names[0].uses, user.names[1].uses);
    assert_eq!((find.calls, find.tested, find.zero), (1, 1, 1));
    assert_eq!((set.calls, set.tested, set.negative), (3, 1, 1));
    assert_eq!((set.dropped, set.discarded), (1, 1));
}

#[test]
fn a_file_sees_what_the_others_say() {
    let built = build(both(), KEY);
    assert_eq!((built.files, built.left_out), (2, 0));
    let repository = Repository::new(Index::of_bytes(built.bytes, KEY).unwrap());
    let path = RepoPath::from("src/use.c");
    let view = repository.but(&path);
    let find = view.of("item_find").unwrap();
    let (place, facts) = find.definition.unwrap();
    assert_eq!(place.to_string(), "src/table.c");
    assert!(facts.returns.null.is_some());
    assert_eq!(find.uses.calls, 0);
    assert!(view.of("hidden").is_none());
    assert!(view.of("nobody").is_none());
    let third = RepoPath::from("src/third.c");
    let set = repository.but(&third).of("item_set").unwrap();
    assert_eq!((set.uses.calls, set.files), (3, 1));
    assert_eq!(set.example.unwrap().1.start.line, 9);
    assert!(repository.index().is_whole());
    assert_eq!(repository.index().entries().unwrap().len(), 2);
}

#[test]
fn the_order_of_files_does_not_matter_and_two_bodies_are_none() {
    let mut files = both();
    let one = build(files.clone(), KEY);
    files.reverse();
    assert_eq!(build(files.clone(), KEY), one);
    files.push(entry("other/table.c", TABLE));
    let repository = Repository::new(Index::of_bytes(build(files, KEY).bytes, KEY).unwrap());
    let path = RepoPath::from("src/use.c");
    assert!(repository.but(&path).of("item_find").is_none());
    let empty = Index::of_bytes(build(Vec::new(), KEY).bytes, KEY).unwrap();
    assert!(Repository::new(empty).but(&path).of("item_find").is_none());
}

/// Whatever happens to the bytes: the index says what it said, or nothing, and never panics.
#[test]
fn damage_is_seen_and_never_believed() {
    let bytes = build(both(), KEY).bytes;
    let path = RepoPath::from("src/third.c");
    let told = |bytes: Vec<u8>| {
        let repository = Repository::new(Index::of_bytes(bytes, KEY).ok()?);
        let names = ["item_find", "item_set", "use", "nobody"];
        let known = names.map(|name| repository.but(&path).of(name));
        (!repository.index().is_damaged()).then_some(known)
    };
    let right = told(bytes.clone()).unwrap();
    for at in 0..bytes.len() {
        for change in [1_u8, 0x80] {
            let mut other = bytes.clone();
            other[at] ^= change;
            assert!(told(other).is_none_or(|known| known == right), "byte {at}");
        }
        assert!(told(bytes[..at].to_vec()).is_none(), "cut at {at}");
    }
    assert!(told([bytes.clone(), vec![0]].concat()).is_none());
    let reason = |bytes: Vec<u8>, key| Index::of_bytes(bytes, key).unwrap_err().to_string();
    assert!(reason(bytes.clone(), 8).starts_with("another version"));
    assert_eq!(reason(vec![0; 400], KEY), "it is no index");
    let mut newer = bytes;
    newer[8] = 9;
    assert_eq!(reason(newer, KEY), "another version wrote it");
}

#[test]
fn the_file_is_replaced_as_a_whole_and_its_absence_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let place = path_of(folder.path());
    assert!(place.ends_with("scrubin/index"));
    assert!(matches!(open(&place, KEY), Opened::Absent));
    write(&place, &build(both(), KEY).bytes).unwrap();
    write(&place, &build(both(), KEY).bytes).unwrap();
    let Opened::Index(index) = open(&place, KEY) else {
        unreachable!("the index was written");
    };
    assert_eq!(index.files(), 2);
    assert!(matches!(open(folder.path(), KEY), Opened::Unusable(_)));
    std::fs::write(&place, "").unwrap();
    assert!(matches!(open(&place, KEY), Opened::Unusable(_)));
    // A linked work tree names the directory that all share.
    let linked = folder.path().join("worktrees/one");
    std::fs::create_dir_all(&linked).unwrap();
    std::fs::write(linked.join("commondir"), "../..\n").unwrap();
    assert!(path_of(&linked).starts_with(linked.join("../..")));
}

#[test]
fn the_name_of_a_blob_is_hexadecimal() {
    assert!(BlobId::from_hex(&"a1".repeat(20)).is_some());
    assert!(BlobId::from_hex(&"a1".repeat(32)).is_some());
    assert!(BlobId::from_hex("a1").is_none());
    assert!(BlobId::from_hex(&"g1".repeat(20)).is_none());
}
