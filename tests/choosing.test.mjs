// A sign-in that reaches several accounts: somebody says which, and connecting again keeps what was said.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect, ok, refused, shop } from './people.mjs'
import { eventually, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

const others = [
  { name: 'Outlet', currency: 'EUR', time_zone: 'Europe/Vienna' },
  { name: 'America', currency: 'USD', time_zone: 'America/New_York' },
]

/** Signs in at the provider, where the account reaches the others, too; where the browser lands then. */
async function signIn(member, kind, account, accounts = others) {
  const begun = ok(await member.ask('POST', `/channels/${kind}/connect`, { body: {} }))
  const form = new URLSearchParams({ account, currency: 'EUR', time_zone: 'UTC', decision: 'allow' })
  const consent = await fetch(begun.authorize_url, { method: 'POST', body: form, redirect: 'manual' })
  const { number } = (await product.practice('accounts')).find((one) => one.provider === kind && one.name === account)
  await product.practice('accounts', { accounts }, `provider=${kind}&account=${number}`)
  const back = new URL(consent.headers.get('location'))
  const landed = await member.ask('GET', back.pathname + back.search)
  return new URL(landed.headers.get('location') ?? assert.fail(landed.text), back).searchParams
}

const channels = async (member) => ok(await member.ask('GET', '/channels')).rows
const pulled = (member, id) =>
  eventually(
    async () => {
      const { rows } = ok(await member.ask('GET', `/channels/${id}/syncs`))
      assert.deepEqual([rows.length > 0, rows.every((row) => row.status === 'done')], [true, true], JSON.stringify(rows))
    },
    { within: 60_000 },
  )

for (const kind of ['meta', 'google_ads', 'sandbox']) {
  test(`${kind}: of several accounts somebody chooses one, and it is kept when it is connected again`, async () => {
    const { admin, analyst } = await shop(product.url, `Choosing at ${kind}`)
    const main = `Main ${kind}`
    const waits = (await signIn(admin, kind, main)).get('choose')
    const [channel] = await channels(admin)
    assert.deepEqual([channel.id, channel.status, channel.account_id], [waits, 'choosing', ''])
    assert.deepEqual(
      channel.accounts.map((one) => [one.name, one.currency, one.time_zone, one.refusal === '']),
      [[main, 'EUR', 'UTC', true], ['Outlet', 'EUR', 'Europe/Vienna', true], ['America', 'USD', 'America/New_York', false]],
    )
    const [first, outlet, america] = channel.accounts
    assert.match(america.refusal, /is in USD and the site in EUR/)

    // It is no channel yet.
    for (const path of ['test', 'sync']) assert.match(refused(await admin.ask('POST', `/channels/${waits}/${path}`, { body: {} }), 409), /choose one of its accounts/)
    assert.deepEqual(ok(await admin.ask('GET', `/channels/${waits}/syncs`)).rows, [])
    const choose = (member, account_id, id = waits) => member.ask('POST', `/channels/${id}/account`, { body: { account_id } })
    refused(await choose(analyst, outlet.id), 403)
    refused(await choose(admin, 'elsewhere'), 422, '/account_id')
    assert.match(refused(await choose(admin, america.id), 422, '/account_id'), /./)
    refused(await choose(admin, outlet.id, 'nowhere'), 404)

    const chosen = ok(await choose(admin, outlet.id))
    assert.deepEqual([chosen.id, chosen.status, chosen.name, chosen.account_id, chosen.time_zone], [waits, 'connected', 'Outlet', outlet.id, 'Europe/Vienna'])
    assert.deepEqual(chosen.accounts, [])
    refused(await choose(admin, first.id), 409)
    await pulled(admin, waits)
    assert.equal(ok(await admin.ask('POST', `/channels/${waits}/test`)).status, 'connected')
    const { rows: log } = ok(await admin.ask('GET', '/audit'))
    assert.ok(log.some((entry) => entry.action === 'channel.choose' && entry.entity === `channel:${waits}`), JSON.stringify(log[0]))

    // Connected again it is the same account, without a question.
    ok(await admin.ask('POST', `/channels/${waits}/disconnect`))
    assert.equal((await signIn(admin, kind, main)).get('connected'), waits)
    assert.equal((await channels(admin))[0].account_id, outlet.id)

    // Signed in once more there is another to be had; the one that is there already stays one channel.
    const again = (await signIn(admin, kind, main)).get('choose')
    assert.notEqual(again, waits)
    assert.equal(ok(await choose(admin, outlet.id, again)).id, waits)
    assert.equal((await channels(admin)).length, 1)
    const more = (await signIn(admin, kind, main)).get('choose')
    assert.equal(ok(await choose(admin, first.id, more)).id, more)
    assert.deepEqual((await channels(admin)).map((one) => [one.name, one.status]), [['Outlet', 'connected'], [main, 'connected']])

    // What was chosen and is out of reach since cannot be kept.
    for (const one of await channels(admin)) ok(await admin.ask('POST', `/channels/${one.id}/disconnect`))
    assert.equal((await signIn(admin, kind, `Lone ${kind}`, [])).get('choose'), null)
    assert.equal(ok(await admin.ask('GET', '/audit/verify')).holds, true)
  })
}

test('with one account that fits nobody is asked', async () => {
  const { admin } = await shop(product.url, 'One account')
  const id = await connect(admin, 'meta', 'Only one')
  assert.equal((await channels(admin)).find((one) => one.id === id).status, 'connected')
  const abroad = [{ name: 'Only abroad', currency: 'USD', time_zone: 'UTC' }]
  assert.ok((await signIn(admin, 'google_ads', 'Only one at home', abroad)).get('connected'))
})

test('a choice that nobody wants to make is given up', async () => {
  const { admin } = await shop(product.url, 'Undecided')
  const waits = (await signIn(admin, 'meta', 'Undecided main')).get('choose')
  assert.equal(ok(await admin.ask('POST', `/channels/${waits}/disconnect`)).status, 'disconnected')
  refused(await admin.ask('POST', `/channels/${waits}/account`, { body: { account_id: 'x' } }), 409)
  assert.equal((await signIn(admin, 'meta', 'Undecided main')).get('choose'), waits, 'the same channel waits again')
})
