fn discover(&mut self) -> Message {
    let next = self.transaction_id + 1;
    self.transaction_id = next;
    Message::discover(next)
}

fn query(&mut self, name: &Name) -> Query {

    self.query_id += 1;
    Query::new(self.query_id, name)
}

fn set_duty(&mut self, duty: u16) -> Result<(), Error> {
    let percent = 100 / (self.max_duty() / duty);
    self.apply(percent)
}

fn on_query(&mut self, query: &[u8; 4]) -> u16 {
    let limit = u16::from_be_bytes([query[2], query[3]]);

    self.random() % limit
}
