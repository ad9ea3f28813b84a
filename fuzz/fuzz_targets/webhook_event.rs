#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scrubin::fuzz_bodies::webhook_event(bytes));
