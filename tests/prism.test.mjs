// Every request the code can make for Meta, Google Ads and Klaviyo is sent to a mock of the provider's own API
// description (Prism), which refuses what does not fit: none of ours, and every one of the seeded mistakes. Prism looks
// at the shape of requests only; behaviour is tested against the practice provider. Skipped, visibly, where the
// descriptions are not beside this project.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const specs = join(root, '../shared/specs')
const prism = join(root, 'tools/node_modules/@stoplight/prism-cli/dist/index.js')
const providers = {
  // The description's paths begin behind the version.
  meta: { spec: join(specs, 'meta/meta_graph.v25.prism.json'), prefix: '/v25.0' },
  google_ads: { spec: join(specs, 'google_ads/google_ads.v25.prism.json'), prefix: '' },
  klaviyo: { spec: join(specs, 'klaviyo/klaviyo.trim.prism.json'), prefix: '' },
}
const missing = [prism, ...Object.values(providers).map(({ spec }) => spec)].find((file) => !existsSync(file))
const skip = missing ? `${missing} is not there` : false

const lines = (...args) =>
  execFileSync('cargo', ['run', '-q', '-p', 'connector', '--example', 'requests', '--', ...args], {
    cwd: root,
    maxBuffer: 64 << 20,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

let requests, mistakes
before(() => {
  if (skip) return
  requests = lines()
  mistakes = lines('--mistakes')
})

function freePort() {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

let mock
after(() => mock?.kill())

async function start(spec) {
  const port = await freePort()
  mock = spawn(process.execPath, [prism, 'mock', '-h', '127.0.0.1', '-p', String(port), spec], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 600; tries += 1) {
    if (mock.exitCode !== null) throw new Error(`Prism ended with ${mock.exitCode}`)
    try {
      await fetch(url)
      return url
    } catch {
      await sleep(100)
    }
  }
  throw new Error('Prism did not start within a minute')
}

async function stop() {
  const gone = new Promise((resolve) => mock.once('exit', resolve))
  mock.kill()
  await gone
}

async function send(base, prefix, { method, url, headers, body }) {
  const { pathname, search } = new URL(url)
  const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : pathname
  const answer = await fetch(base + path + search, { method, headers, body: body || undefined })
  return { status: answer.status, text: await answer.text() }
}

for (const [provider, { spec, prefix }] of Object.entries(providers)) {
  test(`${provider}: every request is taken, every mistake is refused`, { skip, timeout: 600_000 }, async (t) => {
    const base = await start(spec)
    try {
      const ours = requests.filter((request) => request.provider === provider)
      const refused = []
      for (const request of ours) {
        const answer = await send(base, prefix, request)
        if (answer.status >= 300) {
          refused.push(`${request.purpose}: ${answer.status} ${answer.text.slice(0, 400)}\n  ${request.body}`)
        }
      }
      const seeded = mistakes.filter((mistake) => mistake.provider === provider)
      const taken = []
      for (const mistake of seeded) {
        const answer = await send(base, prefix, mistake)
        if (answer.status < 400 || answer.status >= 500) {
          taken.push(`${mistake.purpose}, ${mistake.mistake}: ${answer.status}`)
        }
      }
      t.diagnostic(
        `${provider}: ${ours.length} distinct requests validated, ${refused.length} rejected; ` +
          `${seeded.length - taken.length} of ${seeded.length} mistakes caught`,
      )
      assert.ok(ours.length >= 50, `${ours.length} requests`)
      assert.deepEqual(refused, [])
      assert.ok(seeded.length >= 20, `${seeded.length} mistakes`)
      assert.deepEqual(taken, [])
    } finally {
      await stop()
    }
  })
}
