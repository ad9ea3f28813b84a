//! git's protocol, version 2, as far as one fetch needs it (gitprotocol-v2(5)). Pure: bytes in, bytes out.

use std::io;

/// Longest packet there is, with its length.
const LONGEST: usize = 65_520;

/// Longest sentence of the other side that is kept, in bytes.
const SENTENCE: usize = 512;

/// What is asked for: commits without their history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'w> {
    /// Full names of the commits.
    pub(super) wants: &'w [&'w str],
    /// Commits that are here: what they hold does not come again.
    pub(super) haves: &'w [String],
    /// Commits that are here without their parents.
    pub(super) shallow: &'w [String],
}

/// The body of the request.
pub(super) fn request(wish: &Wish<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut line = |text: &str| {
        out.extend_from_slice(format!("{:04x}{text}\n", text.len() + 5).as_bytes());
    };
    line("command=fetch");
    line(concat!("agent=scrubin/", env!("CARGO_PKG_VERSION")));
    line("object-format=sha1");
    let mut out = [out, b"0001".to_vec()].concat();
    let mut line = |text: &str| {
        out.extend_from_slice(format!("{:04x}{text}\n", text.len() + 5).as_bytes());
    };
    line("thin-pack");
    line("no-progress");
    line("ofs-delta");
    for name in wish.shallow {
        line(&format!("shallow {name}"));
    }
    line("deepen 1");
    for name in wish.wants {
        line(&format!("want {name}"));
    }
    for name in wish.haves {
        line(&format!("have {name}"));
    }
    line("done");
    out.extend_from_slice(b"0000");
    out
}

/// Why an answer is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum PacketError {
    /// It is none of this protocol.
    #[error("the answer is not git's: {0}")]
    Protocol(String),
    /// The other side says what is wrong.
    #[error("the other side says: {0}")]
    Remote(String),
    /// It ended too early.
    #[error("the answer was cut off")]
    CutOff,
    /// The pack could not be handed on.
    #[error("git does not take the pack: {0}")]
    Pack(#[from] io::Error),
}

/// Where an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Section {
    /// Before the name of a section.
    #[default]
    Between,
    Shallow,
    Other,
    Pack,
    Over,
}

/// What an answer holds at some point.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'p> {
    /// A commit that comes without its parents.
    Shallow(&'p str),
    /// One whose parents come now.
    Unshallow(&'p str),
    /// Bytes of the pack.
    Pack(&'p [u8]),
}

/// Takes an answer apart while it comes in.
#[derive(Debug, Default)]
pub(super) struct Answer {
    section: Section,
    /// The beginning of a packet whose rest is still to come.
    held: Vec<u8>,
}

impl Answer {
    /// Takes some bytes; hands on what they hold.
    ///
    /// # Errors
    /// [`PacketError`]; nothing more may be given to it then.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(Piece<'_>) -> io::Result<()>,
    ) -> Result<(), PacketError> {
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let mut rest = held.as_slice();
        while let Some((length, _)) = rest.split_at_checked(4) {
            let number = str::from_utf8(length)
                .ok()
                .and_then(|text| usize::from_str_radix(text, 16).ok())
                .filter(|number| *number <= LONGEST);
            let Some(number) = number else {
                return Err(odd(length));
            };
            // 0 to 2 are marks without a text.
            let whole = number.max(4);
            let Some((packet, behind)) = rest.split_at_checked(whole) else {
                break;
            };
            let text = packet.get(4..).unwrap_or_default();
            match number {
                0 => self.flush()?,
                1 => self.section = Section::Between,
                2 | 3 => return Err(odd(length)),
                _ => self.packet(text, each)?,
            }
            rest = behind;
        }
        self.held = rest.to_vec();
        Ok(())
    }

    /// Says that nothing more comes.
    ///
    /// # Errors
    /// The pack was not whole.
    pub(super) fn end(&self) -> Result<(), PacketError> {
        match self.section == Section::Over && self.held.is_empty() {
            true => Ok(()),
            false => Err(PacketError::CutOff),
        }
    }

    fn flush(&mut self) -> Result<(), PacketError> {
        match self.section {
            Section::Pack => {
                self.section = Section::Over;
                Ok(())
            }
            _ => Err(PacketError::Protocol("it has no pack".to_owned())),
        }
    }

    fn packet(
        &mut self,
        text: &[u8],
        each: &mut dyn FnMut(Piece<'_>) -> io::Result<()>,
    ) -> Result<(), PacketError> {
        if self.section == Section::Pack {
            return match text.split_first() {
                Some((1, bytes)) => Ok(each(Piece::Pack(bytes))?),
                Some((2, _)) => Ok(()),
                Some((3, words)) => Err(PacketError::Remote(sentence(words))),
                _ => Err(odd(text)),
            };
        }
        if let Some(words) = text.strip_prefix(b"ERR ") {
            return Err(PacketError::Remote(sentence(words)));
        }
        let line = str::from_utf8(text).map_err(|_| odd(text))?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        match self.section {
            Section::Between => {
                self.section = match line {
                    "shallow-info" => Section::Shallow,
                    "packfile" => Section::Pack,
                    "acknowledgments" | "wanted-refs" | "packfile-uris" => Section::Other,
                    _ => return Err(odd(text)),
                };
            }
            Section::Shallow => match line.split_once(' ') {
                Some(("shallow", name)) => each(Piece::Shallow(name)).map_err(refused)?,
                Some(("unshallow", name)) => each(Piece::Unshallow(name)).map_err(refused)?,
                _ => return Err(odd(text)),
            },
            Section::Other => {}
            Section::Pack | Section::Over => return Err(odd(text)),
        }
        Ok(())
    }
}

fn odd(bytes: &[u8]) -> PacketError {
    PacketError::Protocol(format!("`{}`", sentence(bytes)))
}

/// A line that its taker does not believe.
fn refused(error: io::Error) -> PacketError {
    PacketError::Protocol(error.to_string())
}

fn sentence(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..SENTENCE).unwrap_or(bytes));
    text.trim().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(text: &[u8]) -> Vec<u8> {
        [format!("{:04x}", text.len() + 4).as_bytes(), text].concat()
    }

    fn taken(answer: &[u8], step: usize) -> Result<Vec<String>, PacketError> {
        let mut found = Vec::new();
        let mut reader = Answer::default();
        for bytes in answer.chunks(step) {
            reader.take(bytes, &mut |piece| {
                found.push(match piece {
                    Piece::Shallow(name) => format!("shallow {name}"),
                    Piece::Unshallow(name) => format!("unshallow {name}"),
                    Piece::Pack(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                });
                Ok(())
            })?;
        }
        reader.end()?;
        Ok(found)
    }

    #[test]
    fn a_request_asks_for_commits_without_history() {
        let wish = Wish {
            wants: &["aa"],
            haves: &["bb".to_owned()],
            shallow: &["bb".to_owned(), "cc".to_owned()],
        };
        let text = String::from_utf8(request(&wish)).unwrap();
        assert!(text.starts_with("0012command=fetch\n"), "{text}");
        assert!(
            text.contains("object-format=sha1\n0001000ethin-pack\n"),
            "{text}"
        );
        assert!(
            text.ends_with(
                "000fshallow bb\n000fshallow cc\n000ddeepen 1\n000cwant aa\n000chave bb\n0009done\n0000"
            ),
            "{text}"
        );
    }

    #[test]
    fn an_answer_is_read_in_pieces_of_any_size() {
        let answer = [
            packet(b"shallow-info\n"),
            packet(b"shallow aa\n"),
            packet(b"unshallow bb"),
            b"0001".to_vec(),
            packet(b"packfile\n"),
            packet(b"\x01PACK"),
            packet(b"\x02counting"),
            packet(b"\x01rest"),
            b"0000".to_vec(),
        ]
        .concat();
        for step in 1..=answer.len() {
            assert_eq!(
                taken(&answer, step).unwrap(),
                ["shallow aa", "unshallow bb", "PACK", "rest"],
                "{step}"
            );
        }
        for length in 0..answer.len() {
            assert!(taken(&answer[..length], 7).is_err(), "{length}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |answer: &[u8]| taken(answer, 64).unwrap_err().to_string();
        assert!(said(&packet(b"ERR not our ref")).contains("not our ref"));
        let broken = [packet(b"packfile\n"), packet(b"\x03out of memory\n")].concat();
        assert!(said(&broken).ends_with("out of memory"));
        assert!(said(b"<html>").contains("<htm"));
        assert!(said(b"ffff").contains("ffff"));
        assert!(said(b"0000").contains("no pack"));
        let behind = [packet(b"packfile\n"), b"0000".to_vec(), packet(b"more")].concat();
        assert!(taken(&behind, 64).is_err());
        let mut reader = Answer::default();
        let full = [packet(b"packfile\n"), packet(b"\x01PACK")].concat();
        let error = reader.take(&full, &mut |_| Err(io::ErrorKind::BrokenPipe.into()));
        assert!(matches!(error, Err(PacketError::Pack(_))));
        let mut reader = Answer::default();
        let line = [packet(b"shallow-info\n"), packet(b"shallow aa\n")].concat();
        let error = reader.take(&line, &mut |_| Err(io::Error::other("`aa` is no commit")));
        assert!(matches!(error, Err(PacketError::Protocol(words)) if words.contains("aa")));
    }
}
