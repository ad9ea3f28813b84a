//! Summaries of files in, the bytes of an index out.

use std::collections::BTreeMap;

use super::format::{
    BlobId, FILE_ENTRY, Head, Joined, MAX_BYTES, MAX_FILES, MAX_RECORD, NAME_ENTRY, PAGE, Sum, hash,
};
use crate::finding::RepoPath;
use crate::flow::summary::{FileSummary, Uses};

/// Places of one name that are kept as examples.
const EXAMPLES: usize = 3;

/// A file of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path.
    pub path: RepoPath,
    /// What it held when it was read.
    pub blob: BlobId,
    /// What it says.
    pub summary: FileSummary,
}

/// An index that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// What is written.
    pub bytes: Vec<u8>,
    /// Files in it.
    pub files: usize,
    /// Files left out because the index would have become too large, from the end of the alphabet.
    pub left_out: usize,
}

/// Makes an index. The same files with the same key give the same bytes, in whatever order.
pub fn build(mut entries: Vec<Entry>, key: u64) -> Built {
    entries.sort_by(|a, b| (&a.path, a.blob).cmp(&(&b.path, b.blob)));
    entries.dedup_by(|a, b| a.path == b.path);
    let mut files: Vec<u8> = Vec::new();
    let mut paths: Vec<u8> = Vec::new();
    let mut records: Vec<u8> = Vec::new();
    let mut names: BTreeMap<(u64, &str), Joined> = BTreeMap::new();
    let mut count = 0;
    let mut joined_bytes = 0;
    for entry in &entries {
        let Ok(record) = postcard::to_stdvec(&entry.summary) else {
            break;
        };
        let path = entry.path.as_bytes();
        let so_far = files.len() + paths.len() + records.len() + joined_bytes;
        // What the names of this file add is smaller than its record, but for new names' entries.
        let needs = FILE_ENTRY
            + path.len()
            + 2 * record.len()
            + entry.summary.names.len() * (NAME_ENTRY + 32);
        if count >= MAX_FILES || record.len() > MAX_RECORD || so_far + needs > MAX_BYTES {
            break;
        }
        joined_bytes += needs - FILE_ENTRY - path.len() - record.len();
        files.extend(number(paths.len()).to_le_bytes());
        files.extend(number(path.len()).to_le_bytes());
        files.extend(entry.blob.0);
        files.extend((records.len() as u64).to_le_bytes());
        files.extend(number(record.len()).to_le_bytes());
        files.extend(0_u32.to_le_bytes());
        paths.extend(path);
        records.extend(record);
        join(&entry.summary, number(count), &mut names);
        count += 1;
    }
    let mut index = Vec::new();
    let mut joined: Vec<u8> = Vec::new();
    let mut name_count = 0_u64;
    for ((hash, _), entry) in &names {
        let Ok(bytes) = postcard::to_stdvec(entry) else {
            continue;
        };
        index.extend(hash.to_le_bytes());
        index.extend(number(joined.len()).to_le_bytes());
        index.extend(number(bytes.len()).to_le_bytes());
        joined.extend(bytes);
        name_count += 1;
    }
    let mut head = Head {
        key,
        files: count as u64,
        names: name_count,
        paths: paths.len() as u64,
        records: records.len() as u64,
        joined: joined.len() as u64,
        left_out: (entries.len() - count) as u64,
        ..Head::default()
    };
    let data: Vec<u8> = [files, index, paths, records, joined].concat();
    let mut sums: Vec<u8> = Vec::new();
    for page in data.chunks(PAGE) {
        let mut sum = Sum::default();
        sum.add(page);
        sums.extend(sum.value().to_le_bytes());
    }
    let mut of_sums = Sum::default();
    of_sums.add(&sums);
    head.sums = of_sums.value();
    head.length = (super::format::HEAD + sums.len() + data.len()) as u64;
    let mut bytes = head.encode().to_vec();
    bytes.extend(sums);
    bytes.extend(data);
    Built {
        bytes,
        files: count,
        left_out: entries.len() - count,
    }
}

/// Adds what a file says to what the others say.
fn join<'n>(summary: &'n FileSummary, file: u32, names: &mut BTreeMap<(u64, &'n str), Joined>) {
    for one in &summary.names {
        let joined = names
            .entry((hash(&one.name), one.name.as_str()))
            .or_insert_with(|| Joined {
                name: one.name.clone(),
                bodies: 0,
                definition: None,
                uses: Uses::default(),
                files: 0,
                examples: Vec::new(),
            });
        if let Some(facts) = &one.definition {
            joined.bodies += 1;
            // Which of several bodies a call means, nobody knows.
            joined.definition = (joined.bodies == 1).then(|| (file, facts.clone()));
        }
        if one.uses.calls > 0 {
            joined.files += 1;
            joined.uses.add(&one.uses);
        }
        if let Some(place) = one.example
            && joined.examples.len() < EXAMPLES
        {
            joined.examples.push((file, place));
        }
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
