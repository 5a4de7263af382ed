// Pulling the figures of a large account at a provider that lets few requests through, across a crash.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, ok, shop } from './people.mjs'
import { eventually, start } from './product.mjs'

let product
let team
before(async () => {
  product = await start()
  team = await shop(product.url, 'Large account shop')
})
after(() => product?.stop())

const ask = (...what) => team.admin.ask(...what)

const ADS = 12
const DAYS = 40

/** An account at the practice provider, with a caller of its API. */
async function practiceAccount(name) {
  const redirect_uri = 'http://localhost:8787/connectors/callback'
  const code_verifier = 'v'.repeat(64)
  const origin = `${product.practiceUrl}/sandbox`
  const query = new URLSearchParams({
    client_id: 'adroit-practice', redirect_uri, response_type: 'code', scope: 'ads', state: 's', code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
  })
  const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  const allowed = await fetch(
    `${origin}/oauth/authorize?${query}`,
    form({ decision: 'allow', account: name, currency: 'EUR', time_zone: 'UTC' }),
  )
  const code = new URL(allowed.headers.get('location')).searchParams.get('code')
  const exchange = { grant_type: 'authorization_code', code, redirect_uri, code_verifier, client_id: 'adroit-practice', client_secret: 'adroit-practice-secret' }
  const token = (await (await fetch(`${origin}/oauth/token`, form(exchange))).json()).access_token
  const call = async (path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'adroit-version': '2026-11', 'content-type': 'application/json' }
    const answer = await fetch(`${origin}/v1/accounts${path}`, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) })
    assert.ok(answer.ok, `${path}: ${answer.status}`)
    return answer.json()
  }
  const { number } = (await call('')).accounts.map((one) => ({ number: one.id }))[0]
  const create = async (kind, body) => {
    await sleep(60) // twenty requests a second are let through
    return call(`/${number}/${kind}`, body)
  }
  return { number, create }
}

/** Requests for figures since then: those answered, by page; how many were refused; how long it has waited since. */
async function pages(account, since) {
  const [asked] = await product.practice('requests', undefined, `provider=sandbox&account=${account}`)
  const figures = asked.filter((one) => one.at >= since && one.path.includes('/insights'))
  const served = new Map()
  for (const one of figures.filter((one) => one.status === 200)) {
    const query = new URLSearchParams(one.path.split('?')[1])
    const page = `${query.get('level')} ${query.get('cursor') ?? 'first'}`
    served.set(page, (served.get(page) ?? 0) + 1)
  }
  const refused = figures.filter((one) => one.status === 429).length
  const last = figures.at(-1)
  return { served, refused, waits: last?.status === 429 ? Date.now() - last.at : 0 }
}

const sync = async (channel) => ok(await ask('POST', `/channels/${channel}/sync`, { body: { days: DAYS } }), 202)
const shown = async (channel, id) => ok(await ask('GET', `/channels/${channel}/syncs`)).rows.find((row) => row.id === id)
const ends = (channel, id, within) =>
  eventually(
    async () => {
      const pull = await shown(channel, id)
      assert.equal(pull.status, 'done', JSON.stringify(pull))
      return pull
    },
    { within },
  )

let account
let channel
test('an account with many ads is connected, and its days so far are pulled', async () => {
  const practice = await practiceAccount('Many ads')
  account = practice.number
  const campaign = await practice.create('campaigns', { name: 'C', objective: 'sales', status: 'active' })
  const set = await practice.create('ad_sets', { campaign_id: campaign.id, name: 'S', budget_daily: 9_000, status: 'active' })
  for (let n = 1; n <= ADS; n += 1) {
    await practice.create('ads', { ad_set_id: set.id, name: `Ad ${n}`, status: 'active', creative: { link: 'https://shop.test/' } })
  }
  await product.practice('clock', { days: DAYS + 5 }, `provider=sandbox&account=${account}`)
  channel = await connect(team.admin, 'sandbox', 'Many ads')
  const [first] = ok(await ask('GET', `/channels/${channel}/syncs`)).rows
  await ends(channel, first.id, 60_000)
})

test('where the provider lets few requests through, each page is fetched once and nothing is there twice', async () => {
  const since = Date.now()
  // Waits that are sat out, and one that is too long for that.
  const slow = (after, ms, times = 1) => ({ kind: 'rate_limited', path: '/insights', after, ms, times })
  const planned = [slow(2, 2_000), slow(5, 12_000), slow(9, 1_000, 3)]
  await product.practice('faults', { planned }, `provider=sandbox&account=${account}`)
  const pull = await ends(channel, (await sync(channel)).id, 120_000)
  await product.practice('faults', {}, `provider=sandbox&account=${account}`)

  const { served, refused } = await pages(account, since)
  // Those that were planned, and those of the provider's own limit, which a fast machine meets.
  assert.ok(refused >= 5, `${refused} refused`)
  assert.ok(served.size >= (ADS * DAYS) / 25, `${served.size} pages`)
  assert.deepEqual([...served].filter(([, times]) => times !== 1), [])
  // An ad and day is one row, whatever happened on the way.
  assert.ok(pull.rows > ADS * (DAYS - 2), `${pull.rows} rows`)
  const { rows } = ok(await ask('POST', '/query/run', { body: { sql: 'SELECT count(*) AS n FROM channel_insights' } }))
  assert.deepEqual(rows, [[pull.rows]])
})

test('after a crash a pull goes on at the page after the last one that was stored', async () => {
  const since = Date.now()
  const wait = { kind: 'rate_limited', path: '/insights', after: 8, ms: 9_000 }
  await product.practice('faults', { planned: [wait] }, `provider=sandbox&account=${account}`)
  const { id } = await sync(channel)
  // Longer than the provider's own limit makes anybody wait: this is the wait that was planned.
  await eventually(async () => assert.ok((await pages(account, since)).waits > 3_000), { within: 30_000 })
  assert.equal((await shown(channel, id)).status, 'running')
  const before = (await pages(account, since)).served.size
  await product.kill()
  await product.restart()
  // The queue's message went with the crash: the timetable takes the pull up, once nobody can be at it any more.
  await eventually(
    async () => {
      await product.scheduled('5 * * * *')
      await sleep(5_000)
      assert.equal((await shown(channel, id)).status, 'done')
    },
    { within: 120_000 },
  )
  const { served } = await pages(account, since)
  // The provider's own limit may refuse some of the eight before the wait: those pages are asked for after it.
  assert.ok(before > 0 && served.size > before, `${before} pages before, ${served.size} in all`)
  assert.deepEqual([...served].filter(([, times]) => times !== 1), [])
})

const health = async () => {
  const { rows } = ok(await ask('GET', '/channels'))
  const { status, last_error } = rows.find((row) => row.id === channel)
  return { status, last_error }
}
const there = () => `provider=sandbox&account=${account}`
const renewals = async (since) => {
  const [asked] = await product.practice('requests', undefined, there())
  return asked.filter((one) => one.at >= since && one.path.includes('/oauth/token')).map((one) => one.status)
}

test('a token that cannot be renewed for the moment is renewed later, and the pull goes on by itself', async () => {
  const since = Date.now()
  const planned = [{ kind: 'rate_limited', ms: 1_000 }, { kind: 'server_error' }].map((fault) => ({ ...fault, path: '/oauth/token' }))
  await product.practice('faults', { planned }, there())
  await product.practice('expire', {}, there())
  const { id } = await sync(channel)
  const seen = new Map()
  await eventually(
    async () => {
      const { status, last_error } = await health()
      seen.set(status, last_error)
      assert.equal((await shown(channel, id)).status, 'done')
    },
    { within: 90_000 },
  )
  assert.deepEqual([...seen.keys()].filter((status) => status !== 'connected'), ['failing'], JSON.stringify([...seen]))
  assert.match(seen.get('failing'), /HTTP (429|503|500)/)
  assert.deepEqual(await health(), { status: 'connected', last_error: '' })
  const tried = await renewals(since)
  assert.deepEqual([tried.length, tried[0], tried[1] >= 500, tried[2]], [3, 429, true, 200], 'one try after another, none twice')
})

test('a publication waits for the token, too', async () => {
  await product.practice('faults', { planned: [{ kind: 'server_error', path: '/oauth/token', times: 2 }] }, there())
  const creative = { headlines: ['Warm wool'], primary_text: 'Jumpers that stay.', call_to_action: 'SHOP_NOW' }
  const set = { name: 'Feed', channel_id: channel, budget_daily: 2_000, audience: { countries: ['DE'] }, ads: [{ name: 'Warm', creative }] }
  const document = { name: 'Autumn wool', objective: 'sales', landing_url: 'https://shop.test/wool', budget_total: 90_000, ad_sets: [set] }
  const campaign = ok(await ask('POST', '/campaigns', { body: document }), 201).id
  const asked = ok(await team.marketer.ask('POST', `/campaigns/${campaign}/submit`, { body: { reason: 'Autumn' } }), 201)
  ok(await team.approver.ask('POST', `/approvals/${asked.id}/approve`, { body: { snapshot_hash: asked.snapshot_hash } }))
  await product.practice('expire', {}, there())
  ok(await ask('POST', `/campaigns/${campaign}/publish`, { body: {} }), 202)
  let waited = false
  await eventually(
    async () => {
      const { status, publications } = ok(await ask('GET', `/campaigns/${campaign}`))
      waited ||= publications[0].progress.some((one) => /waits for the account's token/.test(one.text))
      assert.equal(status, 'live', JSON.stringify(publications))
    },
    { within: 90_000 },
  )
  assert.ok(waited, 'it never had to wait; the test proves nothing')
  assert.notEqual((await health()).status, 'needs_reauth')
})

test('a renewal that is refused is for a person', async () => {
  // The provider renewed, its answer was lost, and the refresh token works once: only a person can connect again.
  await product.practice('faults', { planned: [{ kind: 'lost_after', path: '/oauth/token' }] }, there())
  await product.practice('expire', {}, there())
  const { id } = await sync(channel)
  await eventually(async () => assert.equal((await shown(channel, id)).status, 'failed'), { within: 60_000 })
  const { status, last_error } = await health()
  assert.equal(status, 'needs_reauth')
  assert.match(last_error, /refused the sign-in/)
})
