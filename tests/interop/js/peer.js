// SPDX-License-Identifier: MIT
// A js-libp2p peer for the tests: `peer SECURITIES [--silent] [--limit N] [MULTIADDR]` listens on loopback, dials when told
// whom, and prints one JSON object a line for everything that happens. It obeys the lines of its input (`dial
// MULTIADDR`, `echo COUNT BYTES`, `close`) and ends with that.
import { createInterface } from 'node:readline'

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
const [chosen, ...given] = process.argv.slice(2)
const silent = given.includes('--silent')
const limit = given.includes('--limit') ? Number(given[given.indexOf('--limit') + 1]) : 1000
const whom = given.find((each) => each.startsWith('/'))
const echo = '/tandem/interop/echo/1.0.0'
const unknown = chosen.split(',').find((each) => securities[each] === undefined)
if (unknown !== undefined) {
  console.error(`'${unknown}' is no security; tls, noise or plaintext`)
  process.exit(2)
}

const node = await createLibp2p({
  privateKey: await generateKeyPair('Ed25519'),
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: chosen.split(',').map((each) => securities[each]()),
  streamMuxers: [yamux()],
  connectionManager: { maxConnections: limit, inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 },
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
  if (!silent) keepPinging(detail.remotePeer)
})
// The code of the other end's GoAway has no name in the library's interface; the muxer keeps it.
node.addEventListener('connection:close', ({ detail }) => tell({
  event: 'closed', peer: detail.remotePeer.toString(), code: detail.muxer.remoteGoAway
}))
node.addEventListener('peer:identify', ({ detail }) => tell({
  event: 'identified',
  agent: detail.agentVersion,
  protocol: detail.protocolVersion,
  protocols: detail.protocols,
  observed: String(detail.observedAddr)
}))

/** Writes all of it, as the stream takes it. */
async function write (stream, bytes) {
  for (let at = 0; at < bytes.length; at += 16384) {
    if (!stream.send(bytes.subarray(at, at + 16384))) await stream.onDrain()
  }
}

await node.handle(echo, async (stream) => {
  for await (const part of stream) await write(stream, part.subarray())
  await stream.close()
}, { maxInboundStreams: 1000, maxOutboundStreams: 1000 })
// Who is told where it listens may dial at once.
tell({ event: 'self', peer: node.peerId.toString() })
tell({ event: 'listening', address: node.getMultiaddrs()[0].toString().replace(/\/p2p\/.*/, '') })

/** Whether so many bytes come back as they were sent. */
async function echoOne (size) {
  const sent = Uint8Array.from({ length: size }, (_, i) => i * 31 + Math.floor(i / 251))
  const stream = await node.getConnections()[0].newStream(echo)
  const back = []
  const reading = (async () => {
    for await (const part of stream) back.push(part.subarray().slice())
  })()
  await write(stream, sent)
  await stream.close()
  await reading
  return Buffer.concat(back).equals(Buffer.from(sent))
}

async function echoAll (count, size) {
  const all = await Promise.allSettled(Array.from({ length: count }, () => echoOne(size)))
  const failed = all.find((each) => each.status === 'rejected')
  const same = all.filter((each) => each.value === true).length
  tell({ event: 'echoed', count, same, error: failed === undefined ? null : String(failed.reason) })
}

const dial = (to) => node.dial(multiaddr(to)).catch((error) => tell({ event: 'dial_failed', error: String(error) }))
const commands = {
  dial,
  echo: (count, size) => echoAll(Number(count), Number(size)),
  close: () => node.hangUp(node.getConnections()[0].remotePeer)
}
if (whom !== undefined) dial(whom)
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [command, ...words] = line.split(' ')
    commands[command](...words)
  })
  .on('close', () => process.exit(0))
