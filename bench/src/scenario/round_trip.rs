//! One client asks, another answers: how long that takes. Here it is the clock that counts, not the CPU.

use std::{sync::Arc, time::Instant};

use miette::{IntoDiagnostic, Result};

use super::{Load, Measure, Samples, Scenario};
use crate::{client::Client, server::Server};

const HALF: Measure =
    Measure { scenario: Scenario::RoundTrip, what: "half take at most", unit: "µs", budget: None };
const MOST: Measure = Measure { what: "99 of 100 take at most", ..HALF };
const ROUNDS: usize = 5000;

pub(super) async fn run(server: &Arc<Server>, load: &Load) -> Result<Samples> {
    let mut asker = server.arrive(0, 0).await?;
    let answerer = server.arrive(1, 0).await?;
    let message = |to: &str| format!("<message to='{to}' type='chat'>{}", load.rest_of_message());
    let (question, answer) = (message(&answerer.jid), message(&asker.jid));
    let answering = tokio::spawn(echo(answerer, answer));
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        asker.wire.send(&question).await?;
        asker.wire.count_to("</message>", 1).await?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    answering.await.into_diagnostic()??;
    times.sort_by(f64::total_cmp);
    Ok(vec![(HALF, times[ROUNDS / 2]), (MOST, times[ROUNDS * 99 / 100])])
}

async fn echo(mut client: Client, answer: String) -> Result<()> {
    for _ in 0..ROUNDS {
        client.wire.count_to("</message>", 1).await?;
        client.wire.send(&answer).await?;
    }
    Ok(())
}
