// SPDX-License-Identifier: MIT
// A js-libp2p peer of beside.py; ../tandem/peer.cpp says what each mode does.
if (Promise.withResolvers === undefined) {
  // Node 20 lacks it.
  Promise.withResolvers = () => {
    const made = {}
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
}
const { createLibp2p } = await import('libp2p')
const { noise } = await import('@libp2p/noise')
const { plaintext } = await import('@libp2p/plaintext')
const { tcp } = await import('@libp2p/tcp')
const { tls } = await import('@libp2p/tls')
const { yamux } = await import('@libp2p/yamux')
const { multiaddr } = await import('@multiformats/multiaddr')

const echoProtocol = '/tandem/echo/1'
const chunk = 64 * 1024
const [mode, security, address, count, size] = process.argv.slice(2)
const tell = (what) => console.log(JSON.stringify(what))

const processor = () => { const used = process.cpuUsage(); return (used.user + used.system) / 1e6 }
function begin () {
  const real = performance.now()
  const used = processor()
  return () => tell({ seconds: (performance.now() - real) / 1e3, processor: processor() - used })
}

const most = 100000
const node = await createLibp2p({
  addresses: { listen: mode === 'serve' ? ['/ip4/127.0.0.1/tcp/0'] : [] },
  transports: [tcp({ maxConnections: most, backlog: 1000 })],
  connectionEncrypters: [{ tls, noise, plaintext }[security]()],
  streamMuxers: [yamux()],
  connectionManager: { maxConnections: most, inboundConnectionThreshold: most, maxIncomingPendingConnections: most },
  connectionMonitor: { enabled: false }
})

/** Sends, and waits while the stream has no room. */
async function send (stream, bytes) {
  if (!stream.send(bytes)) await stream.onDrain()
}

async function serve () {
  await node.handle(echoProtocol, async (stream) => {
    for await (const bytes of stream) await send(stream, bytes)
    await stream.close()
  }, { maxInboundStreams: most })
  tell({ address: node.getMultiaddrs()[0].toString() })
  process.stdin.resume()
  await new Promise((resolve) => process.stdin.on('end', resolve))
}

async function dial (whom, times) {
  const end = begin()
  for (let i = 0; i < times; i++) {
    const connection = await node.dial(whom, { force: true })
    await connection.close()
  }
  end()
}

async function exchange (stream, bytes) {
  const say = async () => {
    const held = new Uint8Array(chunk)
    for (let left = bytes; left > 0; left -= chunk) await send(stream, held.subarray(0, Math.min(left, chunk)))
  }
  const hear = async () => {
    let left = bytes
    for await (const part of stream) if ((left -= part.byteLength) <= 0) break
  }
  await Promise.all([say(), hear()])
}

async function echo (whom, streams, bytes) {
  const open = []
  for (let i = 0; i < streams; i++) {
    open.push(await node.dialProtocol(whom, echoProtocol, { maxOutboundStreams: most }))
  }
  const end = begin()
  await Promise.all(open.map(async (each) => exchange(each, bytes)))
  end()
}

if (mode === 'serve') await serve()
else if (mode === 'dial') await dial(multiaddr(address), Number(count))
else await echo(multiaddr(address), Number(count), Number(size))
process.exit(0)
