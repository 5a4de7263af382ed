// Who may call what: every operation of the OpenAPI document against nobody, each role, an API key with one scope, and
// the admin of another tenant who knows this tenant's ids. What is added to the document is walked without being added
// here. Then the attacks that need more than a path: ids of the other tenant in bodies, queries and headers.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { asker, bearer, connect, invite, may, PEOPLE_ONLY, ROLES, shop, TABLE } from './people.mjs'
import { eventually, start } from './product.mjs'

let product
let ours
let theirs
let routes
let key
let narrow
const made = {}
const SCOPE = 'read_analytics'
const visitor = randomUUID()

before(async () => {
  product = await start()
  ours = await shop(product.url, 'Shop of ours')
  theirs = await shop(product.url, 'Shop of theirs', 'USD')
  const document = (await asker(product.url)('GET', '/openapi.json')).body
  routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
      permission: operation['x-permission'],
      person: operation['x-caller'] === 'person',
    })),
  )
  await makeThings()
})
after(() => product?.stop())

const has = (method, path) => routes.some((route) => route.method === method && route.path === path)

/** Makes one of each thing this knows how to make, so that foreign ids are ids of something. */
async function makeThings() {
  const admin = ours.admin
  const keep = (name, answer) => {
    assert.ok(answer.status >= 200 && answer.status < 300, `${name}: ${answer.status} ${answer.text}`)
    made[name] = answer.body
    return answer.body
  }
  const hit = { event: 'pageview', sid: visitor, url: 'https://shop.test/' }
  assert.equal((await product.send(hit, { origin: 'https://shop.test' }, `/collect?site=${ours.site.key}`)).status, 204)
  await eventually(async () => assert.equal((await admin.ask('GET', `/journeys/v:${visitor}`)).status, 200))
  key = keep('api-keys', await admin.ask('POST', '/api-keys', { body: { name: 'Narrow', role: 'admin', scopes: [SCOPE] } }))
  narrow = asker(product.url, bearer(key.key))
  made.invitations = await invite(admin, `late-${randomUUID()}@shop.test`, 'analyst')
  const csv = 'date,source,spend\n2026-11-01,google,1.00\n'
  keep('imports', await admin.ask('POST', '/imports/ad-spend', { headers: { 'content-type': 'text/csv' }, body: csv }))
  keep('runs', await admin.ask('POST', '/agents/run', { body: { agent: 'analyst', context: {} } }))
  made.channels = { id: await connect(admin, 'sandbox', `Practice of ours ${visitor}`) }
  if (has('POST', '/calendar')) {
    keep('calendar', await admin.ask('POST', '/calendar', { body: { kind: 'note', title: 'Sale', at: Date.now() + 86_400_000 } }))
  }
  if (has('POST', '/assets')) {
    const image = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    keep('assets', await admin.ask('POST', '/assets?title=Dot&alt=A+dot', { headers: { 'content-type': 'image/png' }, body: image }))
  }
  if (has('POST', '/experiments')) {
    const variants = [{ key: 'plain', name: 'Plain' }, { key: 'bold', name: 'Bold' }]
    keep('experiments', await admin.ask('POST', '/experiments', { body: { key: 'banner', name: 'Banner', metric: 'purchase', variants } }))
  }
  if (has('POST', '/attribution/holdouts')) {
    const design = { channel: 'Email', kind: 'time', from: '2026-10-01', to: '2026-10-07' }
    keep('holdouts', await admin.ask('POST', '/attribution/holdouts', { body: { name: 'A week without', design } }))
  }
  if (has('POST', '/campaigns')) {
    const answer = await admin.ask('POST', '/campaigns', { body: withAdSet(made.channels.id) })
    if (answer.status < 300) made.campaigns = answer.body
    else console.log(`# no campaign of ours: ${answer.status} ${answer.text}`)
  }
}

/** A campaign's document that needs nothing else: no channel, so no ad set. */
const plan = (more = {}) => ({
  name: 'Autumn',
  objective: 'sales',
  currency: 'EUR',
  budget_total: null,
  start_at: null,
  end_at: null,
  landing_url: 'https://shop.test/autumn',
  utm_campaign: `autumn-${randomUUID().slice(0, 8)}`,
  ad_sets: [],
  ...more,
})

/** The id of ours that fits a path's parameter; a random one where nothing of that kind was made. */
function known(path, parameter) {
  if (parameter === 'person') return `v:${visitor}`
  if (parameter === 'type') return 'sandbox'
  if (parameter === 'user_id') return ours.marketer.user.id
  const before = path.slice(0, path.indexOf(`{${parameter}}`)).split('/').filter((part) => part && !part.startsWith('{'))
  const kind = before.at(-1)
  made[kind] ??= { id: randomUUID() }
  return made[kind].id
}

const fill = (path, value) => path.replace(/\{([^}]+)\}/g, (_, parameter) => encodeURIComponent(value(parameter)))
const unknown = (parameter) => ({ type: 'sandbox', person: `v:${randomUUID()}` })[parameter] ?? randomUUID()
const random = (path) => fill(path, unknown)

/** The body of a request that gets past reading: an empty form, or a few bytes of the declared type. */
function sample({ method, operation }) {
  if (method === 'GET' || method === 'DELETE') return {}
  const kinds = Object.keys(operation.requestBody?.content ?? {})
  if (kinds.length === 0) return {}
  if (kinds.some((kind) => kind.endsWith('json'))) return { body: {} }
  return { headers: { 'content-type': kinds[0] }, body: 'x' }
}

const send = (ask, route, path) => ask(route.method, path, { ...sample(route), keepReading: false })

test('the permission table is the one that is promised', async () => {
  for (const role of ROLES) {
    const { permissions } = (await ours[role].ask('GET', '/me')).body
    assert.deepEqual(permissions.sort(), Object.keys(TABLE).filter((permission) => may(role, permission)).sort(), role)
  }
  const { permissions } = (await narrow('GET', '/me')).body
  assert.equal(permissions, undefined, 'a key that may only read analytics may not even read the account')
})

test('every operation answers every kind of caller as it declares', async () => {
  let cases = 0
  const leaks = []
  const broken = []
  const expect = (route, who, answer, allowed, refusal) => {
    cases += 1
    const told = `${route.method} ${route.path} by ${who}: ${answer.status} ${answer.text.slice(0, 200)}`
    if (answer.status >= 500) broken.push(told)
    else if (allowed ? [401, 403].includes(answer.status) : answer.status !== refusal) leaks.push(told)
  }
  for (const route of routes) {
    const open = route.permission === 'open'
    assert.ok(open || route.permission === 'signed_in' || route.permission in TABLE, `${route.method} ${route.path} declares ${route.permission}`)
    const nobody = asker(product.url)
    // What is open decides by what the body shows: its refusals are its own. What asks for no more than a session is a
    // door of other agents: each call behind it goes on to a route with a permission of its own.
    const allowed = (role) => route.permission === 'signed_in' || may(role, route.permission)
    if (open) {
      const answer = await send(nobody, route, random(route.path))
      cases += 1
      if (answer.status >= 500) broken.push(`${route.method} ${route.path} by nobody: ${answer.status} ${answer.text}`)
      continue
    }
    expect(route, 'nobody', await send(nobody, route, random(route.path)), false, 401)
    expect(route, 'a forged token', await send(asker(product.url, bearer('e30.e30.e30')), route, random(route.path)), false, 401)
    expect(route, 'an unknown key', await send(asker(product.url, bearer('adk_nobody')), route, random(route.path)), false, 401)
    for (const role of ROLES) {
      // Random ids: what a role may do, it would do.
      const answer = await send(ours[role].ask, route, random(route.path))
      expect(route, role, answer, allowed(role), 403)
    }
    const keyMay = ['signed_in', SCOPE].includes(route.permission) && !route.person
    expect(route, 'a narrow key', await send(narrow, route, random(route.path)), keyMay, 403)
  }
  console.log(`${routes.length} routes, ${cases} cases, ${leaks.length} leaks`)
  assert.deepEqual(leaks, [])
  assert.deepEqual(broken, [])
})

test('the admin of another tenant cannot tell our ids from ids of nothing', async () => {
  let cases = 0
  const leaks = []
  const before = await everythingOfOurs()
  for (const route of routes) {
    // A chat's id is the client's own and names nothing here: there is never anything to resume.
    // A provider's type is no id of anybody's, and a chat that is not there streams nothing, whoever asks.
    if (route.permission === 'open' || !route.path.replaceAll('{type}', '').includes('{') || route.path === '/chat/{id}/stream') continue
    const [seen, expected] = await Promise.all(
      [(parameter) => known(route.path, parameter), unknown].map(async (value) => {
        const values = []
        const path = fill(route.path, (parameter) => values[values.push(value(parameter)) - 1])
        const answer = await send(theirs.admin.ask, route, path)
        cases += 1
        const text = values.reduce((rest, id) => rest.replaceAll(encodeURIComponent(id), 'ID').replaceAll(id, 'ID'), answer.text)
        return `${answer.status} ${text}`
      }),
    )
    if (seen !== expected || seen.startsWith('2')) leaks.push(`${route.method} ${route.path}: ${seen} instead of ${expected}`)
  }
  assert.deepEqual(await everythingOfOurs(), before, 'something of ours was changed')
  console.log(`${cases} requests with ids of another tenant, ${leaks.length} leaks`)
  assert.deepEqual(leaks, [])
})

/** What our admin sees, as far as a request alone does not change it. */
async function everythingOfOurs() {
  const seen = {}
  for (const { method, path, operation } of routes) {
    const required = (operation.parameters ?? []).some((parameter) => parameter.required && parameter.in === 'query')
    const stream = JSON.stringify(operation.responses).includes('text/event-stream')
    if (method !== 'GET' || stream || required || ['/audit', '/audit/verify', '/agents/runs', '/api-keys'].includes(path)) continue
    if (/^\/(analytics|attribution|kpis|healthz|openapi|query)/.test(path) || path.includes('oauth')) continue
    const real = fill(path, (parameter) => known(path, parameter))
    if (path.includes('{') && !(await ours.admin.ask('GET', real)).text.includes(real.split('/').at(-1))) continue
    const answer = await ours.admin.ask('GET', real)
    if (answer.status === 404) continue
    // What goes on by itself, and at five past the hour the figures are pulled.
    if (['/imports', '/agents/runs', '/channels/{id}/syncs'].some((own) => path.startsWith(own))) seen[path] = answer.status
    else seen[path] = answer.text.replaceAll(/"(last_sync_at|synced_through)":[^,}]+/g, '')
  }
  return seen
}

test('no answer to another tenant holds anything of ours', async () => {
  const marks = [
    ours.tenant.id,
    ours.site.key,
    'Shop of ours',
    ...ROLES.flatMap((role) => [ours[role].user.id, ours[role].email]),
    ...Object.values(made).map((thing) => thing.id),
  ].filter(Boolean)
  let read = 0
  for (const { method, path, permission, operation } of routes) {
    if (method !== 'GET' || path.includes('{') || permission === 'open') continue
    if (JSON.stringify(operation.responses).includes('text/event-stream')) continue
    for (const query of ['', `?site=${ours.site.key}`]) {
      const answer = await theirs.admin.ask('GET', path + query)
      read += 1
      const text = query ? answer.text.replaceAll(ours.site.key, '') : answer.text
      for (const mark of marks) assert.ok(!text.includes(mark), `GET ${path}${query} shows ${mark}: ${answer.text}`)
      const filters = (operation.parameters ?? []).some((parameter) => parameter.name === 'site')
      if (!query || !filters) continue
      const none = await theirs.admin.ask('GET', `${path}?site=no-such-site`)
      const told = `GET ${path}${query}: ${answer.status} ${answer.text}`
      assert.ok(answer.status >= 400, told)
      assert.equal(answer.text.replaceAll(ours.site.key, 'SITE'), none.text.replaceAll('no-such-site', 'SITE'), told)
    }
  }
  assert.ok(read > 20, `${read} lists were read`)
})

test('the doors of other agents show a narrow key nothing that it may not read by the front door', async () => {
  const marks = Object.values(made).map((thing) => thing.id)
  for (const route of routes.filter((one) => one.permission === 'signed_in' && one.method === 'GET')) {
    for (const value of [unknown, () => made.runs.id]) {
      const path = fill(route.path, value)
      const answer = await send(narrow, route, path)
      const text = answer.text.replaceAll(path.split('/').at(-1), '')
      for (const mark of marks) assert.ok(!text.includes(mark), `GET ${path} shows ${mark}: ${answer.text}`)
      if (route.path.includes('{')) assert.ok(answer.status >= 400 || answer.status === 204, `GET ${path}: ${answer.status} ${answer.text}`)
    }
  }
  // What a tool would change, it changes only for whoever may.
  if (!has('POST', '/mcp')) return
  const call = (name, args) =>
    narrow('POST', '/mcp', {
      headers: { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' },
      body: { jsonrpc: '2.0', id: 1, method: name, params: args },
    })
  const listed = await call('tools/list', {})
  for (const tool of listed.body?.result?.tools ?? []) {
    const route = routes.find((one) => one.operation['x-tool']?.name === tool.name)
    assert.ok(!route || ['open', 'signed_in', SCOPE].includes(route.permission), `a narrow key is offered ${tool.name}`)
  }
  const before = (await ours.admin.ask('GET', '/agents/runs')).body.rows.length
  for (const { operation } of routes.filter((one) => one.operation['x-tool'] && ![SCOPE, 'open'].includes(one.permission))) {
    const answer = await call('tools/call', { name: operation['x-tool'].name, arguments: { agent: 'analyst' } })
    const refused = answer.body?.error || answer.body?.result?.isError
    assert.ok(answer.status >= 400 || refused, `${operation['x-tool'].name}: ${answer.text}`)
  }
  assert.equal((await ours.admin.ask('GET', '/agents/runs')).body.rows.length, before)
})

test('a sign-in at a provider comes back only to whoever began it', async () => {
  const begin = async () => (await ours.admin.ask('POST', '/channels/sandbox/connect', { body: {} })).body.authorize_url
  for (const stranger of [theirs.admin, ours.marketer]) {
    const state = new URL(await begin()).searchParams.get('state')
    const answer = await stranger.ask('GET', `/connectors/sandbox/oauth/callback?state=${state}&code=stolen`)
    assert.match(answer.headers.get('location') ?? '', /failed=/, answer.text)
  }
  assert.deepEqual((await theirs.admin.ask('GET', '/channels')).body.rows, [])
})

test('nobody enters a tenant they do not belong to', async () => {
  const nobody = asker(product.url)
  const refused = await theirs.admin.ask('POST', '/auth/switch', { body: { tenant_id: ours.tenant.id } })
  const unknown = await theirs.admin.ask('POST', '/auth/switch', { body: { tenant_id: randomUUID() } })
  assert.deepEqual([refused.status, refused.body.detail], [404, unknown.body.detail])
  const login = { email: theirs.admin.email, password: 'a password for tests', tenant: ours.tenant.id }
  assert.equal((await nobody('POST', '/auth/login', { body: login })).status, 401)
  // A token whose tenant was exchanged has no valid signature.
  const [head, claims, signature] = theirs.admin.token.split('.')
  const changed = JSON.parse(Buffer.from(claims, 'base64url'))
  changed.tid = ours.tenant.id
  const forged = [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.')
  assert.equal((await asker(product.url, bearer(forged))('GET', '/me')).status, 401)
})

test('a key of one tenant reads that tenant only, and no other tenant can revoke it', async () => {
  const wide = (await theirs.admin.ask('POST', '/api-keys', { body: { name: 'Wide', role: 'admin', scopes: ['read_account', 'read_imports'] } })).body
  const ask = asker(product.url, bearer(wide.key))
  assert.equal((await ask('GET', '/me')).body.tenant.id, theirs.tenant.id)
  assert.equal((await ask('GET', `/imports/${made.imports.id}`)).status, 404)
  assert.equal((await ours.admin.ask('DELETE', `/api-keys/${wide.id}`)).status, 404)
  assert.equal((await ask('GET', '/me')).status, 200)
  for (const permission of PEOPLE_ONLY) {
    const body = { name: 'Greedy', role: 'admin', scopes: [permission] }
    const answer = await ours.admin.ask('POST', '/api-keys', { body })
    assert.deepEqual([answer.status, answer.body.errors[0].field], [422, '/scopes/0'], permission)
  }
})

test('an Idempotency-Key means nothing to another tenant and to another person', async () => {
  const headers = { 'idempotency-key': `shared-${randomUUID()}` }
  const body = { email: `same-${randomUUID()}@shop.test`, role: 'analyst' }
  const first = await ours.admin.ask('POST', '/team/invitations', { headers, body })
  assert.equal(first.status, 201)
  const again = await ours.admin.ask('POST', '/team/invitations', { headers, body })
  assert.deepEqual([again.status, again.text, again.headers.get('idempotency-replayed')], [201, first.text, 'true'])
  for (const stranger of [theirs.admin, ours.creator]) {
    const answer = await stranger.ask('POST', '/team/invitations', { headers, body })
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('idempotency-replayed'), null)
    assert.notEqual(answer.body.link, first.body.link)
  }
})

// ── attacks on what a tenant plans: each runs once its routes are there, and says so until then ──────────────────

const once = (what, needed, attack) =>
  test(what, (t) => (needed.every(([method, path]) => has(method, path)) ? attack() : t.skip(`needs ${needed.map((pair) => pair.join(' ')).join(', ')}`)))

const withAdSet = (channel, images = []) =>
  plan({
    ad_sets: [
      {
        name: 'Feed',
        channel_id: channel,
        channel: 'sandbox',
        audience: { countries: ['DE'] },
        budget_daily: 1000,
        ads: [{ name: 'Photo', creative: { headlines: ['Wool'], primary_text: 'Wool', image_asset_ids: images } }],
      },
    ],
  })

once('a campaign cannot run on another tenant’s channel', [['POST', '/campaigns'], ['POST', '/channels/{type}/connect']], async () => {
  const [real, none] = [withAdSet(made.channels.id), withAdSet(randomUUID())]
  const [one, other] = [await theirs.admin.ask('POST', '/campaigns', { body: real }), await theirs.admin.ask('POST', '/campaigns', { body: none })]
  assert.ok(one.status >= 400, one.text)
  assert.deepEqual([one.status, one.body.errors?.[0]?.field], [other.status, other.body.errors?.[0]?.field])
})

once('a campaign cannot show another tenant’s image', [['POST', '/campaigns'], ['POST', '/assets']], async () => {
  const channel = await connect(theirs.admin, 'sandbox', `Practice of theirs ${visitor}`, 'USD')
  const ids = [made.assets.id, randomUUID()]
  const answers = await Promise.all(ids.map((id) => theirs.admin.ask('POST', '/campaigns', { body: withAdSet(channel, [id]) })))
  for (const answer of answers) assert.ok(answer.status >= 400, answer.text)
  assert.deepEqual(...answers.map((answer) => [answer.status, answer.body.errors?.[0]?.field]))
})

once('an ETag of ours opens nothing to another tenant', [['PUT', '/campaigns/{id}'], ['POST', '/campaigns']], async () => {
  const own = await ours.admin.ask('GET', `/campaigns/${made.campaigns.id}`)
  const headers = { 'if-match': own.headers.get('etag') }
  const answer = await theirs.admin.ask('PUT', `/campaigns/${made.campaigns.id}`, { headers, body: plan({ currency: 'USD' }) })
  assert.equal(answer.status, 404, answer.text)
  assert.equal((await ours.admin.ask('GET', `/campaigns/${made.campaigns.id}`)).headers.get('etag'), own.headers.get('etag'))
})

once('an approval is asked for, decided and seen in its own tenant, by two people', [['POST', '/campaigns/{id}/submit'], ['POST', '/approvals/{id}/approve']], async () => {
  // The key's request is that of whoever made the key: an admin cannot ask through a key and approve it.
  const scopes = ['read_campaigns', 'edit_campaigns']
  const agent = (await ours.admin.ask('POST', '/api-keys', { body: { name: 'Planner', role: 'marketer', scopes } })).body
  const submitted = await asker(product.url, bearer(agent.key))('POST', `/campaigns/${made.campaigns.id}/submit`, { body: { reason: 'Autumn' } })
  assert.equal(submitted.status, 201, submitted.text)
  const { id, snapshot_hash, requested_by } = submitted.body
  assert.equal(requested_by, `key:${agent.id}`)
  const decide = (who, verb, body) => who.ask('POST', `/approvals/${id}/${verb}`, { body })
  // The hash is right, the tenant is not.
  assert.equal((await decide(theirs.approver, 'approve', { snapshot_hash })).status, 404)
  assert.equal((await decide(theirs.approver, 'reject', { comment: 'No' })).status, 404)
  const own = await decide(ours.admin, 'approve', { snapshot_hash })
  assert.ok(own.status >= 400, own.text)
  assert.match(own.body.detail, /yourself/)
  assert.equal((await decide(ours.marketer, 'approve', { snapshot_hash })).status, 403)
  const wrong = await decide(ours.approver, 'approve', { snapshot_hash: '0'.repeat(64) })
  assert.ok(wrong.status >= 400, wrong.text)
  const right = await decide(ours.approver, 'approve', { snapshot_hash })
  assert.deepEqual([right.status, right.body.status], [200, 'approved'], right.text)
})

once('a calendar entry cannot name another tenant’s campaign', [['POST', '/calendar'], ['POST', '/campaigns']], async () => {
  const entry = (campaign_id) => ({ kind: 'note', title: 'Sale', at: Date.now() + 86_400_000, campaign_id })
  const answers = await Promise.all([made.campaigns.id, randomUUID()].map((id) => theirs.admin.ask('POST', '/calendar', { body: entry(id) })))
  for (const answer of answers) assert.ok(answer.status >= 400, answer.text)
  assert.equal(answers[0].status, answers[1].status)
})

once('a question in SQL reaches one tenant only', [['POST', '/query/run']], async () => {
  for (const sql of [
    `SELECT * FROM imports WHERE tenant_id = '${ours.tenant.id}'`,
    `SELECT count(*) AS n FROM events WHERE tenant_id = '${ours.tenant.id}'`,
    `SELECT name FROM sites WHERE key = '${ours.site.key}'`,
    'SELECT tenant_id FROM events UNION SELECT id FROM tenants',
  ]) {
    const answer = await theirs.admin.ask('POST', '/query/run', { body: { sql } })
    const rows = JSON.stringify(answer.body?.rows ?? [])
    assert.ok(!rows.includes(ours.tenant.id) && !rows.includes('Shop of ours'), `${sql}: ${answer.text}`)
    assert.ok(answer.status < 500, answer.text)
  }
})

once('an agent is not run on another tenant’s site or campaign', [['POST', '/agents/run']], async () => {
  const site = await theirs.admin.ask('POST', '/agents/run', { body: { agent: 'analyst', context: { site: ours.site.key } } })
  assert.ok([404, 422].includes(site.status), `${site.status} ${site.text}`)
  if (!has('POST', '/campaigns')) return
  const campaign = await theirs.admin.ask('POST', '/agents/run', { body: { agent: 'creative', context: { campaign_id: made.campaigns.id } } })
  const none = await theirs.admin.ask('POST', '/agents/run', { body: { agent: 'creative', context: { campaign_id: randomUUID() } } })
  assert.equal(campaign.status, none.status)
  assert.ok(campaign.status >= 400, campaign.text)
})
