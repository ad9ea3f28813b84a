//! Where a result says it is: paths as tools write them, and regions. Pure.

/// A place as a tool names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignPlace {
    /// What its path may be, likeliest first; at least one. With `/` between the components, percent
    /// escapes resolved; absolute if it begins with `/` or a drive letter, else below the folder the
    /// tool ran in.
    pub paths: Vec<String>,
    /// The part of the file.
    pub region: Region,
}

/// A part of a file; all numbers are 1-based. What is missing is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Region {
    /// First line.
    pub line: Option<u32>,
    /// Column on the first line.
    pub column: Option<u32>,
    /// Last line.
    pub end_line: Option<u32>,
    /// One past the last column on the last line.
    pub end_column: Option<u32>,
    /// Whether columns count UTF-16 units, and not Unicode scalars.
    pub is_utf16: bool,
    /// 0-based byte in the file, of tools that give no lines.
    pub offset: Option<u32>,
    /// Bytes from there.
    pub length: Option<u32>,
}

/// Brings a path into the form of [`ForeignPlace::paths`]; `None` where `..` leads above it.
pub fn normal_path(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Some(if is_rooted {
        format!("/{joined}")
    } else {
        joined
    })
}

/// The path that a URI stands for, or a plain path, which many tools write instead.
pub(super) fn path_of_uri(uri: &str) -> Option<String> {
    let lower = uri.get(..5).unwrap_or_default().to_ascii_lowercase();
    if lower != "file:" {
        // `C:\x` and `C:/x` are paths; any other scheme is no file.
        let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
        let is_drive = scheme.is_some_and(|scheme| scheme.len() == 1);
        let is_scheme = |scheme: &str| {
            let good = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
            scheme.len() > 1
                && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(good)
        };
        if !is_drive && scheme.is_some_and(is_scheme) && uri.contains("://") {
            return None;
        }
        return Some(percent_decoded(uri));
    }
    let rest = uri.get(5..).unwrap_or_default();
    let path = match rest.strip_prefix("//") {
        // `file://host/path`: a share where the host is one.
        Some(rest) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            match host.to_ascii_lowercase().as_str() {
                "" | "localhost" => format!("/{path}"),
                // `file://C:/x`, which is wrong and written nevertheless.
                host if host.len() == 2 && host.ends_with(':') => format!("{host}/{path}"),
                host => format!("//{host}/{path}"),
            }
        }
        None => rest.to_owned(),
    };
    let path = percent_decoded(&path);
    // `/C:/x` is the drive's.
    let bytes = path.as_bytes();
    let has_drive = bytes.first() == Some(&b'/')
        && bytes.get(1).is_some_and(u8::is_ascii_alphabetic)
        && bytes.get(2) == Some(&b':');
    Some(match path.strip_prefix('/') {
        Some(rest) if has_drive => rest.to_owned(),
        _ => path,
    })
}

/// Resolves `%20`; what is no escape stays.
fn percent_decoded(text: &str) -> String {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escape = (byte == b'%').then(|| after.get(..2)).flatten();
        let value = escape
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match value {
            Some(value) if value != 0 => {
                out.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether a path counts from the root of a file system.
pub fn is_absolute(path: &str) -> bool {
    let bytes = path.as_bytes();
    path.starts_with('/')
        || bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes.get(1) == Some(&b':')
            && matches!(bytes.get(2), Some(b'/' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_and_paths_become_paths() {
        for (uri, path) in [
            ("src/a%20b.c", Some("src/a b.c")),
            ("src/100%.c", Some("src/100%.c")),
            ("file:///work/src/a.c", Some("/work/src/a.c")),
            ("file:/work/a.c", Some("/work/a.c")),
            ("file://localhost/work/a.c", Some("/work/a.c")),
            ("FILE:///C:/work/a.c", Some("C:/work/a.c")),
            ("file:///c%3A/work/a.c", Some("c:/work/a.c")),
            ("file://C:/work/a.c", Some("c:/work/a.c")),
            ("file://server/share/a.c", Some("//server/share/a.c")),
            ("C:\\work\\a.c", Some("C:\\work\\a.c")),
            ("https://example.org/a.c", None),
            ("a%00b.c", Some("a%00b.c")),
        ] {
            assert_eq!(path_of_uri(uri).as_deref(), path, "{uri}");
        }
        assert!(is_absolute("/a") && is_absolute("C:/a") && is_absolute("C:\\a"));
        assert!(!is_absolute("a/b") && !is_absolute("c:a") && !is_absolute(""));
    }

    #[test]
    fn paths_lose_their_detours() {
        let normal = |path| normal_path(path);
        assert_eq!(normal("./src//a/../b.c").as_deref(), Some("src/b.c"));
        assert_eq!(normal("C:\\w\\src\\a.c").as_deref(), Some("C:/w/src/a.c"));
        assert_eq!(normal("/w/./a.c").as_deref(), Some("/w/a.c"));
        assert_eq!(normal("../a.c"), None);
        assert_eq!(normal("src/../../a.c"), None);
    }
}
