//! Bounds that stand in the function itself.

use super::{found, names};

#[test]
fn a_counter_that_starts_above_what_is_taken_off() {
    let text = |start: u32| {
        format!(
            "fn store(regs: &mut [u8; 64], frame: &[u8], n: usize) {{
                 let at = frame[0] as usize;
                 for k in {start}..n {{ regs[(at + k - 1) % 64] = frame[k]; }}
             }}"
        )
    };
    assert!(!names(&text(1)).contains(&"rust-unchecked-length-arithmetic"));
    assert!(names(&text(0)).contains(&"rust-unchecked-length-arithmetic"));
}

#[test]
fn a_quotient_of_constants_is_no_data() {
    let text = |divisor: &str| {
        format!(
            "fn period(clock: &Clock, wanted: u32) -> u16 {{
                 let target = 25_000;
                 let step = 16u8;
                 let frequency = clock.frequency();
                 (frequency / {divisor}) as u16 - 1
             }}"
        )
    };
    assert!(names(&text("(target * step as u32)")).is_empty());
    assert!(names(&text("chip::BANK.erase_size as u32")).is_empty());
    assert_eq!(
        names(&text("(wanted * step as u32)")),
        ["rust-quotient-underflow"]
    );
}

#[test]
fn a_test_of_a_place_further_on_is_no_off_by_one() {
    let text = |test: &str| {
        format!(
            "fn chunk(buf: &[u8], off: usize, kind: u8) -> u8 {{
                 if off > buf.len() {{ return 0; }}
                 if {test} {{ return buf[off]; }}
                 0
             }}"
        )
    };
    assert!(names(&text("kind == 1 && off + 4 <= buf.len()")).is_empty());
    let alone = "fn at(buf: &[u8], off: usize) -> u8 { if off > buf.len() { return 0; } buf[off] }";
    assert_eq!(names(alone), ["rust-off-by-one-bound"]);
}

#[test]
fn what_was_cut_there_before_would_have_panicked_there() {
    let twice = "fn skip(frame: &[u8]) -> usize {
        let n = frame[0] as usize;
        use_it(&frame[..n]);
        use_it(&frame[n..]);
        n
    }";
    assert_eq!(found(twice), [("rust-slice-by-wire-length", 3)]);
    let moved = "fn skip(mut frame: &[u8]) -> usize {
        let n = frame[0] as usize;
        use_it(&frame[..n]);
        frame = next(frame);
        use_it(&frame[n..]);
        n
    }";
    assert_eq!(found(moved).len(), 2);
}

#[test]
fn a_checked_packet_answers_for_the_length_it_tells() {
    let text = |name: &str| {
        format!(
            "fn redirected(data: &[u8]) -> Result<&[u8], E> {{
                 let packet = Packet::{name}(data)?;
                 let repr = Repr::parse(&packet)?;
                 Ok(&data[..repr.payload_len])
             }}"
        )
    };
    assert!(names(&text("new_checked")).is_empty());
    assert_eq!(
        names(&text("new_unchecked_view")),
        ["rust-slice-by-wire-length"]
    );
}

#[test]
fn a_request_of_a_fixed_size_that_is_sent_was_made_by_the_caller() {
    let text = |call: &str| {
        format!(
            "fn control(p: &mut Pipe, setup: &[u8; 8], buf: &[u8]) -> usize {{
                 let length = u16::from_le_bytes([setup[6], setup[7]]) as usize;
                 p.{call}(setup);
                 p.data(&buf[..length])
             }}"
        )
    };
    assert_eq!(names(&text("log")), ["rust-slice-by-wire-length"]);
    assert!(names(&text("send_setup")).is_empty());
}
