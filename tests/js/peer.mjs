// One js-libp2p peer over TCP. Speaks to the test that started it in lines:
//   peer.mjs listen tls|noise            prints "listening <multiaddr>", then "connected <peer id>"
//   peer.mjs dial tls|noise <multiaddr>  prints "self <peer id>", then "connected <peer id>" or "failed <why>"
import './polyfill.mjs'
import { createLibp2p } from 'libp2p'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { multiaddr } from '@multiformats/multiaddr'

const [role, security, address] = process.argv.slice(2)
const say = (...words) => process.stdout.write(words.join(' ') + '\n')

// The TLS of js-libp2p throws when a connection ends; the test judges by the lines printed.
process.on('uncaughtException', error => process.stderr.write(`${error}\n`))
process.on('unhandledRejection', error => process.stderr.write(`${error}\n`))

const node = await createLibp2p({
  addresses: { listen: role === 'listen' ? ['/ip4/127.0.0.1/tcp/0'] : [] },
  transports: [tcp()],
  connectionEncrypters: [security === 'tls' ? tls() : noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), ping: ping() }
})
node.addEventListener('connection:open', event => say('connected', event.detail.remotePeer))
if (role === 'listen') {
  say('listening', node.getMultiaddrs()[0])
} else {
  say('self', node.peerId)
  node.dial(multiaddr(address)).catch(error => say('failed', String(error).replaceAll('\n', ' ')))
}
