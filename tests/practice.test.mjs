// The practice provider as a browser and a connector meet it: signing in, tokens, faults and days that pass.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startRuntime } from '../tools/testing.mjs'

let runtime
before(async () => {
  runtime = await startRuntime()
})
after(() => runtime?.stop())

const app = { client_id: 'adroit-practice', client_secret: 'adroit-practice-secret' }
const redirect_uri = 'http://localhost:8787/connectors/callback?kept=1'
const code_verifier = 'v'.repeat(64)
const form = (fields, headers = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams(fields).toString(),
  redirect: 'manual',
})

/** Where each provider has what, and what its tokens are used with. */
const PROVIDERS = {
  meta: { authorize: '/v25.0/dialog/oauth', token: '/v25.0/oauth/access_token', read: '/v25.0/me/adaccounts', headers: {} },
  google_ads: {
    authorize: '/o/oauth2/v2/auth', token: '/token', read: '/v25/customers:listAccessibleCustomers',
    headers: { 'developer-token': 'practice' },
  },
  klaviyo: { authorize: '/oauth/authorize', token: '/oauth/token', read: '/api/lists', headers: { revision: '2026-07-15' } },
  sandbox: { authorize: '/oauth/authorize', token: '/oauth/token', read: '/v1/accounts', headers: { 'adroit-version': '2026-11' } },
}

function signIn(provider) {
  const query = new URLSearchParams({
    client_id: app.client_id, redirect_uri, response_type: 'code', scope: 'ads_read', state: 'st', access_type: 'offline',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'), code_challenge_method: 'S256',
  })
  return `${runtime.practiceUrl}/${provider}${PROVIDERS[provider].authorize}?${query}`
}

/** Allows, and exchanges the code: the token and how to call with it. */
async function connect(provider, account) {
  const { token, headers } = PROVIDERS[provider]
  const answer = await fetch(signIn(provider), form({ decision: 'allow', account, currency: 'EUR', time_zone: 'Europe/Berlin' }))
  assert.equal(answer.status, 303)
  const back = new URL(answer.headers.get('location'))
  assert.equal(`${back.origin}${back.pathname}`, 'http://localhost:8787/connectors/callback')
  assert.deepEqual([back.searchParams.get('kept'), back.searchParams.get('state')], ['1', 'st'])
  const basic = { authorization: `Basic ${Buffer.from(`${app.client_id}:${app.client_secret}`).toString('base64')}` }
  const exchange = form(
    { grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri, code_verifier, ...app },
    provider === 'klaviyo' ? basic : {},
  )
  const address = `${runtime.practiceUrl}/${provider}${token}`
  const given = await (await fetch(address, exchange)).json()
  assert.ok(given.access_token, JSON.stringify(given))
  const call = (path, options = {}) =>
    fetch(`${runtime.practiceUrl}/${provider}${path}`, {
      ...options,
      headers: { authorization: `Bearer ${given.access_token}`, ...headers, ...options.headers },
    })
  return { call, exchange: () => fetch(address, exchange) }
}

for (const provider of Object.keys(PROVIDERS)) {
  test(`${provider}: a person allows or denies, a code works once, an expired token is refused`, async () => {
    const page = await fetch(signIn(provider))
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-security-policy'), /frame-ancestors 'none'/)
    const html = await page.text()
    for (const word of ['Practice account', 'ads_read', 'Allow', 'Deny']) assert.ok(html.includes(word), word)

    const denied = await fetch(signIn(provider), form({ decision: 'deny' }))
    assert.equal(new URL(denied.headers.get('location')).searchParams.get('error'), 'access_denied')

    const { call, exchange } = await connect(provider, `Shop ${provider}`)
    const { read } = PROVIDERS[provider]
    assert.equal((await call(read)).status, 200)
    await runtime.practice('expire', {}, `provider=${provider}`)
    assert.equal((await call(read)).status, 401)
    assert.equal((await exchange()).status, 400)
  })
}

test('a sign-in that is wrong is shown to the person and leads nowhere', async () => {
  for (const change of [['client_id', 'stranger'], ['redirect_uri', 'http://evil.example/'], ['response_type', 'token']]) {
    const url = new URL(signIn('meta'))
    url.searchParams.set(...change)
    const answer = await fetch(url, form({ decision: 'allow', account: 'X' }))
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], change[0])
  }
})

test('one name is one account at a provider, another name another', async () => {
  const ids = []
  for (const name of ['North', 'North', 'South']) {
    const { call } = await connect('sandbox', name)
    ids.push((await (await call('/v1/accounts')).json()).accounts[0].id)
  }
  assert.equal(ids[0], ids[1])
  assert.notEqual(ids[0], ids[2])
})

test('days pass, figures follow, and a lost answer leaves what it did', async () => {
  const { call } = await connect('sandbox', 'Days')
  const id = (await (await call('/v1/accounts')).json()).accounts[0].id
  const create = async (kind, body) => {
    const answer = await call(`/v1/accounts/${id}/${kind}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    return { status: answer.status, body: answer.status < 300 ? await answer.json() : null }
  }
  const campaign = (await create('campaigns', { name: 'C', objective: 'sales', status: 'active' })).body
  const set = (await create('ad_sets', { campaign_id: campaign.id, name: 'S', budget_daily: 4000, status: 'active' })).body
  await create('ads', { ad_set_id: set.id, name: 'A', status: 'active', creative: { link: 'https://shop.test/' } })
  await runtime.practice('clock', { days: 5 }, `account=${id}`)

  const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
  const { rows } = await (await call(`/v1/accounts/${id}/insights?level=ad&from=${day(6)}&to=${day(0)}`)).json()
  assert.ok(rows.length >= 5, `${rows.length} days`)
  for (const row of rows) assert.ok(row.spend_micros > 0 && row.spend_micros <= 40_000_000, JSON.stringify(row))

  await runtime.practice('faults', { planned: [{ kind: 'lost_after', method: 'POST' }] }, `account=${id}`)
  assert.equal((await create('campaigns', { name: 'Lost', objective: 'sales' })).status, 504)
  const found = await (await call(`/v1/accounts/${id}/campaigns?name=Lost`)).json()
  assert.equal(found.items.length, 1)
})
