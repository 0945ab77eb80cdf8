// SPDX-License-Identifier: MIT
// A js-libp2p peer for the tests: `peer SECURITY [MULTIADDR]` listens on loopback, dials when told whom, and prints one
// JSON object a line for everything that happens. Ends with its input.
if (Promise.withResolvers === undefined) {
  // Node 20 lacks it.
  Promise.withResolvers = () => {
    const made = {}
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
}
const { createLibp2p } = await import('libp2p')
const { generateKeyPair } = await import('@libp2p/crypto/keys')
const { identify } = await import('@libp2p/identify')
const { noise } = await import('@libp2p/noise')
const { ping } = await import('@libp2p/ping')
const { plaintext } = await import('@libp2p/plaintext')
const { tcp } = await import('@libp2p/tcp')
const { tls } = await import('@libp2p/tls')
const { yamux } = await import('@libp2p/yamux')
const { multiaddr } = await import('@multiformats/multiaddr')

const tell = (event) => console.log(JSON.stringify(event))
const securities = { tls, noise, plaintext }
const [security, whom] = process.argv.slice(2)
if (securities[security] === undefined) {
  console.error(`'${security}' is no security; tls, noise or plaintext`)
  process.exit(2)
}

const node = await createLibp2p({
  privateKey: await generateKeyPair('Ed25519'),
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [securities[security]()],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 },
  services: { identify: identify({ agentVersion: 'tandem-interop' }), ping: ping() }
})

async function keepPinging (peer) {
  for (;;) {
    try {
      tell({ event: 'ping', microseconds: 1000 * await node.services.ping.ping(peer) })
    } catch (error) {
      tell({ event: 'ping_failed', error: String(error) })
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

node.addEventListener('connection:open', ({ detail }) => {
  tell({ event: 'established', peer: detail.remotePeer.toString(), dialer: detail.direction === 'outbound' })
  keepPinging(detail.remotePeer)
})
node.addEventListener('connection:close', ({ detail }) => tell({ event: 'closed', peer: detail.remotePeer.toString() }))
node.addEventListener('peer:identify', ({ detail }) => tell({
  event: 'identified',
  agent: detail.agentVersion,
  protocol: detail.protocolVersion,
  protocols: detail.protocols,
  observed: String(detail.observedAddr)
}))
tell({ event: 'self', peer: node.peerId.toString() })
tell({ event: 'listening', address: node.getMultiaddrs()[0].toString().replace(/\/p2p\/.*/, '') })
if (whom !== undefined) {
  node.dial(multiaddr(whom)).catch((error) => tell({ event: 'dial_failed', error: String(error) }))
}
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
