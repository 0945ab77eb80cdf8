// SPDX-License-Identifier: MIT
//! A rust-libp2p peer for the tests: `peer SECURITIES [--silent] [--limit N] [MULTIADDR]` listens on loopback,
//! dials when told whom, and prints one JSON object a line for everything that happens. It obeys the lines of
//! its input (`dial MULTIADDR`, `echo COUNT BYTES`, `close`) and ends with that.
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::{
    connection_limits, identify, identity, noise, ping, plaintext, request_response, swarm, tcp, tls,
    yamux, Multiaddr, PeerId, StreamProtocol, Swarm,
};
use libp2p_stream as stream;
use serde_json::json;
use std::{error::Error, io, time::Duration};
use swarm::{behaviour::toggle::Toggle, dial_opts::DialOpts};
use tokio::io::AsyncBufReadExt;

const ECHO: StreamProtocol = StreamProtocol::new("/tandem/interop/echo/1.0.0");

/// What comes on a stream until its end, whole: libp2p_stream drops streams of which many come at once.
#[derive(Clone, Default)]
struct Whole;

impl request_response::Codec for Whole {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut all = Vec::new();
        io.read_to_end(&mut all).await?;
        Ok(all)
    }

    async fn read_response<T>(&mut self, of: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        self.read_request(of, io).await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, all: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&all).await
    }

    async fn write_response<T>(&mut self, of: &StreamProtocol, io: &mut T, all: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        self.write_request(of, io, all).await
    }
}

#[derive(swarm::NetworkBehaviour)]
struct Behaviour {
    answer: request_response::Behaviour<Whole>,
    ping: Toggle<ping::Behaviour>,
    identify: identify::Behaviour,
    limits: connection_limits::Behaviour,
    stream: stream::Behaviour,
}

#[derive(Default)]
struct Arguments {
    security: String,
    silent: bool,
    limit: Option<u32>,
    dial: Option<Multiaddr>,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut given = std::env::args().skip(1);
    let usage = "usage: peer SECURITIES [--silent] [--limit N] [MULTIADDR]";
    let mut read = Arguments { security: given.next().ok_or(usage)?, ..Arguments::default() };
    while let Some(next) = given.next() {
        match next.as_str() {
            "--silent" => read.silent = true,
            "--limit" => read.limit = Some(given.next().ok_or(usage)?.parse()?),
            _ => read.dial = Some(next.parse()?),
        }
    }
    Ok(read)
}

fn behaviour(key: &identity::Keypair, with: &Arguments) -> Behaviour {
    let often = ping::Config::new().with_interval(Duration::from_millis(200));
    let limits =
        connection_limits::ConnectionLimits::default().with_max_established_incoming(with.limit);
    Behaviour {
        answer: request_response::Behaviour::new(
            [(ECHO, request_response::ProtocolSupport::Inbound)],
            request_response::Config::default().with_max_concurrent_streams(1000),
        ),
        ping: (!with.silent).then(|| ping::Behaviour::new(often)).into(),
        identify: identify::Behaviour::new(identify::Config::new(
            "tandem/interop".into(),
            key.public(),
        )),
        limits: connection_limits::Behaviour::new(limits),
        stream: stream::Behaviour::new(),
    }
}

fn swarm_with(with: &Arguments) -> Result<Swarm<Behaviour>, Box<dyn Error>> {
    let base = libp2p::SwarmBuilder::with_new_identity().with_tokio();
    let tcp = tcp::Config::default().nodelay(true);
    let idle = |config: swarm::Config| {
        config.with_idle_connection_timeout(Duration::from_secs(60))
    };
    let behaviour = |key: &identity::Keypair| behaviour(key, with);
    Ok(match with.security.as_str() {
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
        "noise,tls" => base
            .with_tcp(tcp, (noise::Config::new, tls::Config::new), yamux::Config::default)?
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
        other => return Err(format!("'{other}' is no security; tls, noise, plaintext or noise,tls").into()),
    })
}

/// Whether `size` bytes come back as they were sent.
async fn echo(mut by: stream::Control, peer: PeerId, size: usize) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let sent: Vec<u8> = (0..size).map(|i| (i * 31 + i / 251) as u8).collect();
    let (mut from, mut to) = by.open_stream(peer, ECHO).await?.split();
    let mut back = Vec::new();
    let write = async {
        to.write_all(&sent).await?;
        to.close().await
    };
    let (wrote, read) = futures::join!(write, from.read_to_end(&mut back));
    wrote?;
    read?;
    Ok(back == sent)
}

/// So many streams at once.
async fn echo_all(by: stream::Control, peer: PeerId, count: usize, size: usize) {
    let all = futures::future::join_all((0..count).map(|_| echo(by.clone(), peer, size))).await;
    let same = all.iter().filter(|each| matches!(each, Ok(true))).count();
    let failed = all.into_iter().find_map(|each| each.err()).map(|error| error.to_string());
    println!("{}", json!({"event": "echoed", "count": count, "same": same, "error": failed}));
}

/// From a port of its own: that of the listener may not be bound again while a machine has many old connections.
fn dial(swarm: &mut Swarm<Behaviour>, to: Multiaddr) -> Result<(), swarm::DialError> {
    swarm.dial(DialOpts::unknown_peer_id().address(to).allocate_new_port().build())
}

fn obey(line: &str, swarm: &mut Swarm<Behaviour>) -> Result<(), Box<dyn Error>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let peer = swarm.connected_peers().next().copied();
    match words[..] {
        ["dial", to] => dial(swarm, to.parse()?)?,
        ["echo", count, size] => {
            let by = swarm.behaviour().stream.new_control();
            let peer = peer.ok_or("nobody to echo")?;
            tokio::spawn(echo_all(by, peer, count.parse()?, size.parse()?));
        }
        ["close"] => {
            let _ = swarm.disconnect_peer_id(peer.ok_or("nobody to leave")?);
        }
        _ => return Err(format!("'{line}' is no command").into()),
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let with = arguments()?;
    let mut swarm = swarm_with(&with)?;
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    println!("{}", json!({"event": "self", "peer": swarm.local_peer_id().to_string()}));
    if let Some(address) = with.dial {
        dial(&mut swarm, address)?;
    }
    let mut input = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            event = swarm.select_next_some() => match event {
                swarm::SwarmEvent::Behaviour(BehaviourEvent::Answer(event)) => answer(&mut swarm, event),
                other => tell(other),
            },
            line = input.next_line() => match line? {
                Some(line) => obey(&line, &mut swarm)?,
                None => return Ok(()),
            },
        }
    }
}

/// Sends back what came.
fn answer(swarm: &mut Swarm<Behaviour>, event: request_response::Event<Vec<u8>, Vec<u8>>) {
    use request_response::{Event::Message, Message::Request};
    if let Message { message: Request { request, channel, .. }, .. } = event {
        let _ = swarm.behaviour_mut().answer.send_response(channel, request);
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
