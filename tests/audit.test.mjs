// The audit chain against somebody who goes round the product: rows of the stored log are changed, removed, exchanged
// and slipped in, straight in the database's file, and the walk over the chain says where. Every shop is tampered with
// in its own way, so that each is also the other's proof that a tenant's chain is its own.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asker, bearer, shop } from './people.mjs'
import { offline, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

/** What is done to a log of which `at` is an entry in the middle; `rows` are all columns but the tenant. */
const TAMPERINGS = {
  nothing: { tamper() {}, broken: () => null },
  'a value changed': {
    tamper: ({ db, tenant, at }) => db.prepare(`UPDATE audit_logs SET after_json = '{"role":"admin"}' WHERE tenant_id = ? AND number = ?`).run(tenant, at),
    broken: (at) => [at, /was changed/],
  },
  'an actor changed': {
    tamper: ({ db, tenant, at }) => db.prepare("UPDATE audit_logs SET actor = 'system' WHERE tenant_id = ? AND number = ?").run(tenant, at),
    broken: (at) => [at, /was changed/],
  },
  'an entry removed': {
    tamper: ({ db, tenant, at }) => db.prepare('DELETE FROM audit_logs WHERE tenant_id = ? AND number = ?').run(tenant, at),
    broken: (at) => [at, new RegExp(`entry ${at} is missing`)],
  },
  'an entry removed and the later ones moved up': {
    tamper({ db, tenant, at }) {
      db.prepare('DELETE FROM audit_logs WHERE tenant_id = ? AND number = ?').run(tenant, at)
      // One by one: a statement over all of them would meet its own rows.
      const later = db.prepare('SELECT number FROM audit_logs WHERE tenant_id = ? AND number > ? ORDER BY number').all(tenant, at)
      for (const { number } of later) db.prepare('UPDATE audit_logs SET number = ? WHERE tenant_id = ? AND number = ?').run(number - 1, tenant, number)
    },
    broken: (at) => [at, /was changed/],
  },
  'two entries exchanged': {
    tamper({ db, tenant, at }) {
      const move = (from, to) => db.prepare('UPDATE audit_logs SET number = ? WHERE tenant_id = ? AND number = ?').run(to, tenant, from)
      move(at, -1)
      move(at + 1, at)
      move(-1, at + 1)
    },
    broken: (at) => [at, /was changed/],
  },
  'an entry slipped in at the end': {
    tamper({ db, tenant, last }) {
      db.prepare(
        `INSERT INTO audit_logs SELECT tenant_id, number + 1, id || '-copy', actor, action, entity, before_json, after_json, at, hash
         FROM audit_logs WHERE tenant_id = ? AND number = ?`,
      ).run(tenant, last)
    },
    broken: (_, last) => [last + 1, /was changed/],
  },
  'the hash taken off an entry': {
    tamper: ({ db, tenant, at }) => db.prepare("UPDATE audit_logs SET hash = '' WHERE tenant_id = ? AND number = ?").run(tenant, at),
    broken: (at) => [at, /was changed/],
  },
  'an entry made anew with a hash of its own': {
    // Whoever knows how hashes are made can make one entry fit; then the next one does not.
    tamper: ({ db, tenant, at }) =>
      db.prepare("UPDATE audit_logs SET after_json = '{}', hash = ? WHERE tenant_id = ? AND number = ?").run('0'.repeat(64), tenant, at),
    broken: (at) => [at, /was changed/],
  },
  'the last entries cut off': {
    tamper: ({ db, tenant, last }) => db.prepare('DELETE FROM audit_logs WHERE tenant_id = ? AND number > ?').run(tenant, last - 3),
    broken: (_, last) => [last - 2, new RegExp(`ends with entry ${last - 3} although ${last} were written`)],
  },
  'the whole log removed': {
    tamper: ({ db, tenant }) => db.prepare('DELETE FROM audit_logs WHERE tenant_id = ?').run(tenant),
    broken: (_, last) => [1, new RegExp(`although ${last} were written`)],
  },
}

test('whatever is done to the stored log, the walk says where, and only to whom it was done', async () => {
  const shops = {}
  for (const name of Object.keys(TAMPERINGS)) {
    const { admin, tenant } = await shop(product.url, name)
    const { entries, holds } = (await admin.ask('GET', '/audit/verify')).body
    assert.ok(holds && entries >= 8, `${name}: ${entries} entries`)
    shops[name] = { token: admin.token, tenant: tenant.id, at: Math.floor(entries / 2), last: entries }
  }

  await offline(product, (db) => {
    // The table refuses both by itself; whoever has the file takes the refusal away first.
    const { tenant, at, last } = shops.nothing
    for (const sql of ['DELETE FROM audit_logs WHERE tenant_id = ? AND number = ?', "UPDATE audit_logs SET actor = 'x' WHERE tenant_id = ? AND number = ?"]) {
      assert.throws(() => db.prepare(sql).run(tenant, at), /append-only/)
    }
    for (const sql of ['DELETE FROM audit_heads WHERE tenant_id = ? AND number = ?', 'UPDATE audit_heads SET number = number - 1 WHERE tenant_id = ? AND number = ?']) {
      assert.throws(() => db.prepare(sql).run(tenant, last), /the end of the audit log/)
    }
    const triggers = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit_logs'").all()
    assert.equal(triggers.length, 3)
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`)
    for (const [name, { tamper }] of Object.entries(TAMPERINGS)) tamper({ db, ...shops[name] })
    for (const { sql } of triggers) db.exec(sql)
  })

  const found = {}
  for (const [name, { token, at, last }] of Object.entries(shops)) {
    const { holds, broken_at: place, reason } = (await asker(product.url, bearer(token))('GET', '/audit/verify')).body
    found[name] = { holds, place, reason }
    const broken = TAMPERINGS[name].broken(at, last)
    if (broken === null) {
      assert.deepEqual(found[name], { holds: true, place: null, reason: null }, name)
    } else {
      assert.deepEqual([holds, place], [false, broken[0]], `${name}: ${JSON.stringify(found[name])}`)
      assert.match(reason, broken[1], name)
    }
  }

  // A log that was tampered with goes on; its break stays where it was made, and cannot be covered by what comes later.
  const goesOn = async (name) => {
    const ask = asker(product.url, bearer(shops[name].token))
    assert.equal((await ask('POST', '/api-keys', { body: { name: 'Later', role: 'analyst', scopes: ['read_analytics'] } })).status, 201)
    const { holds, broken_at: place, reason } = (await ask('GET', '/audit/verify')).body
    return { holds, place, reason }
  }
  const changed = await goesOn('a value changed')
  assert.deepEqual([changed.holds, changed.place], [false, shops['a value changed'].at])
  const { last } = shops['the last entries cut off']
  assert.deepEqual(await goesOn('the last entries cut off'), {
    holds: false, place: last - 2, reason: `entry ${last - 2} is missing: entry ${last + 1} stands in its place`,
  })
})
