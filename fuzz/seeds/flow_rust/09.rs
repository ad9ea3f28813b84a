fn taken_at(&self, now: Instant, ticks: u64) -> Instant {
    now - Duration::from_micros(ticks)
}

struct Instant(u64);

impl core::ops::Sub for Instant {
    type Output = Duration;

    fn sub(self, rhs: Instant) -> Duration {

        Duration(self.0 - rhs.0)
    }
}

fn parse(packet: &Packet) -> Result<Event, Error> {
    match packet.kind() {
        Kind::Reading => Ok(Event::Reading(packet.value())),
        Kind::Alarm => panic!("alarms are not parsed here"),
    }
}

fn reply_to(&mut self, request: &Request) -> Result<Reply, Error> {

    assert_eq!(request.level, Level::Normal);
    self.answer(request)
}
