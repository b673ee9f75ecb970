// The streams of the interop test, as js-libp2p answers and opens them. JsStreams.java is the other half.
//   /test/echo    sends back what comes, and ends when the input has ended
//   /test/upload  the opener sends and ends its direction; only then comes the digest of it all
//   /test/serve   the listener sends and ends its direction; only then comes the opener's digest
//   /test/reset   is reset by the listener at the first byte
import { createCipheriv, createHash } from 'node:crypto'

const CHUNK = 64 * 1024
const SERVED = 1 << 20

/** Sends bytes drawn from the seed no faster than the stream takes them; returns their digest. */
async function send (stream, bytes, seed) {
  const random = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  const digest = createHash('sha256')
  for (let left = bytes; left > 0;) {
    const piece = random.update(Buffer.alloc(Math.min(left, CHUNK)))
    digest.update(piece)
    left -= piece.length
    if (!stream.send(piece)) {
      await stream.onDrain()
    }
  }
  return digest.digest('hex')
}

/** Hands every piece that comes to take; resolves at the end of the input, which a reset is not. */
function receive (stream, take) {
  return new Promise((resolve, reject) => {
    stream.addEventListener('end', () => ['open', 'closing', 'closed'].includes(stream.status) && resolve())
    stream.addEventListener('close', event => event.error && reject(event.error))
    stream.addEventListener('message', event => take(event.data.subarray()))
  })
}

async function digestOf (stream) {
  const digest = createHash('sha256')
  await receive(stream, piece => digest.update(piece))
  return digest.digest('hex')
}

async function textOf (stream) {
  let text = ''
  await receive(stream, piece => { text += Buffer.from(piece).toString() })
  return text
}

function echo (stream) {
  // A paused js-libp2p stream still takes the whole window, 16 MiB, but resets beyond 4 MiB.
  stream.maxReadBufferLength = 17 << 20
  stream.addEventListener('drain', () => stream.readStatus === 'paused' && stream.resume())
  return receive(stream, piece => {
    if (!stream.send(piece)) {
      stream.pause()
    }
  })
}

/** Answers by protocol; each gets the stream and a way to tell the test. */
export const answers = {
  '/test/echo': async (stream) => {
    await echo(stream)
    await stream.close()
  },
  '/test/upload': async (stream) => {
    stream.send(Buffer.from(await digestOf(stream)))
    await stream.close()
  },
  '/test/serve': async (stream, say) => {
    const heard = textOf(stream)
    heard.catch(error => say('ended', error.name))
    const sent = await send(stream, SERVED, 3)
    await stream.close()
    say('served', sent, await heard)
  },
  '/test/reset': (stream) => {
    stream.addEventListener('message', () => stream.abort(new Error('by the test')))
  }
}

/** What the test can ask for; each returns the words of its answer. */
export const commands = {
  ping: async (node, connection) => ['pinged', await node.services.ping.ping(connection.remotePeer)],
  echo: async (_, connection, bytes) => {
    const stream = await connection.newStream('/test/echo')
    const received = digestOf(stream)
    const sent = await send(stream, Number(bytes), 1)
    await stream.close()
    return ['echoed', sent, await received]
  },
  upload: async (_, connection, bytes) => {
    const stream = await connection.newStream('/test/upload')
    const answer = textOf(stream)
    const sent = await send(stream, Number(bytes), 2)
    await stream.close()
    return ['uploaded', sent, await answer]
  },
  fetch: async (_, connection) => {
    const stream = await connection.newStream('/test/serve')
    const digest = await digestOf(stream)
    stream.send(Buffer.from(digest))
    await stream.close()
    return ['fetched', digest]
  },
  provoke: async (_, connection) => {
    const stream = await connection.newStream('/test/reset')
    const end = digestOf(stream).then(() => 'finished', error => error.name)
    stream.send(Buffer.alloc(1))
    return ['ended', await end]
  },
  abandon: async (_, connection) => {
    const stream = await connection.newStream('/test/serve')
    await new Promise(resolve => stream.addEventListener('message', resolve, { once: true }))
    stream.abort(new Error('by the test'))
    return ['abandoned', stream.status]
  },
  unknown: async (_, connection) => {
    await connection.newStream('/no/such/1')
    return ['opened', 'it']
  }
}
