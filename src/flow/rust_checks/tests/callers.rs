//! What callers rule out, and what they do not.

use super::{found, names};

#[test]
fn a_divisor_of_a_private_function_is_what_its_callers_pass() {
    let text = |visibility: &str, guard: &str| {
        format!(
            "{visibility} fn divide(rate: u32) -> Result<u32, E> {{ Ok(CLOCK / rate) }}
             pub fn set(rate: u32) -> Result<u32, E> {{
                 {guard}
                 divide(rate)
             }}"
        )
    };
    let reject = "if rate == 0 { return Err(E::Rate); }";
    assert!(names(&text("", reject)).is_empty());
    assert_eq!(names(&text("", "")), ["rust-division-by-data"]);
    assert_eq!(names(&text("pub", reject)), ["rust-division-by-data"]);
    // One of two callers does not ask.
    let two = text("", reject) + "pub fn double(rate: u32) -> Result<u32, E> { divide(rate) }";
    assert_eq!(names(&two), ["rust-division-by-data"]);
    // Who takes the address calls it with anything.
    let taken = text("", reject) + "pub fn later(q: &mut Queue) { q.run(divide); }";
    assert_eq!(names(&taken), ["rust-division-by-data"]);
}

#[test]
fn a_bound_may_be_tested_by_a_sibling_that_the_caller_asks_first() {
    let text = |test: &str| {
        format!(
            "impl Engine {{
                 fn prepare(&mut self, size: usize, out: &[u8]) -> Result<(), E> {{
                     {test}
                     self.start(size)
                 }}
                 fn collect(&mut self, size: usize, out: &mut [u8]) -> Result<(), E> {{
                     self.read(&mut out[..size]);
                     Ok(())
                 }}
                 pub fn run(&mut self, size: usize, out: &mut [u8]) -> Result<(), E> {{
                     self.prepare(size, out)?;
                     self.collect(size, out)
                 }}
             }}"
        )
    };
    assert!(names(&text("if out.len() < size { return Err(E::Size); }")).is_empty());
    assert_eq!(names(&text("")), ["rust-slice-by-parameter"]);
}

#[test]
fn a_length_is_cut_unless_callers_or_arrays_limit_it() {
    let public = "pub fn send(u: &mut Uart, data: &[u8]) { u.put(data.len() as u8); u.all(data); }";
    assert_eq!(names(public), ["rust-length-cut"]);
    let private = |argument: &str| {
        format!(
            "fn send(u: &mut Uart, data: &[u8]) {{ u.put(data.len() as u8); u.all(data); }}
             pub fn beat(u: &mut Uart, text: &[u8], word: u32) {{ send(u, {argument}); }}"
        )
    };
    assert!(names(&private("&[1, 2, 3]")).is_empty());
    assert!(names(&private("&word.to_le_bytes()")).is_empty());
    assert_eq!(names(&private("text")), ["rust-length-cut"]);
    let chunks = "fn send(u: &mut Uart, data: &[u8]) { u.put(data.len() as u8); u.all(data); }
        pub fn store(u: &mut Uart, text: &[u8]) { for part in text.chunks(64) { send(u, part); } }";
    assert!(names(chunks).is_empty());
    assert_eq!(names(&chunks.replace("64", "4096")), ["rust-length-cut"]);
    let array = |size: u32| {
        format!(
            "pub fn load(u: &mut Uart, data: &[u8]) {{
                 let mut frame = [0u8; {size}];
                 frame[1..][..data.len()].copy_from_slice(data);
                 frame[0] = data.len() as u8;
                 u.all(&frame);
             }}"
        )
    };
    assert!(names(&array(128)).is_empty());
    assert_eq!(names(&array(1024)), ["rust-length-cut"]);
}

#[test]
fn a_cut_length_that_wraps_with_its_counter_or_is_refused_is_fine() {
    assert!(
        names("pub fn next(at: u16, read: &[u8]) -> u16 { at.wrapping_add(read.len() as u16) }")
            .is_empty()
    );
    assert_eq!(
        names(
            "pub fn next(at: u32, read: &[u8]) -> u32 { at.wrapping_add(u32::from(read.len() as u16)) }"
        ),
        ["rust-length-cut"]
    );
    let frame = |name: &str| {
        format!(
            "impl Frame {{ pub fn with_id(id: u32, data: &[u8]) -> Result<Self, E> {{
                 Self::{name}(Header::new(id, data.len() as u8), data)
             }} }}"
        )
    };
    assert!(names(&frame("new")).is_empty());
    assert_eq!(names(&frame("send")), ["rust-length-cut"]);
}

#[test]
fn what_a_trait_of_the_file_looks_at_first_is_known_to_its_implementations() {
    let text = |test: &str| {
        format!(
            "pub trait Descriptor {{
                 const LEAST: u8;
                 fn fits(bytes: &[u8]) -> bool;
                 fn matches(bytes: &[u8]) -> bool {{ {test} Self::fits(bytes) }}
             }}
             impl Descriptor for Names {{
                 const LEAST: u8 = 2;
                 fn fits(bytes: &[u8]) -> bool {{ let len = bytes[0]; (len - 2) % 2 == 0 }}
             }}"
        )
    };
    assert!(names(&text("if bytes[0] < Self::LEAST { return false; }")).is_empty());
    assert_eq!(names(&text("")), ["rust-unchecked-length-arithmetic"]);
}

#[test]
fn a_future_that_is_spawned_is_no_call() {
    let text =
        |end: &str| format!("async fn blink(spawner: Spawner, led: Led) {{ wait().await; {end} }}");
    assert!(names(&text("spawner.spawn(blink(spawner, led));")).is_empty());
    assert_eq!(
        names(&text("blink(spawner, led).await;")),
        ["rust-recursion"]
    );
    assert_eq!(
        names(&text("Box::pin(blink(spawner, led)).await;")),
        ["rust-recursion"]
    );
    let plain = "fn walk(n: &Node) { for c in n.children() { walk(c); } }";
    assert_eq!(found(plain), [("rust-recursion", 1)]);
}
