// One js-libp2p peer over TCP. Speaks to the test that started it in lines:
//   peer.mjs listen tls|noise            prints "listening <multiaddr>", then "connected <peer id>"
//   peer.mjs dial tls|noise <multiaddr>  prints "self <peer id>", then "connected <peer id>" or "failed <why>"
// Once connected it prints "identified <json>", and does what it reads on its standard input (streams.mjs).
import './polyfill.mjs'
import { createInterface } from 'node:readline'
import { createLibp2p } from 'libp2p'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { multiaddr } from '@multiformats/multiaddr'
import { answers, commands } from './streams.mjs'

const [role, security, address] = process.argv.slice(2)
const say = (...words) => process.stdout.write(words.join(' ') + '\n')
const oneLine = error => String(error).replaceAll('\n', ' ')

// The TLS of js-libp2p throws when a connection ends; the test judges by the lines printed.
process.on('uncaughtException', error => process.stderr.write(`${error}\n`))
process.on('unhandledRejection', error => process.stderr.write(`${error}\n`))

const node = await createLibp2p({
  addresses: { listen: role === 'listen' ? ['/ip4/127.0.0.1/tcp/0'] : [] },
  transports: [tcp()],
  connectionEncrypters: [security === 'tls' ? tls() : noise()],
  streamMuxers: [yamux()],
  // It answers one identify at a time by default, and the test asks besides what our peer asks by itself.
  services: { identify: identify({ maxInboundStreams: 4 }), ping: ping() }
})
for (const [protocol, answer] of Object.entries(answers)) {
  await node.handle(protocol, (stream) => answer(stream, say))
}
node.addEventListener('connection:open', event => say('connected', event.detail.remotePeer))
node.addEventListener('connection:close', event => say('disconnected', event.detail.remotePeer))
node.addEventListener('peer:identify', ({ detail }) => say('identified', JSON.stringify({
  peer: detail.peerId.toString(),
  protocols: detail.protocols,
  protocolVersion: detail.protocolVersion,
  agentVersion: detail.agentVersion,
  publicKey: Buffer.from(detail.publicKey).toString('hex'),
  listenAddresses: detail.listenAddrs.map(String),
  observedAddress: String(detail.observedAddr)
})))
createInterface({ input: process.stdin }).on('line', async line => {
  const [command, ...words] = line.split(' ')
  try {
    const connection = node.getConnections()[0]
    say(...await commands[command](node, connection, ...words))
  } catch (error) {
    say('failed', command, oneLine(error))
  }
})
if (role === 'listen') {
  say('listening', node.getMultiaddrs()[0])
} else {
  say('self', node.peerId)
  node.dial(multiaddr(address)).catch(error => say('failed', oneLine(error)))
}
