// The running product as a test talks to it: a signed-in API, a sender of events, and patience.
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEMO, startRuntime } from '../tools/testing.mjs'

export const { site, secret } = DEMO
export const login = { email: DEMO.email, password: DEMO.password }

export async function start(options) {
  const runtime = await startRuntime(options)
  const { url } = runtime
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
  return { ...runtime, api, send }
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

/**
 * Work on the product's own database, for what no screen writes (what providers have reported, what somebody who goes
 * round the product would do) and for counting rows. Only while the runtime is down, for it keeps the files open: so it
 * is killed before and started again afterwards. `work` is given the database and the demo's tenant.
 */
export async function offline(product, work) {
  await product.kill()
  const db = database(product)
  try {
    return work(db, db.prepare('SELECT tenant_id FROM sites WHERE key = ?').get(site).tenant_id)
  } finally {
    db.close()
    await product.restart()
  }
}

function database(product) {
  const folder = path.join(product.state, 'v3/d1/miniflare-D1DatabaseObject')
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.sqlite'))) {
    const db = new DatabaseSync(path.join(folder, file))
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sites'").get()) return db
    db.close()
  }
  throw new Error('no database with sites')
}

export const day = (ms = Date.now()) => new Date(ms).toISOString().slice(0, 10)
