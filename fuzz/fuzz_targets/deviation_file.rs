#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scrubin::fuzz_bodies::deviation_file(bytes));
