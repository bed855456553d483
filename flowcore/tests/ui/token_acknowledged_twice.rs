use flowcore::base::Token;

fn answer(token: Token) {
    token.ack();
    token.ack();
}

fn main() {}
