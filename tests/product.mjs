// Starting the running product for a test: its own port, its own empty state, ended with the test.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const xtask = process.env.ADROIT_XTASK ?? 'target/debug/xtask'

export const login = { email: 'admin@demo.test', password: 'adroit-demo' }
export const site = 'demo-site'
export const secret = 'demo-site-secret'

// A port whose neighbour is free too: the runtime takes both.
async function freePort() {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 20000)
    const free = await Promise.all(
      [port, port + 1].map(
        (candidate) =>
          new Promise((resolve) => {
            const server = createServer()
            server.once('error', () => resolve(false))
            server.listen(candidate, '127.0.0.1', () => server.close(() => resolve(true)))
          }),
      ),
    )
    if (free.every(Boolean)) return port
  }
}

export async function start() {
  const state = await mkdtemp(join(tmpdir(), 'adroit-test-'))
  const port = await freePort()
  const env = { ...process.env, ADROIT_STATE: state, ADROIT_PORT: String(port) }
  await run(xtask, ['dev', '--detach', '--no-demo'], { env, maxBuffer: 1 << 26 })
  const url = `http://localhost:${port}`
  let token
  const api = async (path, init = {}) => {
    if (!token) {
      const answer = await fetch(`${url}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(login),
      })
      token = (await answer.json()).token
    }
    const answer = await fetch(url + path, {
      ...init,
      headers: { accept: 'application/json', authorization: `Bearer ${token}`, ...init.headers },
    })
    const text = await answer.text()
    return { status: answer.status, body: text ? JSON.parse(text) : null }
  }
  const send = async (body, headers = {}, path = '/attribution/collect') => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : null }
  }
  return {
    url,
    api,
    send,
    stop: async () => {
      await run(xtask, ['stop'], { env })
      await rm(state, { recursive: true, force: true })
    },
  }
}

// Asks again until the answer satisfies; an assertion error of the last try tells what was missing.
export async function eventually(check, { within = 15000 } = {}) {
  const end = Date.now() + within
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(200)
    }
  }
}

export const day = (ms = Date.now()) => new Date(ms).toISOString().slice(0, 10)
