// SPDX-License-Identifier: MIT
//! A rust-libp2p peer of beside.py; ../../tandem/peer.cpp says what each mode does.
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{self, SwarmEvent};
use libp2p::{identity, noise, plaintext, tcp, tls, yamux, Multiaddr, PeerId, StreamProtocol, Swarm};
use libp2p_stream as stream;
use serde_json::json;
use std::{error::Error, time::Duration, time::Instant};

const ECHO: StreamProtocol = StreamProtocol::new("/tandem/echo/1");
const CHUNK: usize = 64 * 1024;
type Failure = Box<dyn Error>;

#[derive(swarm::NetworkBehaviour)]
struct Behaviour {
    streams: stream::Behaviour,
}

fn swarm_with(security: &str) -> Result<Swarm<Behaviour>, Failure> {
    let base = libp2p::SwarmBuilder::with_new_identity().with_tokio();
    let tcp = tcp::Config::default().nodelay(true);
    let behaviour = |_: &identity::Keypair| Behaviour { streams: stream::Behaviour::new() };
    let idle = |config: swarm::Config| {
        config.with_idle_connection_timeout(Duration::from_secs(3600))
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
        other => return Err(format!("'{other}' is no security").into()),
    })
}

fn processor() -> f64 {
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut used) };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 * 1e-6;
    seconds(used.ru_utime) + seconds(used.ru_stime)
}

struct Measured {
    real: Instant,
    processor: f64,
}

impl Measured {
    fn begin() -> Self {
        Measured { real: Instant::now(), processor: processor() }
    }
    fn tell(&self) {
        let seconds = self.real.elapsed().as_secs_f64();
        println!("{}", json!({"seconds": seconds, "processor": processor() - self.processor}));
    }
}

async fn serve(mut swarm: Swarm<Behaviour>) -> Result<(), Failure> {
    let mut incoming = swarm.behaviour().streams.new_control().accept(ECHO)?;
    tokio::spawn(async move {
        while let Some((_, mut each)) = incoming.next().await {
            tokio::spawn(async move {
                let mut held = vec![0u8; CHUNK];
                while let Ok(size) = each.read(&mut held).await {
                    if size == 0 || each.write_all(&held[..size]).await.is_err() {
                        break;
                    }
                    if each.flush().await.is_err() {
                        break;
                    }
                }
                let _ = each.close().await;
            });
        }
    });
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    let mut input = tokio::io::stdin();
    let mut byte = [0u8; 1];
    loop {
        tokio::select! {
            event = swarm.select_next_some() => if let SwarmEvent::NewListenAddr { address, .. } = event {
                println!("{}", json!({"address": format!("{address}/p2p/{}", swarm.local_peer_id())}));
            },
            read = tokio::io::AsyncReadExt::read(&mut input, &mut byte) => if read? == 0 { return Ok(()) },
        }
    }
}

fn dial_again(swarm: &mut Swarm<Behaviour>, peer: PeerId, at: &Multiaddr) -> Result<(), Failure> {
    let options = DialOpts::peer_id(peer).addresses(vec![at.clone()]).condition(PeerCondition::Always);
    Ok(swarm.dial(options.build())?)
}

async fn dial(mut swarm: Swarm<Behaviour>, peer: PeerId, at: Multiaddr, times: usize) -> Result<(), Failure> {
    let it = Measured::begin();
    let mut left = times;
    dial_again(&mut swarm, peer, &at)?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { connection_id, .. } => {
                swarm.close_connection(connection_id);
            }
            SwarmEvent::ConnectionClosed { .. } => {
                left -= 1;
                if left == 0 {
                    it.tell();
                    return Ok(());
                }
                dial_again(&mut swarm, peer, &at)?;
            }
            SwarmEvent::OutgoingConnectionError { error, .. } => return Err(error.into()),
            _ => {}
        }
    }
}

async fn echo(mut swarm: Swarm<Behaviour>, peer: PeerId, at: Multiaddr, streams: usize, bytes: usize) -> Result<(), Failure> {
    let mut control = swarm.behaviour().streams.new_control();
    dial_again(&mut swarm, peer, &at)?;
    while !matches!(swarm.select_next_some().await, SwarmEvent::ConnectionEstablished { .. }) {}
    tokio::spawn(async move { loop { swarm.select_next_some().await; } });
    let mut open = Vec::new();
    for _ in 0..streams {
        open.push(control.open_stream(peer, ECHO).await?);
    }
    let it = Measured::begin();
    let tasks = open.into_iter().map(|each| {
        tokio::spawn(async move {
            let (mut from, mut to) = each.split();
            let say = async move {
                let held = vec![b'x'; CHUNK];
                let mut left = bytes;
                while left > 0 {
                    let size = left.min(CHUNK);
                    to.write_all(&held[..size]).await?;
                    left -= size;
                }
                to.flush().await
            };
            let hear = async move {
                let mut held = vec![0u8; CHUNK];
                let mut left = bytes;
                while left > 0 {
                    let size = left.min(CHUNK);
                    from.read_exact(&mut held[..size]).await?;
                    left -= size;
                }
                Ok::<(), std::io::Error>(())
            };
            futures::try_join!(say, hear).map(|_| ())
        })
    });
    for task in futures::future::join_all(tasks).await {
        task??;
    }
    it.tell();
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.len() < 2 {
        return Err("usage: peer serve SECURITY | peer dial|echo SECURITY ADDRESS N [BYTES]".into());
    }
    let swarm = swarm_with(&arguments[1])?;
    if arguments[0] == "serve" {
        return serve(swarm).await;
    }
    let mut at: Multiaddr = arguments[2].parse()?;
    let Some(Protocol::P2p(peer)) = at.pop() else { return Err("no /p2p/ID".into()) };
    let times = arguments[3].parse()?;
    match arguments[0].as_str() {
        "dial" => dial(swarm, peer, at, times).await,
        _ => echo(swarm, peer, at, times, arguments[4].parse()?).await,
    }
}
