struct Hub {
    addresses: [u8; 4],
    bus: Bus,
}

impl Hub {
    fn attach(&mut self, port: u8, device: Device) -> Result<(), Error> {
        let address = self.bus.assign(&device)?;
        self.addresses[port as usize] = address;
        Ok(())
    }
}

fn scale(factors: &[u32], channel: u16, raw: u32) -> Result<u32, Error> {

    let factor = factors[usize::from(channel)];
    raw.checked_mul(factor).ok_or(Error::Range)
}

struct Selector {
    active: u8,
    profiles: [u8; 4],
}

impl Selector {
    fn choose(&mut self, frame: &[u8]) -> Result<(), Error> {
        if frame.len() < 2 {
            return Err(Error::Short);
        }
        let slot = frame[1] as usize;

        self.active = self.profiles[slot];
        Ok(())
    }
}

fn gain_of(gains: &[u16], telegram: &[u8; 6]) -> u16 {
    let channel = u16::from_be_bytes([telegram[2], telegram[3]]);
    gains[usize::from(channel)]
}
