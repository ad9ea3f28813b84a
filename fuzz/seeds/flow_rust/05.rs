pub fn sample_at(&self, base: *const u16, index: usize) -> u16 {
    // SAFETY: the buffer is allocated at start.
    unsafe { base.add(index).read() }
}

pub fn patch(table: *mut u32, offset: isize, value: u32) {
    // SAFETY: the table is in RAM.

    let place = unsafe { table.offset(offset) };
    store(place, value);
}

fn parse_command(data: &[u8]) -> Result<Command, Error> {
    let kind = data[0];
    let value = data[1];
    Command::new(kind, value)
}

fn handle_report(report: &[u8]) -> Option<u16> {

    if report[3] & 0x80 != 0 {
        return None;
    }
    Some(u16::from(report[1]))
}
