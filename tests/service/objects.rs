//! Objects and packs written past the checks of git's own commands.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::stage::{REPO, Scene};

/// A file that may be run, a plain one, a link, a folder, another repository.
pub(crate) const FILE_MODE: &str = "100644";
pub(crate) const LINK_MODE: &str = "120000";
pub(crate) const FOLDER_MODE: &str = "40000";

/// The repository of a scene, written to directly.
pub(crate) struct Objects {
    folder: PathBuf,
}

impl Objects {
    pub(crate) fn of(scene: &Scene) -> Self {
        Self {
            folder: scene.hub.git_dir(REPO),
        }
    }

    /// Runs git there; gives what it printed.
    pub(crate) fn git(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = Command::new("git")
            .arg("--git-dir")
            .arg(&self.folder)
            .args(arguments)
            .envs([
                ("GIT_AUTHOR_NAME", "a"),
                ("GIT_AUTHOR_EMAIL", "a@a"),
                ("GIT_AUTHOR_DATE", "@1790000000 +0000"),
                ("GIT_COMMITTER_NAME", "a"),
                ("GIT_COMMITTER_EMAIL", "a@a"),
                ("GIT_COMMITTER_DATE", "@1790000000 +0000"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || pipe.write_all(&input));
        let output = child.wait_with_output().unwrap();
        let _ = writer.join().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        output.stdout
    }

    fn name(&self, arguments: &[&str], input: &[u8]) -> String {
        let name = String::from_utf8(self.git(arguments, input)).unwrap();
        name.trim().to_owned()
    }

    pub(crate) fn blob(&self, text: &[u8]) -> String {
        self.name(&["hash-object", "-w", "--stdin"], text)
    }

    /// A tree of these entries in this order, whatever they are called: mode, name, object.
    pub(crate) fn tree(&self, entries: &[(&str, &[u8], &str)]) -> String {
        let mut raw = Vec::new();
        for (mode, name, object) in entries {
            raw.extend_from_slice(mode.as_bytes());
            raw.push(b' ');
            raw.extend_from_slice(name);
            raw.push(0);
            raw.extend(bytes_of(object));
        }
        let arguments = ["hash-object", "-w", "-t", "tree", "--literally", "--stdin"];
        self.name(&arguments, &raw)
    }

    /// A commit on top of `main`.
    pub(crate) fn commit(&self, tree: &str) -> String {
        self.name(
            &["commit-tree", tree, "-p", "refs/heads/main", "-m", "change"],
            b"",
        )
    }

    /// The object of a path in `main`.
    pub(crate) fn in_main(&self, path: &str) -> String {
        self.name(&["rev-parse", &format!("refs/heads/main:{path}")], b"")
    }

    /// The content of an object, as it is stored.
    pub(crate) fn content(&self, kind: &str, object: &str) -> Vec<u8> {
        self.git(&["cat-file", kind, object], b"")
    }
}

/// A tree's entries have to be sorted: a folder as if its name ended in a slash.
pub(crate) fn sorted<'e>(
    mut entries: Vec<(&'e str, &'e [u8], &'e str)>,
) -> Vec<(&'e str, &'e [u8], &'e str)> {
    entries.sort_by_key(|(mode, name, _)| {
        let mut key = name.to_vec();
        if *mode == FOLDER_MODE {
            key.push(b'/');
        }
        key
    });
    entries
}

/// Hex to bytes.
fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// What stands in a pack (gitformat-pack(5)).
pub(crate) enum Packed {
    /// Kind 1 commit, 2 tree, 3 blob, with its content.
    Whole(u8, Vec<u8>),
    /// Instructions on an object `back` entries before this one.
    Delta { back: usize, delta: Vec<u8> },
}

/// Writes a pack.
pub(crate) fn pack(objects: &[Packed]) -> Vec<u8> {
    let mut out = b"PACK".to_vec();
    out.extend(2_u32.to_be_bytes());
    out.extend(u32::try_from(objects.len()).unwrap().to_be_bytes());
    let mut starts = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        let start = out.len();
        starts.push(start);
        let content = match object {
            Packed::Whole(kind, content) => {
                header(&mut out, *kind, content.len());
                content
            }
            Packed::Delta { back, delta } => {
                header(&mut out, 6, delta.len());
                distance(&mut out, start - starts[index - back]);
                delta
            }
        };
        let mut zlib = ZlibEncoder::new(&mut out, Compression::best());
        zlib.write_all(content).unwrap();
        zlib.finish().unwrap();
    }
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &out);
    out.extend_from_slice(sum.as_ref());
    out
}

/// Kind and size: four bits of the size, then seven at a time.
fn header(out: &mut Vec<u8>, kind: u8, size: usize) {
    let low = u8::try_from(size & 15).unwrap();
    let rest = size >> 4;
    let more = if rest > 0 { 0x80 } else { 0 };
    out.push(more | kind << 4 | low);
    if rest > 0 {
        length(out, rest);
    }
}

/// Seven bits at a time, the lowest first.
fn length(out: &mut Vec<u8>, mut size: usize) {
    loop {
        let low = u8::try_from(size & 0x7f).unwrap();
        size >>= 7;
        if size == 0 {
            out.push(low);
            return;
        }
        out.push(0x80 | low);
    }
}

/// How many bytes before: seven bits at a time, the highest first, each further byte one more.
fn distance(out: &mut Vec<u8>, mut back: usize) {
    let mut bytes = vec![u8::try_from(back & 0x7f).unwrap()];
    back >>= 7;
    while back > 0 {
        back -= 1;
        bytes.push(0x80 | u8::try_from(back & 0x7f).unwrap());
        back >>= 7;
    }
    out.extend(bytes.iter().rev());
}

/// Instructions that copy the first `piece` bytes of a base of that size again and again.
pub(crate) fn copies(piece: usize, count: usize) -> Vec<u8> {
    let mut delta = Vec::new();
    length(&mut delta, piece);
    length(&mut delta, piece * count);
    for _ in 0..count {
        // Offset 0, and a size of three bytes.
        delta.push(0x80 | 0x70);
        delta.extend(&u32::try_from(piece).unwrap().to_le_bytes()[..3]);
    }
    delta
}

/// The answer to `fetch` of git's protocol, version 2, that carries a pack: a commit cut off from its
/// history, then the bytes.
pub(crate) fn answer(head: &str, pack: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut line = |bytes: &[u8]| {
        out.extend(format!("{:04x}", bytes.len() + 4).bytes());
        out.extend_from_slice(bytes);
    };
    line(b"shallow-info\n");
    line(format!("shallow {head}").as_bytes());
    out.extend(b"0001");
    let mut line = |bytes: &[u8]| {
        out.extend(format!("{:04x}", bytes.len() + 4).bytes());
        out.extend_from_slice(bytes);
    };
    line(b"packfile\n");
    for piece in pack.chunks(60_000) {
        // Channel 1 is the pack.
        line(&[b"\x01", piece].concat());
    }
    out.extend(b"0000");
    out
}
