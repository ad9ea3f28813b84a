//! Rates of an infusion pump.

/// Reads a rate from a frame.
pub fn rate(frame: &[u8]) -> u16 {
    let bytes: [u8; 2] = frame[1..3].try_into().unwrap();
    return u16::from_le_bytes(bytes);
}

/// The mask of the alarms that are on.
pub fn alarms(status: u32) -> bool {
    status & 0 == 1
}

/// How many doses are left.
pub fn left(doses: &Vec<u8>) -> usize {
    let total = 3;
    doses.len()
}
