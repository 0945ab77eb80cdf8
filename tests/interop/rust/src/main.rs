// SPDX-License-Identifier: MIT
//! A rust-libp2p peer for the tests: `peer SECURITY [MULTIADDR]` listens on loopback, dials when told
//! whom, and prints one JSON object a line for everything that happens. Ends with its input.
use futures::StreamExt;
use libp2p::{identify, identity, noise, ping, plaintext, swarm, tcp, tls, yamux, Multiaddr, Swarm};
use serde_json::json;
use std::{error::Error, time::Duration};
use tokio::io::AsyncReadExt;

#[derive(swarm::NetworkBehaviour)]
struct Behaviour {
    ping: ping::Behaviour,
    identify: identify::Behaviour,
}

fn behaviour(key: &identity::Keypair) -> Behaviour {
    Behaviour {
        ping: ping::Behaviour::new(ping::Config::new().with_interval(Duration::from_millis(200))),
        identify: identify::Behaviour::new(identify::Config::new(
            "tandem/interop".into(),
            key.public(),
        )),
    }
}

fn swarm_with(security: &str) -> Result<Swarm<Behaviour>, Box<dyn Error>> {
    let base = libp2p::SwarmBuilder::with_new_identity().with_tokio();
    let tcp = tcp::Config::default().nodelay(true);
    let idle = |config: swarm::Config| {
        config.with_idle_connection_timeout(Duration::from_secs(60))
    };
    Ok(match security {
        "tls" => base
            .with_tcp(tcp, tls::Config::new, yamux::Config::default)?
            .with_behaviour(behaviour)?
            .with_swarm_config(idle)
            .build(),
        "noise" => base
            .with_tcp(tcp, noise::Config::new, yamux::Config::default)?
            .with_behaviour(behaviour)?
            .with_swarm_config(idle)
            .build(),
        "plaintext" => base
            .with_tcp(
                tcp,
                |key: &identity::Keypair| Ok::<_, std::io::Error>(plaintext::Config::new(key)),
                yamux::Config::default,
            )?
            .with_behaviour(behaviour)?
            .with_swarm_config(idle)
            .build(),
        other => return Err(format!("'{other}' is no security; tls, noise or plaintext").into()),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let security = arguments.first().ok_or("usage: peer SECURITY [MULTIADDR]")?;
    let mut swarm = swarm_with(security)?;
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    println!("{}", json!({"event": "self", "peer": swarm.local_peer_id().to_string()}));
    if let Some(address) = arguments.get(1) {
        swarm.dial(address.parse::<Multiaddr>()?)?;
    }
    let mut input = tokio::io::stdin();
    let mut byte = [0u8; 64];
    loop {
        tokio::select! {
            event = swarm.select_next_some() => tell(event),
            read = input.read(&mut byte) => if read? == 0 { return Ok(()) },
        }
    }
}

fn tell(event: swarm::SwarmEvent<BehaviourEvent>) {
    use swarm::SwarmEvent::*;
    let line = match event {
        NewListenAddr { address, .. } => json!({"event": "listening", "address": address.to_string()}),
        ConnectionEstablished { peer_id, endpoint, .. } => json!({
            "event": "established", "peer": peer_id.to_string(), "dialer": endpoint.is_dialer()}),
        ConnectionClosed { peer_id, cause, .. } => json!({
            "event": "closed", "peer": peer_id.to_string(), "cause": format!("{cause:?}")}),
        OutgoingConnectionError { error, .. } => json!({"event": "dial_failed", "error": format!("{error:?}")}),
        IncomingConnectionError { error, .. } => json!({"event": "inbound_failed", "error": format!("{error:?}")}),
        Behaviour(BehaviourEvent::Ping(event)) => match event.result {
            Ok(rtt) => json!({"event": "ping", "microseconds": rtt.as_micros() as u64}),
            Err(error) => json!({"event": "ping_failed", "error": format!("{error:?}")}),
        },
        Behaviour(BehaviourEvent::Identify(identify::Event::Received { info, .. })) => json!({
            "event": "identified", "agent": info.agent_version, "protocol": info.protocol_version,
            "observed": info.observed_addr.to_string(),
            "protocols": info.protocols.iter().map(|p| p.to_string()).collect::<Vec<_>>()}),
        Behaviour(BehaviourEvent::Identify(identify::Event::Error { error, .. })) => json!({
            "event": "identify_failed", "error": format!("{error:?}")}),
        _ => return,
    };
    println!("{line}");
}
