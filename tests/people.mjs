// People of several roles and tenants, made as the product makes them: by invitation.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { login } from './product.mjs'

export const ROLES = ['admin', 'marketer', 'analyst', 'approver']

// The permission table as the product promises it: one letter a role, in the order of ROLES.
export const TABLE = Object.fromEntries(
  `xxxx read_account        xxxx create_tenant     xxxx read_analytics  xxx- read_inbox        xx-- manage_inbox
   xxx- read_imports        xx-- manage_imports    xxxx read_agents     xxx- run_agents        x--x read_audit
   x--- manage_team         x--- manage_keys       xxxx ask_questions   xxxx read_campaigns    xx-- edit_campaigns
   x--x approve_campaigns   xx-- publish_campaigns xx-x stop_spending   x--- manage_guardrails xxxx read_channels
   xx-- manage_channels     xxxx read_experiments  xx-- edit_experiments xxx- read_dead_letters xx-- manage_dead_letters`
    .trim()
    .split(/\s+/)
    .reduce((pairs, word, at, words) => (at % 2 ? pairs : [...pairs, [words[at + 1], word]]), []),
)

export const may = (role, permission) => TABLE[permission][ROLES.indexOf(role)] === 'x'

// What no API key may hold, whatever its role.
export const PEOPLE_ONLY = ['create_tenant', 'manage_team', 'manage_keys', 'approve_campaigns', 'manage_guardrails']

export const PASSWORD = 'a password for tests'

/** A caller of the API: `ask(method, path, { headers, body })` with what `credentials` adds to each request. */
export function asker(url, credentials = {}) {
  return async (method, path, { headers = {}, body, keepReading = true } = {}) => {
    const json = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
    const stop = new AbortController()
    const answer = await fetch(url + path, {
      method,
      headers: { accept: 'application/json', ...(json ? { 'content-type': 'application/json' } : {}), ...credentials, ...headers },
      body: json ? JSON.stringify(body) : body,
      redirect: 'manual',
      signal: stop.signal,
    })
    const kind = answer.headers.get('content-type') ?? ''
    if (kind.startsWith('text/event-stream') && !keepReading) {
      // A stream that goes on for ever is let go once it has been opened.
      stop.abort()
      return { status: answer.status, headers: answer.headers, kind, text: '', body: null }
    }
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, kind, text, body: kind.includes('json') ? JSON.parse(text) : text }
  }
}

/** What was answered, which has this status. */
export const ok = (answer, status = 200) => {
  assert.equal(answer.status, status, answer.text)
  return answer.body
}

/** Why it was refused: a problem of this status that names these fields, where any are given. */
export const refused = (answer, status, ...fields) => {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.kind, 'application/problem+json')
  if (fields.length > 0) assert.deepEqual(answer.body.errors?.map((error) => error.field), fields)
  return answer.body.detail
}

export const bearer = (token) => ({ authorization: `Bearer ${token}` })

const session = (url, answer) => ({ ...answer, ask: asker(url, bearer(answer.token)) })

/** The demo's admin. */
export async function demoAdmin(url) {
  return session(url, ok(await asker(url)('POST', '/auth/login', { body: login })))
}

/** Invites an address into the tenant of `by`; the token of the link. */
export async function invite(by, email, role) {
  const { link, id } = ok(await by.ask('POST', '/team/invitations', { body: { email, role } }), 201)
  return { id, link, token: new URL(link).searchParams.get('token') }
}

/** Accepts an invitation; the new member, signed in. */
export async function accept(url, token, name = 'Somebody', password = PASSWORD) {
  return session(url, ok(await asker(url)('POST', '/invitations/accept', { body: { token, name, password } })))
}

/** A tenant of its own with a member in each role; `admin` belongs to no other tenant. */
export async function shop(url, name, currency = 'EUR') {
  const demo = await demoAdmin(url)
  const site = { name, currency, time_zone: 'UTC', origins: ['*'] }
  const created = ok(await demo.ask('POST', '/tenants', { body: { name, site } }), 201)
  const entered = session(url, ok(await demo.ask('POST', '/auth/switch', { body: { tenant_id: created.tenant.id } })))
  const mark = randomBytes(4).toString('hex')
  const team = {}
  for (const role of ROLES) {
    const email = `${role}-${mark}@shop.test`
    team[role] = { ...(await accept(url, (await invite(entered, email, role)).token, `The ${role} of ${name}`)), email }
  }
  return { ...created, ...team, creator: entered }
}

/** Connects a practice account as a person does: to the provider, "Allow", and back; the channel's id. */
export async function connect(member, kind, account, currency = 'EUR') {
  const begun = ok(await member.ask('POST', `/channels/${kind}/connect`, { body: {} }))
  const consent = await fetch(begun.authorize_url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ account, currency, time_zone: 'UTC', decision: 'allow' }),
    redirect: 'manual',
  })
  const back = new URL(consent.headers.get('location') ?? assert.fail(`no way back: ${consent.status} ${await consent.text()}`))
  const landed = await member.ask('GET', back.pathname + back.search)
  const page = new URL(landed.headers.get('location') ?? assert.fail(landed.text), back)
  return page.searchParams.get('connected') ?? assert.fail(page.search)
}
