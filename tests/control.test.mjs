// Team, keys, idempotency, the vault and the audit chain, through the running product.
import assert from 'node:assert/strict'
import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { xtask } from '../tools/testing.mjs'
import { accept, asker, bearer, connect, demoAdmin, invite, PASSWORD, shop } from './people.mjs'
import { start } from './product.mjs'

let product
let tenant
let nobody
before(async () => {
  product = await start()
  nobody = asker(product.url)
  tenant = await shop(product.url, 'Control shop')
})
after(() => product?.stop())

const status = async (promise) => (await promise).status
const address = () => `p-${randomUUID().slice(0, 8)}@shop.test`

test('an invitation opens a place once, in the role it was made for', async () => {
  const email = address()
  const { token, link } = await invite(tenant.admin, email, 'marketer')
  assert.ok(link.startsWith(`${product.url}/invitation?token=`))
  const shown = (await nobody('POST', '/invitations/show', { body: { token } })).body
  assert.deepEqual([shown.email, shown.role, shown.tenant, shown.has_account], [email, 'marketer', 'Control shop', false])
  const short = await nobody('POST', '/invitations/accept', { body: { token, name: ' ', password: 'short' } })
  assert.deepEqual([short.status, short.body.errors.map((error) => error.field)], [422, ['/name', '/password']])
  const member = await accept(product.url, token, 'Mia')
  assert.deepEqual([member.role, member.tenant.id, member.user.email], ['marketer', tenant.tenant.id, email])
  assert.equal(await status(nobody('POST', '/invitations/accept', { body: { token, name: 'Mia', password: PASSWORD } })), 409)
  assert.equal(await status(tenant.admin.ask('POST', '/team/invitations', { body: { email, role: 'admin' } })), 409)
  const { members, invitations } = (await tenant.admin.ask('GET', '/team')).body
  assert.ok(members.some((one) => one.email === email && one.role === 'marketer'))
  assert.equal(invitations.find((one) => one.email === email).status, 'accepted')
  assert.ok(!JSON.stringify(invitations).includes(token))
})

test('a newer link replaces the older, and a revoked one is closed', async () => {
  const email = address()
  const first = await invite(tenant.admin, email, 'analyst')
  const second = await invite(tenant.admin, email, 'approver')
  assert.equal(await status(nobody('POST', '/invitations/show', { body: { token: first.token } })), 409)
  assert.equal(await status(tenant.admin.ask('DELETE', `/team/invitations/${second.id}`)), 204)
  assert.equal(await status(tenant.admin.ask('DELETE', `/team/invitations/${second.id}`)), 409)
  assert.equal(await status(nobody('POST', '/invitations/accept', { body: { token: second.token, name: 'x', password: PASSWORD } })), 409)
  assert.equal(await status(nobody('POST', '/invitations/show', { body: { token: 'nonsense' } })), 404)
})

test('somebody with an account joins another tenant with its password, and switches between them', async () => {
  const other = await shop(product.url, 'Second shop')
  const { token } = await invite(other.admin, tenant.analyst.email, 'approver')
  assert.equal((await nobody('POST', '/invitations/show', { body: { token } })).body.has_account, true)
  assert.equal(await status(nobody('POST', '/invitations/accept', { body: { token, name: 'Thief', password: 'not the password' } })), 401)
  const joined = await accept(product.url, token)
  assert.deepEqual([joined.user.id, joined.user.name], [tenant.analyst.user.id, 'The analyst of Control shop'])
  const me = (await joined.ask('GET', '/me')).body
  assert.deepEqual(me.tenants.map((one) => [one.name, one.role]), [['Control shop', 'analyst'], ['Second shop', 'approver']])
  const back = (await joined.ask('POST', '/auth/switch', { body: { tenant_id: tenant.tenant.id } })).body
  assert.deepEqual([back.role, back.tenant.name], ['analyst', 'Control shop'])
})

test('a token dies with the place or the role it was made for', async () => {
  const member = await accept(product.url, (await invite(tenant.admin, address(), 'marketer')).token)
  assert.equal(await status(member.ask('GET', '/me')), 200)
  const changed = await tenant.admin.ask('PATCH', `/team/${member.user.id}`, { body: { role: 'analyst' } })
  assert.deepEqual([changed.status, changed.body.role], [200, 'analyst'])
  const refused = await member.ask('GET', '/me')
  assert.deepEqual([refused.status, refused.body.detail], [401, 'your role is now analyst; sign in again'])
  const again = (await nobody('POST', '/auth/login', { body: { email: member.user.email, password: PASSWORD } })).body
  const ask = asker(product.url, bearer(again.token))
  assert.equal((await ask('GET', '/me')).body.role, 'analyst')
  assert.equal(await status(tenant.admin.ask('DELETE', `/team/${member.user.id}`)), 204)
  assert.equal(await status(ask('GET', '/me')), 401)
  assert.equal(await status(nobody('POST', '/auth/login', { body: { email: member.user.email, password: PASSWORD } })), 401)
})

test('nobody changes their own role, and the last admin stays', async () => {
  const { admin, creator } = await shop(product.url, 'Two admins')
  assert.equal(await status(admin.ask('PATCH', `/team/${admin.user.id}`, { body: { role: 'analyst' } })), 409)
  assert.equal(await status(admin.ask('PATCH', `/team/${creator.user.id}`, { body: { role: 'boss' } })), 422)
  assert.equal(await status(admin.ask('PATCH', `/team/${randomUUID()}`, { body: { role: 'analyst' } })), 404)
  // Two admins remove each other at the same moment: one of them stays.
  const outcomes = await Promise.all([
    status(admin.ask('DELETE', `/team/${creator.user.id}`)),
    status(creator.ask('DELETE', `/team/${admin.user.id}`)),
  ])
  assert.equal(outcomes.filter((code) => code === 204).length, 1, `${outcomes}`)
  const left = outcomes[0] === 204 ? admin : creator
  const last = await left.ask('DELETE', `/team/${left.user.id}`)
  assert.deepEqual([last.status, last.body.detail], [409, 'this is the last admin; make somebody else an admin first'])
})

test('a key does what its scopes say until it is revoked, and is named in the audit log', async () => {
  const body = { name: 'Importer', role: 'marketer', scopes: ['read_imports', 'manage_imports', 'read_account'] }
  const made = (await tenant.admin.ask('POST', '/api-keys', { body })).body
  assert.match(made.key, /^adk_[A-Za-z0-9_-]{43}$/)
  const ask = asker(product.url, bearer(made.key))
  assert.deepEqual((await ask('GET', '/me')).body.user, { id: `key:${made.id}`, email: '', name: 'Importer' })
  const csv = { headers: { 'content-type': 'text/csv' }, body: 'date,source,spend\n2026-11-01,google,1.00\n' }
  assert.equal(await status(ask('POST', '/imports/ad-spend', csv)), 202)
  const refused = await ask('GET', '/audit')
  assert.equal(refused.status, 403)
  assert.equal(await status(ask('POST', '/auth/logout')), 403)
  const entry = (await tenant.admin.ask('GET', '/audit')).body.rows.find((row) => row.action === 'import.request')
  assert.equal(entry.actor, `key:${made.id}`)
  const list = await tenant.admin.ask('GET', '/api-keys')
  const row = list.body.rows.find((one) => one.id === made.id)
  assert.ok(row.last_used_at > Date.now() - 60_000 && row.status === 'active')
  assert.ok(!list.text.includes(made.key))
  assert.equal(await status(tenant.admin.ask('DELETE', `/api-keys/${made.id}`)), 204)
  assert.equal(await status(ask('GET', '/me')), 401)
  assert.equal(await status(tenant.admin.ask('DELETE', `/api-keys/${made.id}`)), 409)
  const brief = await tenant.admin.ask('POST', '/api-keys', { body: { ...body, expires_at: Date.now() + 1500 } })
  const expiring = asker(product.url, bearer(brief.body.key))
  assert.equal(await status(expiring('GET', '/me')), 200)
  await new Promise((resolve) => setTimeout(resolve, 1600))
  assert.equal(await status(expiring('GET', '/me')), 401)
})

test('a request sent again under its key is done once', async () => {
  const imports = async () => (await tenant.admin.ask('GET', '/imports')).body.rows.length
  const csv = { 'content-type': 'text/csv' }
  const body = 'date,source,spend\n2026-11-01,google,1.00\n'
  const key = randomUUID()
  const send = (idempotency, text = body, path = '/imports/ad-spend') =>
    tenant.admin.ask('POST', path, { headers: { ...csv, 'idempotency-key': idempotency }, body: text })
  const before = await imports()
  const first = await send(key)
  assert.deepEqual([first.status, first.headers.get('idempotency-replayed')], [202, null])
  // Quoted, as the draft writes it, it is the same key.
  const again = await send(`"${key}"`)
  assert.deepEqual([again.status, again.text, again.headers.get('idempotency-replayed')], [202, first.text, 'true'])
  assert.equal(again.headers.get('content-type'), first.headers.get('content-type'))
  const other = await send(key, `${body}2026-11-02,google,1.00\n`)
  assert.deepEqual([other.status, other.body.errors[0].field], [422, 'Idempotency-Key'])
  assert.equal(await status(send(key, body, '/imports/ad-spend?file_name=x.csv')), 422)
  assert.equal(await imports(), before + 1)
  assert.equal(await status(send('two words')), 400)
  assert.equal(await status(send('x'.repeat(256))), 400)

  // A refusal is an answer too; it is given again with its fields.
  const bad = () => tenant.admin.ask('POST', '/api-keys', { headers: { 'idempotency-key': 'bad' }, body: { name: '', role: 'admin', scopes: [] } })
  const [one, two] = [await bad(), await bad()]
  assert.deepEqual([one.status, two.status, two.text, two.headers.get('idempotency-replayed')], [422, 422, one.text, 'true'])

  // Ten at once: one is done, the others are told so or to wait.
  const many = randomUUID()
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(many)))
  const fresh = answers.filter((answer) => answer.status === 202 && !answer.headers.get('idempotency-replayed'))
  assert.equal(fresh.length, 1)
  assert.ok(answers.every((answer) => [202, 409].includes(answer.status)), `${answers.map((answer) => answer.status)}`)
  assert.equal(await imports(), before + 2)
})

test('ten wrong passwords close the door for a while, to known and unknown addresses alike', async () => {
  const member = await accept(product.url, (await invite(tenant.admin, address(), 'analyst')).token)
  const attempt = (email, password) => nobody('POST', '/auth/login', { body: { email, password } })
  for (const email of [member.user.email, address()]) {
    for (let count = 0; count < 10; count += 1) assert.equal(await status(attempt(email, 'wrong')), 401)
    const refused = await attempt(email, PASSWORD)
    assert.equal(refused.status, 429)
    const wait = Number(refused.headers.get('retry-after'))
    assert.ok(wait > 0 && wait <= 900, `${wait}`)
  }
  // Signed-in sessions are left alone, and so are others.
  assert.equal(await status(member.ask('GET', '/me')), 200)
  assert.equal(await status(attempt(tenant.analyst.email, PASSWORD)), 200)
})

test('the audit log is a chain that holds, and every change above stands in it', async () => {
  const verified = (await tenant.admin.ask('GET', '/audit/verify')).body
  assert.deepEqual([verified.holds, verified.broken_at, verified.reason], [true, null, null])
  const rows = []
  let cursor = ''
  do {
    const page = (await tenant.admin.ask('GET', `/audit?limit=20${cursor && `&cursor=${cursor}`}`)).body
    rows.push(...page.rows)
    cursor = page.next_cursor
  } while (cursor)
  assert.equal(rows.length, verified.entries)
  assert.deepEqual(rows.map((row) => row.number), rows.map((_, at) => rows.length - at))
  assert.ok(rows.every((row) => /^[0-9a-f]{64}$/.test(row.hash)))
  const actions = new Set(rows.map((row) => row.action))
  for (const action of [
    'tenant.create', 'session.create', 'session.refuse', 'invitation.create', 'invitation.accept', 'invitation.revoke',
    'member.change_role', 'member.remove', 'api_key.create', 'api_key.revoke', 'import.request',
  ]) {
    assert.ok(actions.has(action), action)
  }
})

test('the vault key changes while everything stays readable', async () => {
  const { signing_secret: secret, site } = tenant
  const signed = async () => {
    const body = JSON.stringify({ event: 'pageview', sid: randomUUID(), url: 'https://shop.test/' })
    const t = Math.floor(Date.now() / 1000)
    const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
    return (await product.send(body, { 'adroit-signature': `t=${t},v1=${v1}` }, `/collect?site=${site.key}`)).status
  }
  assert.equal(await signed(), 204)
  const channel = await connect(tenant.admin, 'sandbox', `Practice ${randomUUID()}`)
  const file = path.join(product.state, 'secrets.json')
  const secrets = JSON.parse(readFileSync(file, 'utf8'))
  const turned = { ...secrets, VAULT_KEY: randomBytes(32).toString('base64'), VAULT_KEYS_OLD: secrets.VAULT_KEY }
  writeFileSync(file, JSON.stringify(turned))
  await product.restart()
  assert.equal(await signed(), 204, 'the old key still opens')

  const environment = { ADROIT_STATE: product.state, ADROIT_PORT: new URL(product.url).port, ADROIT_PASSWORD: PASSWORD }
  const { stdout } = await xtask(['rewrap', '--email', tenant.admin.user.email], environment)
  assert.match(stdout, /Control shop: 2 brought under key/)
  assert.match((await xtask(['rewrap', '--email', tenant.admin.user.email], environment)).stdout, /0 brought under key \S+, 2 there already/)

  writeFileSync(file, JSON.stringify({ ...turned, VAULT_KEYS_OLD: '' }))
  await product.restart()
  assert.equal(await signed(), 204, 'the old key is not needed any more')
  const tested = await tenant.admin.ask('POST', `/channels/${channel}/test`)
  assert.deepEqual([tested.status, tested.body.status], [200, 'connected'], tested.text)
  const demo = await demoAdmin(product.url)
  assert.equal(await status(demo.ask('GET', '/me')), 200)
})
